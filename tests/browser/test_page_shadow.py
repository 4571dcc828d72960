"""Saying a sentence after somebody, on the page alone: beside a talk, on a phone, and when something is not there."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.practised import Practised
from tests.browser.scripted_server import Script
from tests.browser.states import CHROMIUM, wait_until
from tests.browser.test_page_practice_talk import begin, correct, practised, say

__all__ = ["practised"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

OPEN = """async ({ text, language, words }) => {
  const { shadow } = await import("/static/views/shadow/shadow.js");
  const { loadStylesheet } = await import("/static/components/dom.js");
  await loadStylesheet("/static/deferred.css");
  shadow({ text, language, words });
}"""
MUTED = "() => kaikou.muted"


def word(text: str, at: int, state: str, heard: str = "", start: int | None = None) -> dict[str, Any]:
    span = None if start is None else {"start_ms": start, "end_ms": start + 300}
    return {"text": text, "at": at, "state": state, "heard": heard, "model": span, "person": span}


def side(*pauses: tuple[int, int], **fields: Any) -> dict[str, Any]:
    told = [{"start_ms": start, "end_ms": end} for start, end in pauses]
    return {"length_ms": 2_000, "units": 6, "per_s": 3.0, "pauses": told, "estimated": False, **fields}


def answer(**fields: Any) -> dict[str, Any]:
    words = [word("A", 0, "matched", start=0), word("coffee", 2, "other", "copy", 400), word("please", 10, "missed")]
    extra = {"text": "um", "before": 1, "person": {"start_ms": 320, "end_ms": 390}}
    told = {"text": "A coffee, please", "heard": "a um copy", "understood": 1, "unit": "syllables", "words": words}
    return {**told, "extras": [extra], "person": side((700, 1_200)), "model": side(), **fields}


def answering(page: Page, data: dict[str, Any], status: int = 200, code: str = "") -> list[str]:
    """Have the server answer so; what it was sent."""
    sent: list[str] = []

    def fulfil(route: Route) -> None:
        sent.append((route.request.post_data_buffer or b"").decode("latin-1"))
        error = {"code": code, "details": None} if code else None
        body = {"success": not code, "data": data, "message": "", "error": error}
        route.fulfill(status=status, json=body)

    page.route("**/api/practice/shadow", fulfil)
    return sent


def open_dialog(page: Page, address: str, text: str = "A coffee, please", **sentence: Any) -> Locator:
    page.goto(address)
    page.evaluate(OPEN, {"text": text, "language": "en", **sentence})
    return page.locator("#shadow")


def speak(page: Page, dialog: Locator) -> None:
    """Chromium's own device beeps once a second: that is a voice."""
    dialog.locator("#shadow-speak").click()
    expect(dialog).to_have_attribute("data-state", "speaking")
    expect(dialog).to_have_attribute("data-heard", "")
    dialog.locator("#shadow-speak").click()


def test_what_was_understood_is_marked_drawn_and_told_as_a_table(page: Page, address: str) -> None:
    sent = answering(page, answer())
    dialog = open_dialog(page, address, words=[{"text": "A", "start_ms": 0.4, "end_ms": 120.6}])
    speak(page, dialog)

    expect(dialog.get_by_role("status")).to_have_text("1 of 3 words were understood.")
    shown = [(one.get_attribute("data-state"), one.inner_text()) for one in dialog.locator(".sentence > span").all()]
    assert [state for state, _ in shown] == ["matched", "other", "missed"]
    expect(dialog.locator(".sentence")).to_have_text("A coffee (heard as “copy”), please (not heard)")
    rows = [row.inner_text().split("\t") for row in dialog.locator(".shadow-times tbody tr").all()]
    assert rows[1] == ["coffee", "heard as “copy”", "0.4 s", "0.4 s"]
    expect(dialog.locator(".shadow-times svg .pause text")).to_have_text("0.5 s")
    expect(dialog.locator(".shadow-result")).to_contain_text("Also heard: um")
    figures = [row.inner_text().split("\t") for row in dialog.locator(".shadow-figures tbody tr").all()]
    assert figures == [
        ["Pace", "3.0 syllables a second", "3.0 syllables a second"],
        ["Pauses", "1, 0.5 s", "none"],
    ]
    assert '[{"text":"A","start_ms":0,"end_ms":121}]' in sent[0]
    assert "RIFF" in sent[0]
    expect(dialog.locator("#shadow-speak")).to_have_text("Say it again")


