"""The roles and scenes that come with Kaikou: enough of them, alike in both languages, and fit to be spoken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import product
from typing import get_args

import pytest

from pipeline.practice.director.plan import Plan
from pipeline.practice.practice import Goal, LanguageSetup, Level, Practice, QuestionKind, Seniority
from server.practice.planning.interview import FRAME
from server.practice.planning.language import LanguageAsked, planned_language
from server.practice.templates.file_format import LANGUAGES, RoleFile, SceneFile, TemplateFile
from server.practice.templates.reading import load_templates
from server.settings import Settings

ALL = [template for template, _data in load_templates(Settings().characters.folder / "practice").values()]
ROLES = [one for one in ALL if isinstance(one, RoleFile)]
SCENES = [one for one in ALL if isinstance(one, SceneFile)]
KINDS: Sequence[QuestionKind] = get_args(QuestionKind)
SENIORITIES: Sequence[Seniority] = get_args(Seniority)

OF_A_KIND, OF_A_LEVEL = 6, 4
"""Questions that a role has of each kind, and how many of those there are for each level, at least."""

LONGEST_ASK = 200
"""Characters of a question: some fifteen seconds."""

UNSPEAKABLE = re.compile(r"[()\[\]{}<>（）【】《》*_#@&/|\\=+~^•\n]|\b(?:e\.g|i\.e|etc|approx|vs)\b", re.IGNORECASE)
"""What no voice reads well."""

PRAISE = re.compile(
    r"\b(?:well done|great|excellent|perfect|fantastic|impress\w+|good answer)\b|很好|不错|真棒|太棒|优秀|精彩|厉害",
    re.IGNORECASE,
)
PRIVATE = re.compile(
    r"\b(?:how old|your age|married|pregnan\w+|your (?:wife|husband|partner|children|kids|religion|faith|health))\b|"
    r"你多大|结婚|婚育|怀孕|你的(?:孩子|信仰|身体|年龄)",
    re.IGNORECASE,
)
"""What nobody may be asked in an interview."""

of_all = pytest.mark.parametrize("template", ALL, ids=[one.id for one in ALL])
of_roles = pytest.mark.parametrize("role", ROLES, ids=[one.id for one in ROLES])
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


def test_ten_roles_and_thirty_scenes_come_with_it() -> None:
    assert len(ROLES) >= 10
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


@of_roles
@pytest.mark.parametrize("kind", KINDS)
def test_a_role_has_questions_enough_of_each_kind_for_every_level(role: RoleFile, kind: QuestionKind) -> None:
    levels = [one.levels for one in role.shown("en").questions if one.kind == kind]
    assert len(levels) >= OF_A_KIND
    assert [level for level in SENIORITIES if sum(level in one for one in levels) < OF_A_LEVEL] == []


@of_roles
@in_both
def test_a_question_can_be_put_in_other_words_and_says_what_to_listen_for(role: RoleFile, language: str) -> None:
    questions = role.shown(language).questions
    lacking = [
        one.id for one in questions if len(one.ask) < 2 or len(one.listen_for) < 3 or not one.hint or not one.words
    ]
    assert lacking == []
    assert FRAME.isdisjoint(one.id for one in questions)


@of_roles
@in_both
def test_words_of_adverts_are_written_small(role: RoleFile, language: str) -> None:
    words = [word for question in role.shown(language).questions for word in question.words]
    assert [word for word in words if word != word.casefold() or word != word.strip()] == []


@of_roles
@in_both
def test_an_interviewer_neither_praises_nor_asks_what_is_nobodys_business(role: RoleFile, language: str) -> None:
    said = spoken_in(role, language)
    assert [line for line in said if PRAISE.search(line) or PRIVATE.search(line)] == []


@of_roles
@in_both
def test_an_interviewer_says_how_long_it_takes_and_no_name(role: RoleFile, language: str) -> None:
    opening = role.shown(language).opening
    assert "{minutes}" in opening
    assert not re.search("I'm [A-Z]|my name|我姓|我叫", opening)  # the character has one of its own


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
