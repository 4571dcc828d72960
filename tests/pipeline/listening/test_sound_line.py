"""Where the microphone's sound lies in time, whatever the client and its connection do."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE
from pipeline.listening.sound_line import LONGEST_HELD_S, SoundLine

PIECE_S = 0.02


class Client:
    """Sends silence in pieces of 20 ms; knows where each landed, in seconds."""

    def __init__(self) -> None:
        self.now, self.line = 100.0, SoundLine(100.0)
        self.placed_s: list[float] = []

    def talks(self, seconds: float, speed: float = 1.0) -> Client:
        """Sends so much; with another `speed` faster than in real time."""
        for _ in range(round(seconds / PIECE_S)):
            self.now += PIECE_S / speed
            self._note(self.line.take(np.zeros(round(PIECE_S * LINE_RATE), np.int16), self.now, wanted=True))
        return self

    def is_silent(self, seconds: float) -> Client:
        """Sends nothing."""
        self.now += seconds
        return self

    def ends(self) -> Client:
        self._note(self.line.settle(np.inf))
        return self

    def _note(self, placed: object) -> None:
        self.placed_s += [at / LINE_RATE for at, _pcm in placed]  # type: ignore[attr-defined]

    @property
    def gaps_s(self) -> list[float]:
        """How much time is put between its samples, and where that begins."""
        steps = np.diff(self.placed_s) - PIECE_S
        assert steps.min() > -1e-6
        return [pytest.approx(float(step), abs=0.03) for step in steps if step > 0.001]

    @property
    def at_s(self) -> float:
        return self.line.at(self.now) / LINE_RATE


def test_a_steady_microphone_is_the_line() -> None:
    client = Client().talks(3).ends()

    assert (client.gaps_s, client.at_s) == ([], pytest.approx(3))


def test_a_client_that_sends_nothing_for_a_while_leaves_a_gap_as_long() -> None:
    client = Client().talks(2).is_silent(30).talks(2).is_silent(7).talks(2).ends()

    assert client.gaps_s == [30, 7]
    assert client.at_s == pytest.approx(43, abs=0.03)


def test_what_a_connection_that_stood_still_held_follows_without_a_gap() -> None:
    client = Client().talks(2).is_silent(4).talks(4, speed=20).talks(3).ends()

    assert client.gaps_s == []
    assert client.at_s == pytest.approx(9.2, abs=0.3)


def test_what_is_sent_again_after_a_dropped_connection_follows_also_where_that_takes_seconds() -> None:
    client = Client().talks(2).is_silent(10).talks(15, speed=3).talks(3).ends()

    assert client.gaps_s == []


def test_what_a_dropped_connection_lost_leaves_a_gap_before_what_it_did_not() -> None:
    client = Client().talks(2).is_silent(10).talks(4, speed=20).talks(3).ends()

    assert client.gaps_s == [pytest.approx(6.2, abs=0.03)]


def test_sound_that_comes_in_bursts_lies_where_it_was_said() -> None:
    client = Client().talks(1)
    for _ in range(5):
        client.is_silent(3).talks(1, speed=50)
    client.ends()

    assert client.gaps_s == [pytest.approx(2.02, abs=0.03)] * 5


def test_a_client_that_sends_a_whole_file_at_once_is_held_up_by_nothing() -> None:
    client = Client().talks(60, speed=100)

    assert (client.gaps_s, len(client.placed_s)) == ([], 3_000)


def test_after_a_pause_no_more_than_some_seconds_wait() -> None:
    client = Client().talks(1).is_silent(3_600).talks(LONGEST_HELD_S + 1, speed=100)

    assert len(client.placed_s) > LONGEST_HELD_S / PIECE_S


def test_what_waits_is_placed_as_soon_as_somebody_asks_after_it() -> None:
    client = Client().talks(1).is_silent(5).talks(0.2).is_silent(1)
    before = len(client.placed_s)
    client._note(client.line.settle(client.now))

    assert (before, len(client.placed_s), client.gaps_s) == (50, 60, [5])
    assert client.at_s == pytest.approx(7.2, abs=0.03)


def test_a_sample_is_found_on_the_line_by_its_number() -> None:
    client = Client().talks(1).is_silent(9).talks(2)

    assert client.line.of_sample(2 * LINE_RATE) / LINE_RATE == pytest.approx(11, abs=0.03)


def test_samples_that_nobody_wants_are_not_told_and_move_the_line() -> None:
    line = SoundLine(0.0)
    assert list(line.take(np.ones(320, np.int16), 0.02, wanted=False)) == []
    ((at, _pcm),) = line.take(np.ones(320, np.int16), 0.04, wanted=True)

    assert at == 320
