"""Windows of several sessions on their way through one voice detector."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from pipeline.audio.samples import Samples
from pipeline.engines.detection import DetectedVoice, Detection


def window(number: int) -> Samples:
    return np.full(4, number, np.int16)


class Alone:
    """Judges one window at a time: the sum of all that the stream heard, unless it is of a bad number."""

    window = 4

    def open(self) -> Any:
        return Stream()

    def close(self) -> None:
        """Nothing to free."""


class Stream:
    def __init__(self) -> None:
        self._sum = 0

    def probability(self, window: Samples) -> float:
        if window[0] < 0:
            raise ArithmeticError("not a sound")
        self._sum += int(window[0])
        return float(self._sum)


class Together(Alone):
    """The same in one pass; `passes` are the numbers of windows in each."""

    def __init__(self) -> None:
        self.passes: list[int] = []

    def probabilities(self, streams: Sequence[Stream], windows: Sequence[Samples]) -> list[float]:
        self.passes.append(len(streams))
        return [stream.probability(window) for stream, window in zip(streams, windows, strict=True)]


class BreaksTogether(Alone):
    """Fails at any two windows at once."""

    def probabilities(self, streams: Sequence[Stream], windows: Sequence[Samples]) -> list[float]:
        ((stream, window),) = zip(streams, windows, strict=True)
        return [stream.probability(window)]


class Forgetful(Alone):
    """Leaves one window out."""

    def probabilities(self, streams: Sequence[Stream], windows: Sequence[Samples]) -> list[float]:
        return [stream.probability(window) for stream, window in zip(streams, windows[1:], strict=False)]


class Session:
    """Notes what it is given."""

    def __init__(self, detection: Detection) -> None:
        self.taken: list[tuple[int, float]] = []
        self.failures: list[str] = []
        self.voice: DetectedVoice = detection.open(self._take, self._failed)

    def push(self, *numbers: int) -> None:
        self.voice.push([window(number) for number in numbers])

    def _failed(self, role: str, error: Exception) -> None:
        self.failures.append(f"{role}: {error}")

    def _take(self, window: Samples, probability: float) -> None:
        if window[0] == 13:
            raise LookupError("no such turn")
        self.taken.append((int(window[0]), probability))


def sessions(detector: Any, count: int = 3) -> list[Session]:
    detection = Detection(detector)
    return [Session(detection) for _ in range(count)]


async def test_the_windows_of_all_sessions_in_one_round_of_the_loop_are_one_pass_each_in_its_order() -> None:
    detector = Together()
    one, two, three = sessions(detector)
    one.push(1, 2, 3)
    two.push(10)
    three.push(100)
    two.push(20)
    before = (one.taken, two.taken, three.taken)
    assert before == ([], [], [])
    await asyncio.sleep(0)
    assert detector.passes == [3, 2, 1]
    assert one.taken == [(1, 1.0), (2, 3.0), (3, 6.0)]
    assert two.taken == [(10, 10.0), (20, 30.0)]
    assert three.taken == [(100, 100.0)]


async def test_a_detector_that_judges_windows_one_by_one_serves_all_sessions_as_well() -> None:
    one, two, _three = sessions(Alone())
    one.push(1, 2)
    two.push(10)
    await asyncio.sleep(0)
    assert (one.taken, two.taken) == ([(1, 1.0), (2, 3.0)], [(10, 10.0)])


async def test_a_flush_judges_what_waits_at_once_in_order_and_of_this_session_only() -> None:
    one, two, _three = sessions(Together())
    one.push(1, 2)
    two.push(10)
    one.voice.flush()
    assert (one.taken, two.taken) == ([(1, 1.0), (2, 3.0)], [])
    one.push(3)
    await asyncio.sleep(0)
    assert (one.taken, two.taken) == ([(1, 1.0), (2, 3.0), (3, 6.0)], [(10, 10.0)])


async def test_windows_of_a_session_that_ends_are_not_taken() -> None:
    detector = Together()
    one, two, _three = sessions(detector)
    one.push(1)
    two.push(10)
    one.voice.close()
    one.push(2)
    await asyncio.sleep(0)
    assert (one.taken, two.taken, detector.passes) == ([], [(10, 10.0)], [1])


@pytest.mark.parametrize("detector", [Alone, Together])
async def test_a_window_that_the_detector_fails_at_is_silence_to_its_own_session_only(detector: type[Alone]) -> None:
    one, two, _three = sessions(detector())
    one.push(-1, 2)
    two.push(10, 20)
    await asyncio.sleep(0)
    assert (one.taken, one.failures) == ([(-1, 0.0), (2, 2.0)], ["voice_detector: not a sound"])
    assert (two.taken, two.failures) == ([(10, 10.0), (20, 30.0)], [])


async def test_a_pass_that_breaks_is_judged_window_by_window() -> None:
    one, two, _three = sessions(BreaksTogether())
    one.push(1)
    two.push(10)
    await asyncio.sleep(0)
    assert (one.taken, two.taken, one.failures, two.failures) == ([(1, 1.0)], [(10, 10.0)], [], [])


async def test_a_detector_that_answers_for_fewer_windows_than_it_was_given_keeps_no_session_waiting() -> None:
    one, two, _three = sessions(Forgetful())
    one.push(1)
    two.push(10)
    await asyncio.sleep(0)
    assert ([probability for _, probability in one.taken], one.failures) == (
        [0.0],
        ["voice_detector: list index out of range"],
    )
    assert ([probability for _, probability in two.taken], two.failures) == (
        [0.0],
        ["voice_detector: list index out of range"],
    )


async def test_a_failure_that_lasts_is_told_once_and_again_after_windows_without_one() -> None:
    one, *_ = sessions(Together())
    one.push(-1, -1, 1, 13, 13, 2, -1)
    await asyncio.sleep(0)
    assert one.failures == ["voice_detector: not a sound", "session: no such turn", "voice_detector: not a sound"]


async def test_a_session_that_fails_at_a_window_goes_on_and_the_others_do_not_notice() -> None:
    one, two, _three = sessions(Together())
    one.push(13, 14)
    two.push(10)
    await asyncio.sleep(0)
    assert (one.taken, one.failures) == ([(14, 27.0)], ["session: no such turn"])
    assert (two.taken, two.failures) == ([(10, 10.0)], [])
