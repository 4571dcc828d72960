"""One audio track: packets → mono sound with its place on the line, whatever changes or breaks in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np

from pipeline.audio.samples import LINE_RATE
from server.audio.decoding.mixing import Channels, Wave
from server.audio.decoding.timeline import Timeline
from server.audio.decoding.unread import Unread

RATES = range(4_000, 384_001)
MOST_CHANNELS = 16

BLOCK = LINE_RATE // 4
"""Samples over which the channels are compared. Shorter than most words: of what changes in it, half may be lost."""

LEAST_MISSING_S = 0.1
"""Less than this is no word."""

UNREADABLE = (av.FFmpegError, ValueError, NotImplementedError, OverflowError)
"""What PyAV raises for what it cannot read; some limits of its own come as the built-in ones."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What of a recording was not heard, in seconds from its beginning. `end_s`: None if nobody knows how long it lasts."""

    start_s: float
    end_s: float | None
    reason: str


class Track:
    """Decodes one track. `missing`: the stretches of it that could not be decoded."""

    def __init__(self, timeline: Timeline, timed: bool, primed: bool) -> None:
        """timed: the container has time stamps of its own; else they only count packets, and cannot show what is missing.

        primed: the first frame is what the encoder needed to begin, and no container says so.
        """
        self.timeline = timeline
        self.missing = list[Missing]()
        self._timed, self._primed = timed, primed
        self._read_bytes = 0
        self._format: tuple[object, ...] = ()
        self._resampler: Any = None
        self._channels = Channels()
        self._waiting, self._at, self._count = list[Wave](), 0, 0

    def push(self, packet: Any, unread: Unread) -> Iterator[tuple[int, Wave]]:
        """Position and sound. `unread`: what was passed over before this packet. Raises one of `UNREADABLE`."""
        frames = [frame for frame in decoded(packet) if _is_sane(frame)]
        if frames and self._primed:
            self._primed = False
            del frames[0]
        if frames:
            yield from self._leave_gap(frames[0], unread)
        for frame in frames:
            yield from self._hear(frame)
        self._read_bytes += packet.size

    def finish(self, unread: Unread) -> Iterator[tuple[int, Wave]]:
        """The rest of the track, and what is missing of it."""
        yield from self._flush()
        self._miss(self._lasting(unread.size))

    def _leave_gap(self, frame: Any, unread: Unread) -> Iterator[tuple[int, Wave]]:
        """What was not decoded lasts as long as the time stamps say, or else as its bytes would."""
        lost = self._lasting(unread.recent_size)
        if self._timed and frame.pts is not None and frame.time_base:
            at_s, before = float(frame.pts * frame.time_base), self.timeline.end
            match self.timeline.judge(at_s):
                case "gap":
                    yield from self._flush()
                    before = self.timeline.end
                    self.timeline.skip_to(at_s)
                    if unread.damaged or lost * 2 > self.timeline.end - before:
                        self._note(before, self.timeline.end)
                case "jump":
                    self.missing.append(Missing(before / LINE_RATE, None, "clock_jumped"))
        elif lost >= LEAST_MISSING_S * LINE_RATE:
            yield from self._flush()
            self._miss(lost)

    def _lasting(self, size: int) -> int:
        """How many samples this many bytes of the file are, going by what was read so far."""
        return size * self.timeline.end // self._read_bytes if self._read_bytes else 0

    def _miss(self, samples: int) -> None:
        before = self.timeline.end
        self.timeline.skip(samples)
        self._note(before, self.timeline.end)

    def _note(self, start: int, end: int) -> None:
        if end - start >= LEAST_MISSING_S * LINE_RATE:
            self.missing.append(Missing(start / LINE_RATE, end / LINE_RATE, "damaged"))

    def _hear(self, frame: Any) -> Iterator[tuple[int, Wave]]:
        format = (frame.sample_rate, frame.format.name, frame.layout.name)
        if format != self._format:
            yield from self._flush()
            self._format = format
        if self._resampler is None:
            self._resampler = av.AudioResampler("flt", None, LINE_RATE)
        self._keep(self._resampler.resample(frame))
        if self._count >= BLOCK:
            yield self._block()

    def _flush(self) -> Iterator[tuple[int, Wave]]:
        """What waits in the resampler too: what follows is of another format, or comes later."""
        if self._resampler is not None:
            self._keep(self._resampler.resample(None))
            self._resampler = None
        if self._waiting:
            yield self._block()

    def _keep(self, frames: list[Any]) -> None:
        for frame in filter(None, frames):  # it gives None back where there is nothing to do
            at = self.timeline.place(frame.samples)
            if not self._waiting:
                self._at = at
            self._waiting.append(frame.to_ndarray().reshape(frame.samples, -1).T)
            self._count += frame.samples

    def _block(self) -> tuple[int, Wave]:
        channels = np.concatenate(self._waiting, axis=1)
        self._waiting, self._count = [], 0
        return self._at, self._channels.mixed(channels)


def decoded(packet: Any) -> list[Any]:
    """The packet's frames. None of a stream that libav found on the way, and does not know the codec of."""
    frames: list[Any] = packet.decode() if isinstance(packet.stream, av.AudioStream) else []
    return frames


def _is_sane(frame: Any) -> bool:
    return frame.sample_rate in RATES and 0 < frame.layout.nb_channels <= MOST_CHANNELS and frame.samples > 0
