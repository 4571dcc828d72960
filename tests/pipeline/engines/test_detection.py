"""Windows of several sessions on their way through one voice detector."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np

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


class Session:
    """Notes what it is given."""

    def __init__(self, detection: Detection) -> None:
        self.taken: list[tuple[int, float]] = []
        self.failures: list[str] = []
        self.voice: DetectedVoice = detection.open(self._take, lambda error: self.failures.append(str(error)))

    def push(self, *numbers: int) -> None:
        self.voice.push([window(number) for number in numbers])

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


async def test_a_window_that_breaks_the_detector_ends_its_own_session_where_windows_are_judged_one_by_one() -> None:
    one, two, _three = sessions(Alone())
    one.push(-1, 2)
    two.push(10)
    await asyncio.sleep(0)
    one.push(3)
    await asyncio.sleep(0)
    assert (one.taken, one.failures) == ([], ["not a sound"])
    assert (two.taken, two.failures) == ([(10, 10.0)], [])


async def test_a_pass_that_breaks_is_told_to_all_in_it_and_the_next_one_goes_on() -> None:
    one, two, three = sessions(Together())
    one.push(-1)
    two.push(10)
    await asyncio.sleep(0)
    three.push(100)
    await asyncio.sleep(0)
    assert [session.failures for session in (one, two, three)] == [["not a sound"], ["not a sound"], []]
    assert three.taken == [(100, 100.0)]


async def test_a_session_that_fails_at_a_window_does_not_keep_the_others_from_theirs() -> None:
    one, two, _three = sessions(Together())
    one.push(13, 14)
    two.push(10)
    await asyncio.sleep(0)
    assert (one.taken, one.failures) == ([], ["no such turn"])
    assert (two.taken, two.failures) == ([(10, 10.0)], [])
