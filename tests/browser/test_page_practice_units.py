"""The pure modules of practising: what the wire tells, what is asked of a session, what a file of one's own says."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser, Page

from tests.browser.modules import empty_page, run
from tests.browser.states import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Page:
    return empty_page(browser, address)


CONVERSATION = "conversation/conversation.js conversation/effects.js"
FOLD = "return arg.reduce(m.reduce, m.EMPTY)"
PROGRESS = {
    "type": "kaikou.practice",
    "practice_id": "prac_1",
    "kind": "language",
    "step": "order",
    "steps": [{"id": "order", "title": "Order a drink", "state": "now"}],
    "left_s": 90,
    "hint": "I'd like …",
    "phrases": [],
    "over": False,
}
CORRECTION = {
    "type": "kaikou.correction",
    "item_id": "u1",
    "at": 2,
    "said": "have went",
    "better": "went",
    "reason": "The time is over.",
    "kind": "R:VERB:TENSE",
}
TOLD = {name: value for name, value in CORRECTION.items() if name not in ("type", "item_id")}


def test_the_last_word_on_how_far_a_practice_is_counts(page: Page) -> None:
    state = run(page, CONVERSATION, FOLD, [PROGRESS, {**PROGRESS, "left_s": 30, "over": True}])
    told = {"step": "order", "steps": PROGRESS["steps"], "leftS": 30, "hint": "I'd like …", "phrases": [], "over": True}
    assert state["practice"] == told


def test_what_a_server_leaves_out_is_nothing(page: Page) -> None:
    few = {"type": "kaikou.practice", "step": "", "steps": []}
    state = run(page, CONVERSATION, FOLD, [few])
    assert state["practice"] == {"step": "", "steps": [], "leftS": None, "hint": "", "phrases": [], "over": False}


def test_corrections_are_kept_by_line_each_once_in_its_newest_wording(page: Page) -> None:
    better = {**CORRECTION, "better": "was"}
    other = {**CORRECTION, "at": 14, "said": "one coffee", "better": "a coffee"}
    state = run(page, CONVERSATION, FOLD, [CORRECTION, other, better, {**CORRECTION, "item_id": "u2"}])
    assert [one["better"] for one in state["corrections"]["u1"]] == ["a coffee", "was"]
    assert state["corrections"]["u2"] == [TOLD]


def test_a_practice_outlasts_a_lost_connection(page: Page) -> None:
    state = run(page, CONVERSATION, FOLD, [PROGRESS, CORRECTION, {"type": "page.disconnected"}])
    assert (state["practice"]["step"], list(state["corrections"])) == ("order", ["u1"])


UPDATE = """
  const liked = { patience: "normal", speed: 1, record: false };
  return m.sessionUpdate("en", liked, false, arg).session.kaikou;
"""


@pytest.mark.parametrize(
    ("begun", "asked"), [({}, {}), ({"practice": "prac_1"}, {"practice": "prac_1"}), ({"draft": "c"}, {"draft": "c"})]
)
def test_a_session_is_told_of_a_practice_only_where_it_begins_with_one(
    page: Page, begun: dict[str, str], asked: dict[str, str]
) -> None:
    kaikou = run(page, "protocol/session-update.js", UPDATE, begun)
    assert kaikou == {"language": "en", "barge_in": "confirmed", **asked}


# --- Files of one's own -----------------------------------------------------------------------------------------------

OWN = "views/practice/own-file.js"
FILE: dict[str, Any] = {
    "id": "cafe",
    "kind": "language",
    "goals": "travel",
    "levels": ["A1"],
    "en": {"title": "In a café", "steps": [{"id": "order", "title": "Order", "ask": ["What?"]}]},
    "zh": {"title": "在咖啡馆", "steps": []},
}


@pytest.mark.parametrize(("wanted", "title"), [("en", "In a café"), ("zh", "在咖啡馆"), ("fr", "In a café")])
def test_of_a_file_in_both_languages_one_is_taken(page: Page, wanted: str, title: str) -> None:
    own = run(page, OWN, "return m.ownOf(...arg)", [FILE, wanted])
    assert (own["table"]["title"], own["goals"]) == (title, ["travel"])


def test_what_is_empty_is_left_out_of_the_file_and_no_two_entries_are_called_alike(page: Page) -> None:
    script = """
      const own = m.blank("language", "zh");
      own.table.steps.push(m.blankStep(own.table.steps));
      own.table.steps.splice(0, 1);
      own.table.steps.push(m.blankStep(own.table.steps));
      return m.fileOf(own);
    """
    file = run(page, OWN, script)
    assert sorted(file) == ["goals", "kind", "levels", "zh"]
    assert [step["id"] for step in file["zh"]["steps"]] == ["step-2", "step-3"]
    assert "title" not in file["zh"]


# --- What was chosen --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", ["{", "null", '{"scene": {"speed": "fast", "minutes": null}, "patience": 3}'])
def test_what_another_program_left_where_choices_are_remembered_does_no_harm(page: Page, stored: str) -> None:
    script = """
      localStorage["kaikou-practice-language"] = arg;
      const { scene, patience } = m.remembered("language");
      localStorage.clear();
      return [scene.speed, scene.minutes, scene.hints, patience];
    """
    assert run(page, "views/practice/choices.js", script, stored) == [1, 10, True, "patient"]


# --- What is said after the character ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said", "better", "sentence"),
    [
        ("Hi. I have went there. Bye.", "have went", "went", "I went there."),
        ("it cost 3.5 pounds i has paid", "i has", "I have", "it cost 3.5 pounds I have paid"),
        ("你好。我有三个书！再见。", "三个书", "三本书", "我有三本书！"),
        ("I have went there", "has gone", "went", "went"),
        ("so " * 60 + "I have went there", "have went", "went", "went"),
    ],
)
def test_the_whole_sentence_of_a_correction_is_said_after_the_character(
    page: Page, line: str, said: str, better: str, sentence: str
) -> None:
    correction = {**TOLD, "at": max(0, line.find(said)), "said": said, "better": better}
    script = "return m.betterSentence(...arg)"
    assert run(page, "views/talk/correction.js", script, [line, correction]) == sentence


# --- What can be heard ------------------------------------------------------------------------------------------------


def test_only_what_was_spoken_has_something_to_listen_to(page: Page) -> None:
    script = """
      const clips = new m.Clips("conv_1", true);
      const clip = (end_ms) => clips.one({ line_id: "a", start_ms: 900, end_ms, quote: "Yes." });
      return arg.map((end_ms) => clip(end_ms).querySelector("button") !== null);
    """
    assert run(page, "views/report/clips.js", script, [1_600, 900]) == [True, False]


# --- What a press says ------------------------------------------------------------------------------------------------


def test_what_a_press_says_is_in_the_language_that_is_practised(page: Page) -> None:
    asked = run(page, "views/talk/practice.js", "return m.ASKED")
    assert sorted(asked["en"]) == sorted(asked["zh"])
    assert all(re.search("[\u4e00-\u9fff]", text) for text in asked["zh"].values())
    assert not any(re.search("[\u4e00-\u9fff]", text) for text in asked["en"].values())