def test_a_press_that_is_made_twice_opens_one_dialog_and_one_microphone(page: Page, address: str) -> None:
    page.add_init_script("""
      const open = MediaDevices.prototype.getUserMedia;
      window.opened = 0;
      MediaDevices.prototype.getUserMedia = function (...wanted) { opened++; return open.apply(this, wanted) };
    """)
    dialog = open_dialog(page, address)
    page.evaluate(OPEN, {"text": "Another one", "language": "en"})
    expect(dialog).to_have_count(1)
    page.evaluate("[1, 2].forEach(() => document.querySelector('#shadow-speak').click())")
    expect(dialog).to_have_attribute("data-heard", "")
    assert page.evaluate("opened") == 1


def test_chinese_is_counted_in_characters(page: Page, address: str) -> None:
    words = [word("好", 0, "matched", start=0), word("吗", 1, "other", "马", 300)]
    answering(page, answer(text="好吗？", words=words, extras=[], unit="characters", model=None))
    dialog = open_dialog(page, address, "好吗？", language="zh")
    speak(page, dialog)

    expect(dialog.get_by_role("status")).to_have_text("1 of 2 characters were understood.")
    expect(dialog.locator(".shadow-result")).to_contain_text("3.0 characters a second")
    expect(dialog.locator(".shadow-result")).to_contain_text("no word times to compare with")


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (400, "unsupported_language", "does not understand this language"),
        (429, "busy", "has much to do"),
        (502, "engine_error", "could not be compared"),
    ],
)
def test_why_there_is_no_comparison_is_told(page: Page, address: str, status: int, code: str, told: str) -> None:
    answering(page, {}, status, code)
    dialog = open_dialog(page, address)
    speak(page, dialog)

    expect(dialog.get_by_role("status")).to_contain_text(told)
    expect(dialog).to_have_attribute("data-state", "ready")


def test_without_a_microphone_it_says_what_to_do(page: Page, address: str) -> None:
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); };"
    )
    dialog = open_dialog(page, address)
    dialog.locator("#shadow-speak").click()

    expect(dialog.get_by_role("status")).to_contain_text("Allow it beside the address")


def test_beside_a_talk_its_microphone_is_off_and_comes_back(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    answering(page, answer())
    page.route("**/api/practice/shadow/model**", lambda route: route.fulfill(status=502, json={}))
    begin(page, address)
    say(script, "u1", "I have went there.")
    correct(script, "u1")
    page.locator(".correction").get_by_role("button", name="Say it after").click()
    dialog = page.locator("#shadow")
    expect(dialog.locator(".sentence")).to_have_text("I went there.")
    assert page.evaluate(MUTED)
    dialog.get_by_role("button", name="Listen").click()
    expect(dialog.get_by_role("status")).to_contain_text("cannot be played just now")
    speak(page, dialog)
    expect(dialog.get_by_role("status")).to_contain_text("understood")
    assert page.evaluate(MUTED)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    wait_until(page, lambda: not page.evaluate(MUTED))


def test_a_line_of_the_character_is_said_after_it_with_its_own_sound(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    sent = answering(page, answer())
    begin(page, address)
    line = page.locator("#captions [data-role=character]").first
    said = line.locator(".said").inner_text()
    line.get_by_role("button", name="Say it after").click()
    dialog = page.locator("#shadow")
    expect(dialog.locator(".sentence")).to_have_text(said)
    dialog.get_by_role("button", name="Listen").click()
    expect(dialog).to_have_attribute("data-state", "ready")
    expect(dialog.get_by_role("status")).to_have_text("")  # it could be played
    speak(page, dialog)
    expect(dialog.get_by_role("status")).to_contain_text("understood")
    assert said in sent[0]


def test_a_microphone_that_was_off_before_stays_off(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    begin(page, address)
    say(script, "u1", "I have went there.")
    correct(script, "u1")
    page.click("#mute")
    page.locator(".correction").get_by_role("button", name="Say it after").click()
    page.locator("#shadow").get_by_role("button", name="Close").click()
    expect(page.locator("#shadow")).to_have_count(0)
    assert page.evaluate(MUTED)


def test_on_a_phone_nothing_stands_beyond_the_edge(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    answering(page, answer())
    dialog = open_dialog(page, address)
    speak(page, dialog)

    expect(dialog.locator(".shadow-figures")).to_be_visible()
    assert page.evaluate("document.querySelector('#shadow .sheet').scrollWidth <= innerWidth")
