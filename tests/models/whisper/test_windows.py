"""Where long utterances are cut, and that nothing is lost or doubled there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from models.whisper.windows import (
    EARLIEST,
    LONG,
    LONGEST,
    PAUSE,
    STEP,
    TAIL,
    Stretch,
    Windows,
    longest_pause,
    place_to_cut,
)
from pipeline.audio.samples import Samples

VOICED, QUIET = 0.9, 0.1


class Told:
    """A voice detector that is told what to say."""

    def __init__(self, probabilities: Sequence[float]) -> None:
        self._left: Iterator[float] = iter(probabilities)

    def probability(self, window: Samples) -> float:
        return next(self._left)


def line(steps: int) -> Samples:
    """Samples that tell where they are."""
    return np.arange(steps * STEP).astype(np.int16)


def heard(probabilities: Sequence[float], piece: int = 1600) -> Windows:
    windows, audio = Windows(Told(probabilities)), line(len(probabilities))
    for at in range(0, len(audio), piece):
        windows.push(audio[at : at + piece])
    return windows


def places(stretches: Sequence[Stretch | None]) -> list[tuple[int, int]]:
    return [(stretch.at, stretch.end) for stretch in stretches if stretch]


def test_what_goes_on_ends_soon_after_its_last_voice() -> None:
    windows = heard([QUIET] * 5 + [VOICED] * 30 + [QUIET] * 40)

    assert places([windows.open]) == [(0, 35 * STEP + TAIL)]
    assert windows.closed == []


def test_without_a_voice_there_is_nothing_to_hear() -> None:
    windows = heard([QUIET] * 50)

    assert (windows.open, windows.closed, windows.heard) == (None, [], 50 * STEP)


def test_nothing_is_cut_before_it_is_long() -> None:
    assert place_to_cut([VOICED] * 300 + [QUIET] * 100 + [VOICED] * (LONG - 401)) is None


def test_a_long_window_is_cut_in_the_middle_of_its_longest_pause() -> None:
    pauses = [VOICED] * 200 + [QUIET] * 20 + [VOICED] * 100 + [QUIET] * 12 + [VOICED] * (LONG - 332)

    assert place_to_cut(pauses) == 210


def test_without_a_pause_that_is_long_enough_it_goes_on_until_there_is_one() -> None:
    restless = ([VOICED] * 40 + [QUIET] * 3) * 20
    until = LONG + 5

    assert place_to_cut(restless[:until]) is None
    assert place_to_cut(restless[:until] + [QUIET] * PAUSE) == pytest.approx(until + PAUSE // 2, abs=2)


def test_at_the_latest_it_is_cut_where_a_pause_is_longest_or_a_voice_least_likely() -> None:
    restless = ([VOICED] * 40 + [QUIET] * 3) * 20
    breathless = [VOICED] * LONGEST
    breathless[300], breathless[EARLIEST - 1] = 0.4, 0.31

    assert longest_pause(restless, EARLIEST)[0] <= (place_to_cut(restless[:LONGEST]) or 0)
    assert place_to_cut(breathless) == 300


def test_every_voiced_sample_is_in_one_window_and_only_there() -> None:
    probabilities = ([VOICED] * 90 + [QUIET] * 10) * 30
    windows = heard(probabilities)
    stretches = [*windows.closed, windows.open]
    covered = [sample for stretch in stretches if stretch for sample in range(stretch.at, stretch.end)]

    assert len(windows.closed) >= 3
    assert len(covered) == len(set(covered))
    assert set(covered) >= {at for at in range(len(probabilities) * STEP) if probabilities[at // STEP] == VOICED}
    assert all(stretch.end - stretch.at <= LONGEST * STEP for stretch in stretches if stretch)
    assert all(np.array_equal(one.pcm, line(len(probabilities))[one.at : one.end]) for one in stretches if one)


def test_windows_do_not_depend_on_how_the_audio_was_cut() -> None:
    probabilities = ([VOICED] * 70 + [QUIET] * 11) * 20

    assert places(heard(probabilities, 320).closed) == places(heard(probabilities, 8000).closed) != []


def test_a_window_in_which_nobody_spoke_is_left_out() -> None:
    windows = heard([VOICED] * 10 + [QUIET] * 2000)

    assert places(windows.closed) == [(0, 10 * STEP + TAIL)]
    assert windows.open is None
