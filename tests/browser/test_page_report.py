"""The report of a practice on the page, its server scripted: part by part, each number with its evidence."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.kept import Kept, conversation, line
from tests.browser.practised import MEASURES, NEXT, WAITING, Practised, missing, practice, ready, whole
from tests.browser.states import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture
def kept(page: Page) -> Kept:
    kept = Kept([conversation(7, recorded=True)], [line(0), line(1)])
    kept.serve(page)
    return kept


@pytest.fixture
def practised(page: Page, kept: Kept) -> Practised:
    talked = {"state": "over", "conversation_id": "conv_7"}
    both = [practice("prac_1", **talked), practice("prac_2", "interview", **talked)]
    practised = Practised(practices=both, reports=[{"state": "ready", "parts": whole("language")}])
    practised.serve(page)
    return practised


def open_report(page: Page, address: str, identifier: str = "prac_1") -> None:
    page.goto(f"{address}/#/practice/{identifier}/report")


def test_parts_appear_as_they_are_ready_what_to_do_next_first(page: Page, address: str, practised: Practised) -> None:
    measured = {"measures": ready(MEASURES), "next": WAITING, "mistakes": WAITING}
    practised.reports = [
        {"state": "none", "parts": {}},
        {"state": "making", "parts": measured},
        {"state": "making", "parts": {**measured, "next": ready(NEXT)}},
        {"state": "ready", "parts": {**measured, "next": ready(NEXT), "mistakes": missing("no_language_model")}},
    ]
    page.clock.install()
    open_report(page, address)
    expect(page.locator(".report > [role=status]")).to_have_text("The report is being made.")
    page.clock.run_for(600)
    expect(page.locator(".report > [role=status]")).to_contain_text("1 of 3 parts are ready")
    expect(page.locator("[data-part=next]")).to_contain_text("Being made")
    page.clock.run_for(5000)
    expect(page.locator("[data-part=next] .label").first).to_have_text("Say “went” without “have”.")
    page.clock.run_for(5000)
    expect(page.locator("[data-part=mistakes] a")).to_have_attribute("href", "#/settings/server")
    expect(page.locator(".report > [role=status]")).to_be_empty()
    expect(page.locator(".chapter h2")).to_have_text(
        ["What to do next", "What would be said otherwise", "How you spoke, in numbers"]
    )


def test_a_part_that_is_the_same_stays_as_the_person_left_it(page: Page, address: str, practised: Practised) -> None:
    first = {"measures": ready(MEASURES), "next": WAITING}
    practised.reports = [
        {"state": "making", "parts": first},
        {"state": "ready", "parts": {**first, "next": ready(NEXT)}},
    ]
    page.clock.install()
    open_report(page, address)
    page.click("[data-measure=words_per_minute] summary")
    page.clock.run_for(5000)
    expect(page.locator("[data-part=next] .next > li")).to_have_count(3)
    expect(page.locator("[data-measure=words_per_minute]")).to_have_attribute("open", "")


def test_a_number_has_its_unit_trend_definition_source_and_places(
    page: Page, address: str, practised: Practised
) -> None:
    open_report(page, address)
    pace = page.locator("[data-measure=words_per_minute]")
    expect(pace.locator(".value")).to_have_text("118.4 words/min")
    expect(pace.locator(".trend")).to_have_text("14.4 more than last time")
    expect(pace.locator("dl")).to_be_hidden()
    pace.locator("summary").click()
    expect(pace.locator("dl")).to_contain_text("De Jong & Bosker 2013")
    expect(pace.locator("dl code")).to_have_text("words / minutes")
    expect(pace.locator("q")).to_have_text(["I have went to the park", "pause of 1.2 s"])
    assert pace.locator(".at").first.get_attribute("href") == "#/history/conv_7/item_0"
    estimated = page.locator("[data-measure=pause_median]")
    expect(estimated.locator(".value")).to_contain_text("(estimated)")
    expect(estimated.locator(".trend")).to_have_text("as last time")
    expect(page.locator("[data-measure=fillers] .value")).to_have_text("too little was said")


def test_a_place_is_heard_where_the_talk_was_recorded(page: Page, address: str, practised: Practised) -> None:
    asked: list[str] = []
    page.route("**/api/conversations/conv_7/recording", lambda route: (asked.append(route.request.url), route.abort()))
    open_report(page, address)
    page.click("[data-measure=words_per_minute] summary")
    with page.expect_request("**/api/conversations/conv_7/recording"):
        page.get_by_role("button", name="Listen: I have went to the park").locator("visible=true").first.click()


def test_a_press_while_the_sound_is_on_its_way_stops_it_before_it_is_heard(
    page: Page, address: str, practised: Practised
) -> None:
    page.add_init_script(
        "HTMLMediaElement.prototype.play = async function () { (window.played ??= []).push(this.src) }"
    )
    open_report(page, address)
    page.wait_for_selector("[data-kind='R:VERB:TENSE'] .clip button")
    press = (
        "(times) => times.forEach(() => document.querySelector(\"[data-kind='R:VERB:TENSE'] .clip button\").click())"
    )
    page.evaluate(press, [1, 2])
    page.evaluate(press, [1])
    expect(page.locator("[data-kind='R:VERB:TENSE'] .clip button")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("window.played")
    assert len(page.evaluate("window.played")) == 1


def test_sound_that_is_stored_after_the_report_was_opened_can_be_heard(
    page: Page, address: str, practised: Practised, kept: Kept
) -> None:
    page.add_init_script("localStorage.kaikou = JSON.stringify({ record: true })")
    page.clock.install(time="2026-01-08T10:05:03Z")
    kept.conversations[0] |= {"recorded": False, "ended_at": "2026-01-08T10:05:00Z"}
    open_report(page, address)
    expect(page.locator("[data-kind='R:VERB:TENSE'] q")).to_be_visible()
    expect(page.locator(".clip button")).to_have_count(0)
    kept.conversations[0]["recorded"] = True
    page.clock.run_for(2000)
    expect(page.locator("[data-kind='R:VERB:TENSE'] .clip button")).to_be_visible()


def test_without_a_recording_there_are_the_words_only(
    page: Page, address: str, practised: Practised, kept: Kept
) -> None:
    kept.conversations[0]["recorded"] = False
    open_report(page, address)
    expect(page.locator("[data-kind='R:VERB:TENSE'] q")).to_have_text("I have went to the park")
    expect(page.locator(".clip button")).to_have_count(0)


def test_a_mistake_becomes_a_card(page: Page, address: str, practised: Practised) -> None:
    open_report(page, address)
    group = page.locator("[data-kind='R:VERB:TENSE']")
    expect(group.locator("h3")).to_have_text("Tense 2 ×, last time 5 ×")
    group.get_by_role("button", name="Make a card").click()
    expect(group).to_contain_text("It is a card now.")
    [card] = practised.sent("POST", "practice/cards")
    assert (card["said"], card["better"], card["kind"], card["line_id"]) == (
        "have went",
        "went",
        "R:VERB:TENSE",
        "item_0",
    )


def test_an_interview_has_each_question_with_its_structure_and_a_rubric_with_its_anchors(
    page: Page, address: str, practised: Practised
) -> None:
    practised.reports = [{"state": "ready", "parts": whole("interview")}]
    open_report(page, address, "prac_2")
    question = page.locator("[data-step=greet]")
    expect(question.locator(".star dt")).to_have_text(["Situation", "Task", "Action", "Result"])
    expect(question.locator(".star .none")).to_have_count(2)
    expect(question.locator(".stronger")).to_contain_text("counted […] trees")
    expect(page.locator("[data-step=pay] summary")).to_contain_text("not asked")
    dimension = page.locator("[data-dimension=structure]")
    expect(dimension.locator(".value")).to_have_text("3 to 4 of 5")
    dimension.locator("summary").click()
    expect(dimension.locator(".anchors [aria-current]")).to_have_text(["A thread", "A clear thread"])


@pytest.mark.parametrize(
    ("reason", "words"), [("not_talked", "was not talked yet"), ("not_kept", "was not kept, or it was deleted")]
)
def test_why_there_is_no_report_is_said(
    page: Page, address: str, practised: Practised, reason: str, words: str
) -> None:
    practised.reports = [{"state": "none", "parts": {}, "reason": reason}]
    open_report(page, address)
    expect(page.locator(".report > [role=status]")).to_contain_text(words)


def test_it_is_made_again_on_a_press(page: Page, address: str, practised: Practised) -> None:
    broken = {"next": missing("model_failed")}
    practised.reports = [{"state": "ready", "parts": broken}, {"state": "ready", "parts": {"next": ready(NEXT)}}]
    open_report(page, address)
    expect(page.locator("[data-part=next]")).to_contain_text("could not be asked")
    page.click("#remake")
    expect(page.locator("[data-part=next] .next > li")).to_have_count(3)


def test_it_is_saved_in_both_formats_and_printed_with_all_that_is_folded(
    page: Page, address: str, practised: Practised
) -> None:
    open_report(page, address)
    page.wait_for_selector("[data-part=measures] .measure")
    page.click("#export summary")
    expect(page.locator("#export button")).to_have_text(["PDF", "Markdown", "Print"])
    page.keyboard.press("Escape")
    expect(page.locator("#export summary")).to_be_focused()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("[data-measure=words_per_minute] dl")).to_be_visible()
    expect(page.locator("#remake")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("[data-measure=words_per_minute] dl")).to_be_hidden()


def test_the_history_leads_to_the_report(page: Page, address: str, practised: Practised, kept: Kept) -> None:
    kept.conversations[0]["practice_id"] = "prac_1"
    page.goto(f"{address}/#/history/conv_7")
    page.click("#report-open")
    expect(page.locator(".report h1")).to_have_text("In a café")


def test_a_practice_is_deleted_with_its_report_after_it_was_asked_for_once_more(
    page: Page, address: str, practised: Practised
) -> None:
    open_report(page, address)
    page.click("#delete")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#practices a")).to_have_count(1)
    assert [one["id"] for one in practised.practices] == ["prac_2"]


def test_what_was_said_is_shown_as_it_is_and_is_no_markup(page: Page, address: str, practised: Practised) -> None:
    hostile = '<img src=x onerror="window.hit = 1">'
    items = [{"text": hostile, "why": hostile, "clips": []}]
    practised.reports = [{"state": "ready", "parts": {"next": ready({"items": items})}}]
    open_report(page, address)
    expect(page.locator("[data-part=next] .label")).to_have_text(hostile)
    assert page.evaluate("window.hit") is None
