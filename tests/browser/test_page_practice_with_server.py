"""Practising with the real server and its embedded engines, a recording as the microphone: from the choice to the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

from pipeline.practice.director.orders import order_in
from tests.browser.modules import empty_page, run
from tests.browser.states import CHROMIUM, WAIT_MS, wait_for
from tests.browser.threads import served
from tests.browser.visits import hearing, recording
from tests.server.practice.practising import personas_in
from tests.serving import PACED_S, Serving
from tests.speech import NEEDS_POCKETSPHINX, sentence, silence

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

WORDS = re.compile(r"\w+ \w+")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    personas = str(personas_in(tmp_path_factory.mktemp("with")))
    with served(engines="embedded", lead_s=PACED_S, jobs_workers=2, personas=personas) as server:
        yield server


def say(page: Page, text: str) -> None:
    """Type a line, and hear the answer out."""
    answers = page.locator("#captions [data-role=character] .said")
    known = answers.count()
    page.fill("#say", text)
    page.press("#say", "Enter")
    expect(answers.nth(known)).not_to_be_empty()
    wait_for(page, "speaking")
    wait_for(page, "resting")


def begin_scene(page: Page, server: Serving) -> None:
    """Choose the scene, plan it, and hear how it begins."""
    page.goto(f"{server.http}/#/practice/new/language")
    page.check("#choose-language [value=en]")
    page.check("#choose-scene-level [value=A2]")
    page.check("#choose-scene-correcting [value=all]")
    page.check("[name=template-language][value=bakery]")
    page.click("#make-plan")
    page.click("#begin")
    wait_for(page, "speaking")
    wait_for(page, "resting")


@NEEDS_POCKETSPHINX
def test_an_interview_goes_from_choice_to_report_with_what_was_said_to_hear(server: Serving, tmp_path: Path) -> None:
    microphone = recording(tmp_path, silence(14.0), *[sentence(), silence(0.4)] * 4, silence(150.0))
    with hearing(microphone) as (page, _wire):
        page.goto(f"{server.http}/#/practice/new/interview")
        page.check("[name=template-interview][value=baker]")
        page.click("#make-plan")
        steps = page.locator("#plan .steps li")
        expect(steps.first).to_be_visible()
        planned = steps.count()
        page.check("#record")
        page.click("#begin")
        wait_for(page, "speaking")
        expect(page.locator("#practice ol li")).to_have_count(planned)
        person = page.locator("#captions [data-role=user] .said")
        expect(person.first).to_have_text(WORDS, timeout=2 * WAIT_MS)
        wait_for(page, "thinking")
        wait_for(page, "speaking")
        wait_for(page, "resting")
        page.click("#end")
        expect(page.locator(".report h1")).to_be_visible()
        expect(page.locator("[data-part=measures] .measure").first).to_be_visible()
        expect(page.locator(".report > [role=status]")).to_be_empty()
        expect(page.locator("[data-part=questions] .question")).to_have_count(planned)
        pace = page.locator("[data-measure=pace]")
        expect(pace.locator(".value")).to_contain_text("words/min")
        pace.locator("summary").click()
        expect(pace.locator("dl")).to_contain_text("Tauroza")
        expect(pace.get_by_role("button", name="Listen").first).to_be_visible()
        expect(page.locator("[data-part=rubric]")).to_contain_text("language model")
        page.click("#talk-open")
        expect(page.locator("[data-role=user] .said").first).to_have_text(WORDS)
        page.click("#report-open")
        expect(page.locator("[data-part=measures] .measure").first).to_be_visible()


def test_a_scene_is_talked_with_a_correction_that_becomes_a_card_and_stands_in_the_report(
    server: Serving, tmp_path: Path
) -> None:
    with hearing(recording(tmp_path, silence(300.0))) as (page, wire):
        begin_scene(page, server)
        expect(page.locator("#practice summary")).to_contain_text("Order a loaf")
        say(page, "I have went to the market yesterday but I would like a loaf.")
        shown = page.locator(".correction")
        expect(shown.locator("del")).to_contain_text("went")
        shown.get_by_role("button", name="Make a card").click()
        expect(shown).to_contain_text("It is a card now.")
        page.click("[data-aid=slower]")
        wait_for(page, "speaking")
        wait_for(page, "resting")
        assert len(wire.of("kaikou.practice")) >= 2
        page.click("#settings-open")
        page.check("#patience [value=quick]")
        page.click("#settings-close")
        page.click("[data-aid=skip]")
        wait_for(page, "speaking")
        wait_for(page, "resting")
        expect(page.locator("#practice [data-state=skipped]")).to_have_count(1)
        page.click("#end")
        mistake = page.locator("[data-part=mistakes] .mistake")
        expect(mistake.locator("del")).to_contain_text("went")
        expect(page.locator("[data-part=next] .next > li").first).to_be_visible()
        cards = page.evaluate("fetch('api/practice/cards').then((answer) => answer.json())")["data"]["items"]
        assert ["went" in card["front"] for card in cards] == [True]


def test_a_correction_becomes_a_card_and_the_next_practice_asks_for_it(server: Serving, tmp_path: Path) -> None:
    with hearing(recording(tmp_path, silence(300.0))) as (page, _wire):
        cards = "fetch('api/practice/cards').then((answer) => answer.json()).then(({ data }) => data.items)"
        begin_scene(page, server)
        say(page, "Yesterday I go to the market, and I would like a loaf.")
        shown = page.locator(".correction")
        shown.get_by_role("button", name="Make a card").click()
        expect(shown).to_contain_text("It is a card now.")
        page.click("#end")
        expect(page.locator(".report h1")).to_be_visible()
        [made] = [card for card in page.evaluate(cards) if "Yesterday" in card["front"]]
        for card in page.evaluate(cards):  # those of earlier talks are due as well
            if card["id"] != made["id"]:
                page.evaluate("(id) => fetch(`api/practice/cards/${id}`, { method: 'DELETE' })", card["id"])
        begin_scene(page, server)
        asked = page.locator("#practice [data-state=now]")
        while "From your cards" not in asked.inner_text():
            say(page, "Yes, I would like that loaf, please.")
        last = page.locator("#captions [data-role=character] .said").last
        expect(last).to_contain_text("how would you say this? Yesterday I go")
        say(page, made["back"])
        expect(page.locator("#practice [data-state=done]").last).to_contain_text("From your cards")
        page.click("#end")
        expect(page.locator(".report h1")).to_be_visible()
        [reviewed] = [card for card in page.evaluate(cards) if card["id"] == made["id"]]
        assert (reviewed["version"], reviewed["due_at"] > made["due_at"]) == (2, True)


def test_what_a_press_says_is_understood_as_that_order(browser: Browser, address: str) -> None:
    asked = run(empty_page(browser, address), "views/talk/practice.js", "return m.ASKED")
    for language, words in asked.items():
        for aid, text in words.items():
            order = order_in(text, language, "zh" if language == "en" else "en")
            assert order is not None, text
            assert order.kind == aid
