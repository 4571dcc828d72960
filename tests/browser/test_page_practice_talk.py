"""A practice while it is talked, the other side scripted: where one is, what helps, what is corrected, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.kept import Kept, conversation, line
from tests.browser.practised import NEXT, WAITING, Practised, practice, ready
from tests.browser.scripted_server import Script
from tests.browser.states import CHROMIUM, wait_for, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

COFFEE = {"text": "I'd like a coffee, please.", "meaning": "请给我一杯咖啡。"}


@pytest.fixture
def practised(page: Page) -> Practised:
    practised = Practised(practices=[practice()])
    practised.serve(page)
    Kept([conversation(7)], [line(0), line(1)]).serve(page)
    return practised


def begin(page: Page, address: str) -> None:
    page.goto(f"{address}/#/practice/prac_1")
    page.click("#begin")
    wait_for(page, "resting")


def tell(script: Script, at: int, *, left_s: float = 460, hint: str = "", over: bool = False) -> None:
    """How far it is: the steps before `at` are done, which is now."""
    named = [("greet", "Say hello"), ("order", "Order a drink"), ("pay", "Pay")]
    states = ["done"] * at + ["now"] + ["open"] * len(named)
    steps = [{"id": id, "title": title, "state": state} for (id, title), state in zip(named, states, strict=False)]
    told: dict[str, Any] = {"step": "" if over else named[at][0], "steps": steps, "left_s": left_s, "hint": hint}
    script.send("kaikou.practice", practice_id="prac_1", kind="language", phrases=[COFFEE], over=over, **told)


def say(script: Script, item: str, text: str) -> None:
    """The person says something that is not answered."""
    script.send("input_audio_buffer.speech_started", item_id=item, audio_start_ms=0)
    script.send("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=900)
    kind = "conversation.item.input_audio_transcription.completed"
    script.send(kind, item_id=item, content_index=0, transcript=text)


def correct(script: Script, item: str) -> None:
    told = {"at": 2, "said": "have went", "better": "went", "reason": "The time is over.", "kind": "R:VERB:TENSE"}
    script.send("kaikou.correction", item_id=item, **told)


def typed(script: Script) -> list[str]:
    return [event["item"]["content"][0]["text"] for event in script.sent("conversation.item.create")]


def test_the_panel_says_where_one_is_and_about_how_long_is_left(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    begin(page, address)
    expect(page.locator("#practice")).to_be_hidden()
    tell(script, 1)
    expect(page.locator("#practice summary")).to_contain_text("Order a drink")
    expect(page.locator("#practice summary")).to_contain_text("2 of 3")
    expect(page.locator("#practice summary")).to_contain_text("about 8 min left")
    states = [step.get_attribute("data-state") for step in page.locator("#practice ol li").all()]
    assert states == ["done", "now", "open"]
    expect(page.locator("#practice [aria-current=step]")).to_contain_text("Order a drink")
    expect(page.locator("#practice .phrases")).to_contain_text(COFFEE["meaning"])


def test_phrases_stay_as_they_are_while_only_the_time_goes_on(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    begin(page, address)
    tell(script, 1)
    phrase = page.locator("#practice .phrases li")
    expect(phrase).to_have_count(1)
    phrase.evaluate("(phrase) => (window.phrase = phrase)")
    tell(script, 1, left_s=290)
    expect(page.locator("#practice summary")).to_contain_text("about 5 min left")
    assert page.evaluate("phrase.isConnected")
    tell(script, 2)
    expect(page.locator("#practice summary")).to_contain_text("3 of 3")
    assert not page.evaluate("phrase.isConnected")


def test_long_texts_leave_the_presses_where_they_can_be_reached_on_a_phone(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    begin(page, address)
    long = "A title thathasnospacewhereitcouldbebrokeninto lines. " * 18
    steps = [{"id": "pay", "title": long, "state": "now"}]
    told = {"kind": "language", "step": "pay", "steps": steps, "phrases": [], "left_s": 60, "over": False}
    script.send("kaikou.practice", practice_id="prac_1", hint=long, **told)
    expect(page.locator("#practice summary")).to_contain_text("1 of 1")
    page.click("[data-aid=hint]")
    expect(page.locator("#practice-told .hint")).to_have_text(long.strip())
    page.click("#practice summary", trial=True, timeout=5_000)
    for pressed in ("[data-aid=hint]", "[data-aid=skip]", "#end"):
        page.click(pressed, trial=True, timeout=5_000)
        expect(page.locator(pressed)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_minutes_pass_without_a_word_of_the_server(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    page.clock.install()
    begin(page, address)
    tell(script, 0, left_s=115)
    expect(page.locator("#practice summary")).to_contain_text("about 2 min left")
    page.clock.fast_forward(70_000)
    expect(page.locator("#practice summary")).to_contain_text("less than a minute left")


def test_a_press_says_it_for_the_person_in_the_language_that_is_practised(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    practised.practices[0]["language"] = "zh"
    begin(page, address)
    for aid in ("slower", "again", "explain", "translate", "skip"):
        page.click(f"[data-aid={aid}]")
    wait_until(page, lambda: len(typed(script)) == 5)
    assert typed(script) == ["请说慢一点。", "请再说一遍。", "这是什么意思？", "请翻译一下。", "跳过这个问题。"]


def test_a_key_does_what_a_press_does_but_not_while_one_types(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    begin(page, address)
    page.keyboard.press("k")
    wait_until(page, lambda: len(typed(script)) == 1)
    page.keyboard.press("/")
    page.keyboard.type("sake")
    page.keyboard.press("Enter")
    wait_until(page, lambda: len(typed(script)) == 2)
    assert typed(script) == ["Could we skip this one, please?", "sake"]


def test_a_hint_is_shown_in_silence_and_goes_with_its_step(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    begin(page, address)
    tell(script, 0, hint="Say hello, and ask how they are.")
    page.click("[data-aid=hint]")
    expect(page.locator("#practice-told .hint")).to_have_text("Say hello, and ask how they are.")
    tell(script, 1)
    expect(page.locator("#practice-told .hint")).to_be_empty()
    page.click("[data-aid=hint]")
    wait_until(page, lambda: typed(script) == ["Could you give me a hint, please?"])


def test_who_wants_no_hints_has_none(page: Page, address: str, practised: Practised, script: Script) -> None:
    practised.practices[0]["scene"]["hints"] = False
    begin(page, address)
    expect(page.locator("[data-aid=skip]")).to_be_visible()
    expect(page.locator("[data-aid=hint]")).to_have_count(0)


def test_a_correction_stands_at_the_line_and_becomes_a_card_on_a_press(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    begin(page, address)
    say(script, "u1", "I have went there.")
    correct(script, "u1")
    correct(script, "u1")
    shown = page.locator("[data-item=u1] .correction")
    expect(shown).to_have_count(1)
    expect(shown.locator("del")).to_have_text("have went")
    expect(shown.locator("ins")).to_have_text("went")
    expect(shown.locator(".reason")).to_have_text("The time is over.")
    shown.get_by_role("button", name="Make a card").click()
    expect(shown).to_contain_text("It is a card now.")
    assert practised.sent("POST", "practice/cards") == [
        {
            "language": "en",
            "said": "have went",
            "better": "went",
            "sentence": "I have went there.",
            "at": 2,
            "reason": "The time is over.",
            "kind": "R:VERB:TENSE",
            "practice_id": "prac_1",
            "line_id": "u1",
        }
    ]


def test_without_subtitles_the_words_come_on_a_press(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    practised.practices[0]["scene"]["subtitles"] = False
    begin(page, address)
    said = page.locator("#captions [data-role=character] .said").first
    expect(page.locator("#captions .uncover")).to_have_count(1)
    expect(said).to_be_hidden()
    page.click("#captions .uncover")
    expect(said).to_have_text("One two three four")
    expect(page.locator("#captions .uncover")).to_have_count(0)


def test_a_practice_cannot_be_begun_again_within_and_a_line_that_was_cut_goes_on_with_it(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    begin(page, address)
    expect(page.locator("#restart")).to_have_count(0)
    tell(script, 1)
    script.sockets[0].close(code=1011)
    wait_for(page, "resting")
    wait_until(page, lambda: len(script.sent("session.update")) == 2)
    assert [update["session"]["kaikou"]["practice"] for update in script.sent("session.update")] == ["prac_1"] * 2
    expect(page.locator("#practice summary")).to_contain_text("Order a drink")


def test_the_end_leads_to_the_report_and_the_way_back_to_the_plan(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    making = {"state": "making", "parts": {"next": WAITING}}
    practised.reports = [making, {"state": "ready", "parts": {"next": ready(NEXT)}}]
    begin(page, address)
    tell(script, 2, over=True)
    page.click("#to-report")
    expect(page.locator(".report .next > li")).to_have_count(3)
    assert page.url.endswith("#/practice/prac_1/report")
    page.go_back()
    expect(page.locator("#begin")).to_be_visible()


def test_a_talk_that_is_no_practice_has_nothing_of_one(page: Page, address: str, script: Script) -> None:
    page.goto(address)
    page.click("#talk")
    wait_for(page, "resting")
    expect(page.locator("#practice, #aids")).to_have_count(0)
    assert "practice" not in script.sent("session.update")[0]["session"]["kaikou"]
