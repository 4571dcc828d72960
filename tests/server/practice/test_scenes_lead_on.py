"""Whoever says the phrases of our own scenes gets through them: none is taken for an order, or for no answer."""

from __future__ import annotations

import pytest

from pipeline.practice.director.director import Director, Said
from pipeline.practice.director.state import State
from pipeline.practice.practice import LanguageSetup
from server.practice.planning.language import LanguageAsked, planned_language
from server.practice.templates.catalogue import FOLDER
from server.practice.templates.file_format import SceneFile
from server.practice.templates.reading import load_templates
from server.settings import Settings

BUILT_IN = load_templates(Settings().characters.folder / FOLDER)
SCENES = [scene for scene, _file in BUILT_IN.values() if isinstance(scene, SceneFile)]
ABOUT_THE_TALK = {"again", "slower"}
"""Orders that are phrases, too: what they ask for is what anybody would do then."""


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
def test_each_phrase_of_a_step_leads_on_from_it(scene: SceneFile, language: str) -> None:
    own = "zh" if language == "en" else "en"
    setup = LanguageSetup(scene.id)
    practice = planned_language(LanguageAsked("prac_1", language, own, "coach", setup, scene, "seed"))
    director = Director(practice)
    for step in practice.steps:
        for phrase in step.phrases:
            said = Said(phrase.text, language, step.ask[0])
            move = director.decide(State(step.id, opened=True), said, left_s=300)
            assert move, phrase.text
            assert move.step != step.id or move.kind in ABOUT_THE_TALK, (step.id, phrase.text, move.kind)
            assert move.fate != "skipped", (step.id, phrase.text)
