from __future__ import annotations

from typing import Any

import pytest

from benchmarks import memory_talk
from benchmarks.long_talk import ASKED, TOLD, Brain, lines_of
from pipeline.prompt.condense import Line, condense_request, condensed


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_asked_for_in_the_end_is_told_in_the_beginning_alone(language: str) -> None:
    lines = list(lines_of(language, 60))
    told, later = " ".join(TOLD[language]), " ".join(line.text for line in lines[len(TOLD[language]) :])

    assert len(lines) == 60
    assert [fact for _question, fact in ASKED[language] if fact not in told or fact in later] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_notes_of_the_scripted_model_are_such_as_are_believed(language: str) -> None:
    lines = [Line(line.text, (str(number),), "") for number, line in enumerate(lines_of(language, 30))]
    request = condense_request(lines, "Socrates", language, 200)
    answer = Brain(language, summarises=True)([{"content": message.text} for message in request.messages])
    notes = condensed(answer, lines)

    assert notes
    assert all(any(fact in note.text for note in notes) for _question, fact in ASKED[language])


def figures(known: int = 8, cost: float = 1.0, most: int = 5_000) -> dict[str, Any]:
    return {"talk": {"asked": 8, "known": known, "second_hour": {"cost": cost}, "windows": [{"prompt_most": most}]}}


def test_a_talk_passes_if_all_is_known_and_nothing_grows() -> None:
    assert memory_talk.passed(figures())
    assert not memory_talk.passed(figures(known=7))
    assert not memory_talk.passed(figures(cost=1.3))
    assert not memory_talk.passed(figures(most=7_000))
