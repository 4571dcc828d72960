"""Voice detection for all sessions in one pass: a network takes ten windows in hardly more time than two.

A pass follows at the end of the loop's current round, for all windows that came in it; so no session waits for another. The
windows of each session keep their order. What fails in a pass is the affair of its own session, and that goes on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from pipeline.audio.samples import Samples
from pipeline.engines.protocols import VoiceDetector, VoiceStream


class Detection:
    """The passes of one detector, for all sessions."""

    def __init__(self, detector: VoiceDetector) -> None:
        self._detector = detector
        self._together: Callable[[Sequence[VoiceStream], Sequence[Samples]], Sequence[float]] | None = getattr(
            detector, "probabilities", None
        )
        self._waiting: dict[DetectedVoice, None] = {}
        self._due = False

    def open(self, take: Callable[[Samples, float], None], fail: Callable[[str, Exception], None]) -> DetectedVoice:
        """The detector's memory of one session. `take` gets its windows and how likely they are speech, in order.

        `fail` is told what the detector ("voice_detector") or `take` ("session") raised: the first error, and again only
        after a window without one. A window that the detector failed at counts as silence.
        """
        return DetectedVoice(self, self._detector.open(), take, fail)

    def wait(self, voice: DetectedVoice) -> None:
        """`voice` has windows for the next pass."""
        self._waiting[voice] = None
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._pass)

    def judge(self, voices: Sequence[DetectedVoice]) -> None:
        """Take the next window of each."""
        windows = [voice.windows.popleft() for voice in voices]
        probabilities = self._probabilities([voice.stream for voice in voices], windows)
        for voice, window, probability in zip(voices, windows, probabilities, strict=True):
            voice.judged(window, probability)

    def _probabilities(self, streams: Sequence[VoiceStream], windows: Sequence[Samples]) -> Sequence[float | Exception]:
        """What the detector says of each window, or what it raised instead."""
        if self._together and len(streams) > 1:
            try:
                found = self._together(streams, windows)
                if len(found) == len(streams):
                    return found
            except Exception:  # noqa: BLE001 — judged one by one, below, they tell whose window it was
                pass
        return [self._alone(stream, window) for stream, window in zip(streams, windows, strict=True)]

    def _alone(self, stream: VoiceStream, window: Samples) -> float | Exception:
        try:
            return self._together([stream], [window])[0] if self._together else stream.probability(window)
        except Exception as error:  # noqa: BLE001 — the detector's outermost frame: other sessions must go on
            return error

    def _pass(self) -> None:
        self._due = False
        voices, self._waiting = self._waiting, {}
        while ready := [voice for voice in voices if voice.windows]:
            self.judge(ready)


class DetectedVoice:
    """One session's windows on their way through the detector."""

    def __init__(
        self,
        detection: Detection,
        stream: VoiceStream,
        take: Callable[[Samples, float], None],
        fail: Callable[[str, Exception], None],
    ) -> None:
        self._detection, self._take, self._fail = detection, take, fail
        self._open = True
        self._failing = False
        self.stream = stream
        self.windows: deque[Samples] = deque()
        """Windows that wait for the next pass."""

    def push(self, windows: Sequence[Samples]) -> None:
        """Queue windows for the next pass."""
        if windows and self._open:
            self.windows.extend(windows)
            self._detection.wait(self)

    def flush(self) -> None:
        """Have all that wait judged before this returns."""
        while self.windows:
            self._detection.judge([self])

    def close(self) -> None:
        """Nothing is judged or taken any more."""
        self._open = False
        self.windows.clear()

    def judged(self, window: Samples, probability: float | Exception) -> None:
        """The detector's word on a window, or what it raised instead."""
        if not self._open:
            return
        failing = self._failing
        self._failing = isinstance(probability, Exception)
        if isinstance(probability, Exception):
            if not failing:
                self._fail("voice_detector", probability)
            probability = 0.0
        try:
            self._take(window, probability)
        except Exception as error:  # noqa: BLE001 — a session's outermost frame: the others take theirs
            if not (failing or self._failing):
                self._fail("session", error)
            self._failing = True
