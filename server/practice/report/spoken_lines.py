"""Lines of the history as turns of the person: spoken ones with their times, typed ones without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.practice.speech import Spoken, SpokenTurn
from pipeline.text.language import language_of


def spoken_of(said: Sequence[Any], language: str, steps: Mapping[str, str]) -> tuple[Sequence[SpokenTurn], Spoken]:
    """All turns of the person, and those that measures are made of. `said`: rows of `lines` in their order."""
    turns = [
        SpokenTurn(
            line.item_id,
            line.said,
            language_of(line.said, language),
            line.at_ms,
            line.end_ms if line.end_ms is not None else line.at_ms,
            step=steps.get(line.item_id, ""),
        )
        for line in said
        if line.role == "user"
    ]
    return turns, Spoken([turn for turn in turns if turn.words])
