"""Practising on the page, its server scripted: what is chosen, planned, written by oneself, and begun."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, Route, expect

from tests.browser.practised import Practised, practice, role, scene
from tests.browser.scripted_server import Script
from tests.browser.states import CHROMIUM, wait_for, wait_until
from tests.browser.static_server import ANSWERS

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

FITTED = {**practice("prac_1", "interview"), "title": "Gardener, fitted"}


@pytest.fixture
def practised(page: Page) -> Practised:
    roles = [role("gardener"), role("nurse", "Nurse")]
    scenes = [
        scene("cafe", "In a café", ("small_talk", "travel"), ("A2", "B1")),
        scene("station", "At the station", ("travel",), ("B1", "B2")),
        scene("exam", "An exam", ("exam",), ("C1",)),
    ]
    practised = Practised(roles + scenes)
    practised.serve(page)
    return practised


@pytest.fixture
def connected(page: Page) -> None:
    status = ANSWERS["/api/status"] | {"language_model": {"name": "a model", "connected": True}}
    page.route("**/api/status", lambda route: route.fulfill(json={"success": True, "data": status, "error": None}))


def test_a_newcomer_finds_both_kinds_of_practice_and_what_comes_of_them(
    page: Page, address: str, practised: Practised
) -> None:
    page.goto(address)
    page.click("#practice-open")
    expect(page.locator(".doors .name")).to_have_text(["Interview", "Language"])
    expect(page.locator(".practice [role=status]")).to_contain_text("Nothing yet")
    assert page.locator("#cards-open").get_attribute("href") == "#/cards"
    assert page.locator("#progress-open").get_attribute("href") == "#/progress"


def test_earlier_practices_lead_to_their_plans_and_reports(page: Page, address: str, practised: Practised) -> None:
    practised.practices = [practice("prac_2"), practice("prac_1", "interview", state="over")]
    page.goto(f"{address}/#/practice")
    expect(page.locator("#practices a")).to_have_count(2)
    links = [link.get_attribute("href") for link in page.locator("#practices a").all()]
    assert links == ["#/practice/prac_2", "#/practice/prac_1/report"]


def test_an_interview_is_chosen_and_its_plan_shown(page: Page, address: str, practised: Practised) -> None:
    page.goto(f"{address}/#/practice/new/interview")
    page.check("[name=template-interview][value=nurse]")
    page.check("#choose-interview-seniority [value=senior]")
    page.check("#choose-interview-questions [value=case]")
    page.check("#choose-interview-strictness [value=pressure]")
    page.select_option("#choose-interview-minutes", "30")
    page.select_option("#choose-character_id", "assistant")
    page.fill("#choose-interview-advert", "Nurse wanted.")
    page.click("#make-plan")
    expect(page.locator("#plan .steps .name")).to_have_text(["Say hello", "Order a drink", "Pay"])
    assert practised.sent("POST", "practices") == [
        {
            "kind": "interview",
            "language": "en",
            "own_language": "en",
            "character_id": "assistant",
            "interview": {
                "role": "nurse",
                "seniority": "senior",
                "questions": "case",
                "minutes": 30,
                "strictness": "pressure",
                "advert": "Nurse wanted.",
                "resume": "",
            },
        }
    ]


def test_what_was_chosen_is_there_the_next_time_but_for_the_advert(
    page: Page, address: str, practised: Practised
) -> None:
    page.goto(f"{address}/#/practice/new/interview")
    page.check("[name=template-interview][value=nurse]")
    page.check("#choose-patience [value=quick]")
    page.fill("#choose-interview-resume", "A nurse for ten years.")
    page.reload()
    expect(page.locator("[name=template-interview][value=nurse]")).to_be_checked()
    expect(page.locator("#choose-patience [value=quick]")).to_be_checked()
    expect(page.locator("#choose-interview-resume")).to_have_value("")
    assert "ten years" not in page.evaluate("JSON.stringify({ ...localStorage })")


def test_scenes_are_those_that_fit_goal_and_level_and_all_of_them_on_a_press(
    page: Page, address: str, practised: Practised
) -> None:
    page.goto(f"{address}/#/practice/new/language")
    names = page.locator(".template .name")
    expect(names).to_have_text(["In a café", "Free talk"])
    page.check("#choose-scene-goal [value=travel]")
    expect(names).to_have_text(["In a café", "At the station", "Free talk"])
    page.check("#choose-scene-level [value=B2]")
    expect(names).to_have_text(["At the station", "Free talk"])
    expect(page.locator("[name=template-language][value=station]")).to_be_checked()
    page.get_by_role("button", name="Show all scenes").click()
    expect(names).to_have_text(["In a café", "At the station", "An exam", "Free talk"])


def test_how_a_language_is_practised_reaches_the_server(page: Page, address: str, practised: Practised) -> None:
    page.goto(f"{address}/#/practice/new/language")
    expect(page.locator("#choose-language [value=zh]")).to_be_checked()
    page.check("#choose-scene-correcting [value=all]")
    page.check("#choose-scene-speed [value='0.8']")
    page.uncheck("#choose-scene-subtitles")
    page.click("#make-plan")
    expect(page.locator("#begin")).to_be_visible()
    [sent] = practised.sent("POST", "practices")
    assert (sent["kind"], sent["language"], sent["own_language"]) == ("language", "zh", "en")
    assert sent["scene"] == {
        "scene": "cafe",
        "level": "B1",
        "goal": "small_talk",
        "correcting": "all",
        "speed": 0.8,
        "subtitles": False,
        "hints": True,
        "minutes": 10,
    }


def test_what_the_server_finds_wrong_stands_at_its_field(page: Page, address: str, practised: Practised) -> None:
    page.goto(f"{address}/#/practice/new/interview")
    page.wait_for_selector("#make-plan")
    page.wait_for_selector(".template")
    practised.faults = [{"field": "character_id", "code": "other_language", "message": "…"}]
    page.click("#make-plan")
    expect(page.locator("[data-field=character_id] > .problem")).to_have_text("It does not speak this language.")
    expect(page.locator("#choose-character_id")).to_be_focused()
    page.click("#make-plan")
    expect(page.locator("#begin")).to_be_visible()


FILE: Any = {"name": "advert.txt", "mimeType": "text/plain", "buffer": b"Gardener wanted."}


def test_the_words_of_a_file_are_taken_for_the_advert_and_a_broken_one_is_said_so(
    page: Page, address: str, practised: Practised
) -> None:
    page.goto(f"{address}/#/practice/new/interview")
    page.set_input_files("[data-field='interview.advert'] [type=file]", FILE)
    expect(page.locator("#choose-interview-advert")).to_have_value("Gardener wanted.")
    practised.document = (413, {"code": "body_too_large", "details": None})
    page.set_input_files("[data-field='interview.resume'] [type=file]", FILE)
    expect(page.locator("#choose-interview-resume-word")).to_have_text("This is too large.")


def test_of_two_files_the_later_one_counts_whichever_is_read_first(
    page: Page, address: str, practised: Practised
) -> None:
    waiting: list[Route] = []

    def read(route: Route) -> None:
        if waiting:
            route.fulfill(json={"success": True, "data": {"text": "The second."}})
        else:
            waiting.append(route)

    page.route("**/api/practice/documents", read)
    page.goto(f"{address}/#/practice/new/interview")
    for _file in range(2):
        page.set_input_files("[data-field='interview.advert'] [type=file]", FILE)
        wait_until(page, lambda: bool(waiting))
    expect(page.locator("#choose-interview-advert")).to_have_value("The second.")
    with page.expect_response("**/api/practice/documents"):
        waiting[0].fulfill(json={"success": True, "data": {"text": "The first."}})
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(page.locator("#choose-interview-advert")).to_have_value("The second.")


def test_a_file_is_dropped_where_it_belongs_and_makes_no_character(
    page: Page, address: str, practised: Practised
) -> None:
    page.goto(f"{address}/#/practice/new/interview")
    page.wait_for_selector("#choose-interview-resume")
    page.evaluate("""() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["A gardener."], "cv.txt", { type: "text/plain" }));
      const row = document.querySelector("[data-field='interview.resume']");
      row.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }""")
    expect(page.locator("#choose-interview-resume")).to_have_value("Gardener wanted.")
    expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.usefixtures("connected")
def test_a_language_model_fits_the_plan_to_the_advert(page: Page, address: str, practised: Practised) -> None:
    interview = {**FITTED["interview"], "advert": "Wanted."}
    practised.practices = [practice("prac_1", "interview", interview=interview)]
    steps = [{**FITTED["steps"][0], "title": "Your last garden"}]
    fitted = {**FITTED, "interview": interview, "steps": steps}
    practised.fit = (200, {"practice": fitted, "made_by": "model", "reason": ""})
    page.goto(f"{address}/#/practice/prac_1")
    page.click("#fit")
    expect(page.locator("#plan .steps .name")).to_have_text(["Your last garden"])
    expect(page.locator(".plan > [role=status]")).to_contain_text("fit the advert and the CV now")


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("fit", "words"),
    [
        ((200, {"practice": FITTED, "made_by": "rules", "reason": "too_slow"}), "took too long"),
        ((200, {"practice": FITTED, "made_by": "rules", "reason": "unusable"}), "no plan that can be used"),
        ((503, {"code": "overloaded", "details": None}), "too much to do"),
    ],
)
def test_a_plan_that_could_not_be_fitted_is_said_so_and_can_be_begun(
    page: Page, address: str, practised: Practised, fit: tuple[int, dict[str, Any]], words: str
) -> None:
    practised.practices = [practice("prac_1", "interview", interview={**FITTED["interview"], "resume": "Me."})]
    practised.fit = fit
    page.goto(f"{address}/#/practice/prac_1")
    page.click("#fit")
    expect(page.locator(".plan > [role=status]")).to_contain_text(words)
    expect(page.locator("#fit")).to_be_enabled()
    expect(page.locator("#begin")).to_be_enabled()


def test_without_a_language_model_the_plan_says_how_it_was_made(page: Page, address: str, practised: Practised) -> None:
    practised.practices = [practice("prac_1", "interview", interview={**FITTED["interview"], "resume": "Me."})]
    page.goto(f"{address}/#/practice/prac_1")
    expect(page.locator(".plan")).to_contain_text("No language model is connected, so the questions were chosen")
    expect(page.locator("#fit")).to_have_count(0)


def test_a_practice_begins_with_its_character_and_consent_and_waits_as_it_is_to_wait(
    page: Page, address: str, practised: Practised, script: Script
) -> None:
    practised.practices = [practice()]
    page.add_init_script("""localStorage.kaikou = JSON.stringify({ patience: "patient" })""")
    page.goto(f"{address}/#/practice/prac_1")
    page.check("#record")
    page.click("#begin")
    wait_for(page, "resting")
    [update] = script.sent("session.update")
    session = update["session"]
    assert "model=philosopher&" in script.sockets[0].url
    assert session["kaikou"] == {"language": "en", "barge_in": "confirmed", "record": True, "practice": "prac_1"}
    assert session["audio"]["output"]["speed"] == 1  # of what the practice makes of it
    assert session["audio"]["input"]["turn_detection"]["eagerness"] == "auto"
    page.click("#settings-open")
    page.check("#patience [value=quick]")
    wait_until(page, lambda: len(script.sent("session.update")) == 2)
    again = script.sent("session.update")[1]["session"]
    assert "practice" not in again["kaikou"]
    assert again["audio"]["input"]["turn_detection"]["eagerness"] == "high"


def test_a_practice_is_deleted_after_it_was_asked_for_once_more(page: Page, address: str, practised: Practised) -> None:
    practised.practices = [practice()]
    page.goto(f"{address}/#/practice/prac_1")
    page.click("#delete")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".doors")).to_be_visible()
    assert practised.practices == []


def test_a_practice_that_is_not_there_says_so(page: Page, address: str, practised: Practised) -> None:
    page.goto(f"{address}/#/practice/prac_9")
    expect(page.locator("main [role=alert]")).to_contain_text("not here")


# --- One's own --------------------------------------------------------------------------------------------------------


def test_a_role_of_ones_own_is_written_and_chosen(page: Page, address: str, practised: Practised) -> None:
    page.goto(f"{address}/#/practice/new/interview")
    page.click("#make-own")
    page.fill("[data-field='file.en.title'] input", "Beekeeper")
    page.fill("[data-field='file.en.opening'] textarea", "Hello.")
    page.fill("[data-field='file.en.questions.0.ask'] textarea", "Why bees?\nWhat about bees?")
    practised.faults = [{"field": "file.en.questions.0.title", "code": "missing", "message": "…"}]
    page.click("#save")
    expect(page.locator("[data-field='file.en.questions.0.title'] > .problem")).to_have_text("This is needed.")
    page.fill("[data-field='file.en.questions.0.title'] input", "Bees")
    page.evaluate("[1, 2].forEach(() => document.querySelector('#save').click())")
    expect(page.locator(".template .name").first).to_have_text("Beekeeper")
    [_refused, sent] = practised.sent("POST", "practice/templates")
    table = sent["file"]["en"]
    assert (sent["file"]["kind"], "zh" in sent["file"], table["title"]) == ("interview", False, "Beekeeper")
    assert table["questions"] == [
        {
            "id": "question-1",
            "kind": "behavioural",
            "levels": ["entry", "middle", "senior"],
            "title": "Bees",
            "ask": ["Why bees?", "What about bees?"],
            "listen_for": [],
            "words": [],
        }
    ]


def test_a_copy_begins_with_what_a_built_in_role_says(page: Page, address: str, practised: Practised) -> None:
    page.goto(f"{address}/#/practice/new/interview")
    page.get_by_role("link", name="Make your own from: Gardener").click()
    expect(page.locator("[data-field='file.en.title'] input")).to_have_value("Gardener")
    page.fill("[data-field='file.en.title'] input", "Head gardener")
    page.click("#add-entry")
    expect(page.locator("[data-field='file.en.questions.1.title'] input")).to_be_focused()
    page.keyboard.type("Roses")
    page.click("#save")
    expect(page.locator(".template .name").first).to_have_text("Head gardener")
    [sent] = practised.sent("POST", "practice/templates")
    assert [question["title"] for question in sent["file"]["en"]["questions"]] == ["A tree", "Roses"]


def test_a_role_of_ones_own_is_changed_deleted_and_brought_back(page: Page, address: str, practised: Practised) -> None:
    practised.templates.insert(0, role("ptpl_9", "Beekeeper", mine=True, version=3))
    page.goto(f"{address}/#/practice/own/ptpl_9")
    page.fill("[data-field='file.en.line'] input", "Keeps bees.")
    page.click("#save")
    expect(page.locator(".templates")).to_be_visible()
    assert practised.templates[0]["file"]["en"]["line"] == "Keeps bees."
    page.go_back()
    page.click("#delete")
    expect(page.locator(".template .name")).to_have_text(["Gardener", "Nurse"])
    page.click("#undo button")
    expect(page.locator("[data-field='file.en.line'] input")).to_have_value("Keeps bees.")
