"""Where words are put, by what the network aligned and where there is a voice."""

from __future__ import annotations

import numpy as np
import pytest

from models.whisper.times import words_in
from models.whisper.windows import STEP, Stretch
from pipeline.engines.protocols import WordTime

STEP_MS = STEP * 1000 // 16_000
VOICED, QUIET = 0.9, 0.0


def placed(probabilities: list[float], *words: tuple[int, int], at: int = 0) -> list[tuple[int, int]]:
    """The bounds of words given by theirs, all in steps."""
    stretch = Stretch(at * STEP, np.zeros(len(probabilities) * STEP, np.int16), tuple(probabilities))
    aligned = [WordTime("word", start * STEP_MS, end * STEP_MS) for start, end in words]
    return [(word.start_ms // STEP_MS, word.end_ms // STEP_MS) for word in words_in(stretch, aligned)]


@pytest.mark.parametrize(
    ("probabilities", "word", "bounds"),
    [
        ([QUIET] * 10 + [VOICED] * 20, (0, 20), (10, 20)),
        ([VOICED] * 10 + [QUIET] * 20 + [VOICED] * 10, (2, 31), (2, 10)),
        ([VOICED] * 10 + [QUIET] * 20 + [VOICED] * 10, (9, 36), (30, 36)),
        ([VOICED] * 10 + [QUIET] * 3 + [VOICED] * 10, (5, 18), (5, 18)),
        ([VOICED] * 10 + [QUIET] * 20, (12, 16), (12, 16)),
        ([QUIET] * 20, (3, 6), (3, 6)),
    ],
)
def test_a_word_sounds_where_it_has_the_most_voice(
    probabilities: list[float], word: tuple[int, int], bounds: tuple[int, int]
) -> None:
    assert placed(probabilities, word) == [bounds]


def test_times_are_those_of_the_utterance() -> None:
    assert placed([VOICED] * 30, (0, 10), (10, 30), at=100) == [(100, 110), (110, 130)]
