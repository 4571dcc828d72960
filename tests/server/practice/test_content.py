"""The roles and scenes that come with Kaikou: enough of them, alike in both languages, and fit to be spoken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import product
from typing import get_args

import pytest

from pipeline.practice.director.plan import Plan
from pipeline.practice.practice import Goal, LanguageSetup, Level, Practice
from server.practice.planning.language import LanguageAsked, planned_language
from server.practice.templates.file_format import LANGUAGES, RoleFile, SceneFile, TemplateFile
from server.practice.templates.reading import load_templates
from server.settings import Settings

ALL = [template for template, _data in load_templates(Settings().characters.folder / "practice").values()]
SCENES = [one for one in ALL if isinstance(one, SceneFile)]

LONGEST_ASK = 200
"""Characters of a question: some fifteen seconds."""

UNSPEAKABLE = re.compile(r"[()\[\]{}<>（）【】《》*_#@&/|\\=+~^•\n]|\b(?:e\.g|i\.e|etc|approx|vs)\b", re.IGNORECASE)
"""What no voice reads well."""

of_all = pytest.mark.parametrize("template", ALL, ids=[one.id for one in ALL])
of_scenes = pytest.mark.parametrize("scene", SCENES, ids=[one.id for one in SCENES])
in_both = pytest.mark.parametrize("language", LANGUAGES)


def questions_of(template: TemplateFile, language: str) -> Sequence[str]:
    """What is asked in it, in all ways."""
    asked = template.shown(language).questions if isinstance(template, RoleFile) else template.shown(language).steps
    return [way for one in asked for way in one.ask]


def spoken_in(template: TemplateFile, language: str) -> Sequence[str]:
    """What the character says, and what the person may say."""
    table = template.shown(language)
    phrases = [] if isinstance(template, RoleFile) else [one.text for one in template.shown(language).phrases]
    return [
        table.opening.replace("{minutes}", "20"),
        table.closing,
        *questions_of(template, language),
        *phrases,
    ]


def planned(scene: SceneFile, language: str) -> Practice:
    own = "zh" if language == "en" else "en"
    return planned_language(LanguageAsked("prac_1", language, own, "", LanguageSetup(scene.id), scene, "seed"))


def test_thirty_scenes_come_with_it() -> None:
    assert len(SCENES) >= 30


def test_there_is_a_scene_for_every_goal_at_every_level() -> None:
    there = {pair for scene in SCENES for pair in product(scene.goals, scene.levels)}
    assert sorted(set(product(get_args(Goal), get_args(Level))) - there) == []


@of_all
@in_both
def test_a_voice_can_read_all_that_is_said(template: TemplateFile, language: str) -> None:
    spoken = spoken_in(template, language)
    assert [line for line in spoken if UNSPEAKABLE.search(line)] == []
    assert [line for line in spoken if any(unicodedata.category(mark) in ("So", "Co", "Cn") for mark in line)] == []
    assert [line for line in questions_of(template, language) if len(line) > LONGEST_ASK] == []


@of_all
def test_both_languages_are_what_they_say(template: TemplateFile) -> None:
    assert [line for line in spoken_in(template, "en") if re.search("[\u4e00-\u9fff]", line)] == []
    assert [line for line in spoken_in(template, "zh") if not re.search("[\u4e00-\u9fff]", line)] == []


@of_all
@in_both
def test_no_line_is_there_twice(template: TemplateFile, language: str) -> None:
    asked = questions_of(template, language)
    assert [line for line in asked if asked.count(line) > 1] == []


@of_scenes
@in_both
def test_who_says_a_phrase_of_a_step_has_answered_it(scene: SceneFile, language: str) -> None:
    practice = planned(scene, language)
    plan = Plan(practice)
    said = [(step.id, phrase.text) for step in practice.steps for phrase in step.phrases]
    assert [pair for pair in said if not plan.shows(*pair)] == []


@of_scenes
@in_both
def test_every_step_has_a_phrase_a_hint_and_another_way(scene: SceneFile, language: str) -> None:
    steps = scene.shown(language).steps
    assert [step.id for step in steps if not step.phrases or not step.hint or len(step.ask) < 2] == []


@of_scenes
def test_a_step_needs_the_same_phrases_in_both_languages(scene: SceneFile) -> None:
    needed = [{step.id: set(step.phrases) for step in scene.shown(language).steps} for language in LANGUAGES]
    assert needed[0] == needed[1]


@of_scenes
@in_both
def test_a_phrase_is_known_by_what_it_means(scene: SceneFile, language: str) -> None:
    practice = planned(scene, language)
    plan = Plan(practice)
    assert [one.text for one in practice.phrases if plan.phrase_for(one.meaning) != one.text] == []
    assert [one.meaning for one in practice.phrases if plan.meaning(one.text) != one.meaning] == []
