"""The line on which both sides lie: what comes late, what comes at the same time, and clocks that do not agree."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.audio.samples import LINE_RATE
from pipeline.conversation.journal import AudioPassed
from server.history.sound.mixer import GIVEN_S, LOOK_BACK_S, Mixed, Mixer
from server.history.sound.opus import FRAME, RATE
from tests.server.history.sound.sounds import click, passed, tone


def line_of(mixed: Iterable[Mixed]) -> NDArray[np.int16]:
    parts = list(mixed)
    assert all((part if isinstance(part, int) else len(part)) % FRAME == 0 for part in parts)
    return np.concatenate([np.zeros((part, 2), np.int16) if isinstance(part, int) else part for part in parts])


def mixed(mixer: Mixer, entries: Iterable[AudioPassed]) -> NDArray[np.int16]:
    return line_of(part for parts in (*map(mixer.take, entries), mixer.rest()) for part in parts)


def loud_at_s(side: NDArray[np.int16]) -> list[float]:
    """When each stretch of sound begins."""
    times = np.flatnonzero(np.abs(side.astype(np.int32)) > 6_000) / RATE
    return [float(at) for at, before in zip(times, [-1.0, *times], strict=False) if at - before > 0.1]


def test_sound_that_is_late_within_the_window_lies_where_it_was_heard() -> None:
    entries = [passed("user", second, click(LINE_RATE)) for second in range(20)]
    late = passed("assistant", 19 - LOOK_BACK_S + 0.5, click(24_000), 24_000)

    line = mixed(Mixer(0), [*entries, late])

    assert loud_at_s(line[:, 0]) == pytest.approx(list(range(20)), abs=0.002)
    assert loud_at_s(line[:, 1]) == pytest.approx([late.at / LINE_RATE], abs=0.002)


def test_sound_for_a_time_that_is_final_is_dropped_and_counted() -> None:
    mixer = Mixer(0)
    entries = [passed("user", second, click(LINE_RATE)) for second in range(int(LOOK_BACK_S + GIVEN_S) + 2)]

    line = mixed(mixer, [*entries, passed("assistant", 1.0, tone(1.0))])

    assert not line[:, 1].any()
    assert mixer.dropped == pytest.approx(RATE, abs=RATE // 100)


def test_of_sound_that_reaches_into_the_window_the_rest_is_kept() -> None:
    mixer = Mixer(0)
    entries = [passed("user", second, click(LINE_RATE)) for second in range(11)]

    line = mixed(mixer, [*entries, passed("assistant", 0.0, tone(LOOK_BACK_S + 2, RATE), RATE)])

    assert mixer.dropped > 0
    assert np.flatnonzero(line[:, 1])[0] == pytest.approx(mixer.dropped, abs=2)
    assert np.flatnonzero(line[:, 1])[-1] == pytest.approx((LOOK_BACK_S + 2) * RATE, abs=2)


def test_one_long_piece_is_kept_whole() -> None:
    line = mixed(Mixer(0), [passed("user", 0, click(LINE_RATE)), passed("assistant", 3, tone(28, 24_000), 24_000)])

    said = np.flatnonzero(line[:, 1]) / RATE
    assert (said[0], said[-1]) == (pytest.approx(3, abs=0.001), pytest.approx(31, abs=0.001))


def test_pieces_whose_times_tremble_follow_one_another_without_a_seam() -> None:
    sound, random = tone(10), np.random.default_rng(0)
    pieces = [(at, sound[at : at + 1_600]) for at in range(0, len(sound), 1_600)]

    line = mixed(
        Mixer(0),
        [AudioPassed("assistant", max(0, at + random.integers(-80, 80)), pcm, LINE_RATE) for at, pcm in pieces],
    )

    steps = np.abs(np.diff(line[RATE : 9 * RATE, 1].astype(np.int32)))
    assert steps.max() < 1.1 * 8_000 * 2 * np.pi * 300 / RATE


def test_a_players_clock_that_runs_slower_never_leads_by_more_than_its_tolerance() -> None:
    slower = 1.0003  # 300 ppm, more than any sound card
    seconds, step_s = 1_200, 0.1
    pieces = [(index * step_s * slower, click(24_000, 100)) for index in range(round(seconds / step_s))]

    line = mixed(Mixer(0), [passed("assistant", at_s, pcm, 24_000) for at_s, pcm in pieces])

    found = np.flatnonzero(line[:, 1] > 27_000) / RATE
    clicks = found[np.diff(found, prepend=-1) > 0.05]
    off = np.abs(clicks - [at_s for at_s, _pcm in pieces])
    assert off.max() < 0.0115


def test_a_voice_that_changes_its_rate_goes_on_where_it_is_heard() -> None:
    entries = [passed("assistant", 0, tone(1, 22_050), 22_050), passed("assistant", 1, tone(1, 16_000), 16_000)]

    line = mixed(Mixer(0), entries)

    assert len(line) == pytest.approx(2 * RATE, abs=RATE // 50)
    assert (np.flatnonzero(line[:, 1])[-1] / RATE) == pytest.approx(2, abs=0.003)


def test_what_is_not_final_makes_the_same_line_again() -> None:
    entries = [passed("user", second / 2, click(LINE_RATE)) for second in range(40)]
    entries += [passed("assistant", second, tone(0.5, 24_000), 24_000) for second in range(17, 20)]
    mixer = Mixer(0)
    before = [part for entry in entries for part in mixer.take(entry)]
    left = list(mixer.pending())
    again = Mixer(0, done=len(line_of(before)))

    assert np.array_equal(mixed(again, left), line_of(mixer.rest()))
