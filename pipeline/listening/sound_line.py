"""One line of time for the sound of both sides: the microphone's samples, and the time in which it sent none. Pure.

Theory of operation. A microphone sends in real time, so its samples are a clock, and the only one that says what was heard
while something was said. Clients also send nothing for a while: muted, between two presses of a button, gone. That time is
put between the samples. A connection that stood still looks the same at first, but what it held comes at once afterwards,
and then no time is lacking. So the first samples after a pause wait until it is known which of both it was.

What a client reports comes in order with its samples. When these are late, so may be the report, and its place is known once
they are there (`Moment`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.audio.samples import LINE_RATE, Samples

PAUSE_S = 0.5
"""A microphone that is this late sends no more, or its connection stands still. Networks tremble by less."""

LATE_S = 0.1
"""A report so much behind the microphone's rhythm may have stood in the network with it."""

CATCHING_UP = 1.2
"""Samples that come so much faster than real time were held by the connection."""

LONGEST_HELD_S = 20.0
"""What comes faster for longer than this is taken for sound without a pause before it."""


@dataclass(slots=True)
class _Doubt:
    """Sound after a pause: its pieces, None for those that nobody wants, and how much of it there was at the last look."""

    arrived: float
    samples: int = 0
    pieces: list[tuple[int, Samples | None]] = field(default_factory=list)
    begins: int | None = None
    checked: float = 0.0
    checked_samples: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was heard or told: the clock, and what of the microphone was there."""

    now: float
    samples: int
    by_clock: int
    late: bool
    doubt: _Doubt | None


class SoundLine:
    """Positions are samples at `LINE_RATE`; `now` is a clock reading in seconds."""

    def __init__(self, now: float) -> None:
        self._ends = self._samples = self._piece = self._pause_at = 0
        self._arrived = now
        self._doubt: _Doubt | None = None

    def at(self, now: float) -> int:
        """What is heard `now`."""
        return round(self._ends + (now - self._arrived) * LINE_RATE)

    def moment(self, now: float) -> Moment:
        """What is heard `now`; see `place`."""
        late = now - self._arrived > self._piece / LINE_RATE + LATE_S
        samples = self._doubt.samples if self._doubt else self._samples
        return Moment(now, samples, self.at(now), late, self._doubt)

    def place(self, moment: Moment, now: float) -> tuple[int, int] | None:
        """Between which positions a moment lies; None as long as it is not known."""
        if moment.doubt:
            begins = moment.doubt.begins
            return None if begins is None else (begins + moment.samples, begins + moment.samples + self._piece)
        if not moment.late:
            return moment.by_clock, moment.by_clock
        if self._doubt or (self._samples == moment.samples and now - moment.now <= PAUSE_S):
            return None
        if self._samples == moment.samples or self._pause_at == moment.samples:
            return moment.by_clock, moment.by_clock
        begins = self._ends - self._samples + moment.samples
        return begins, begins + self._piece

    def of_sample(self, position: int) -> int:
        """Where a sample of the microphone lies that was sent lately, by how many came before it."""
        waits = self._doubt.samples if self._doubt else 0
        return max(0, position + self._ends - self._samples + waits)

    def take(self, pcm: Samples, now: float, wanted: bool) -> Iterator[tuple[int, Samples]]:
        """The microphone's next samples; the wanted ones of which the place is known, with it."""
        if self._doubt is None and (now - self._arrived) * LINE_RATE - len(pcm) <= PAUSE_S * LINE_RATE:
            yield from self._place(len(pcm), pcm if wanted else None)
            self._arrived = now
            return
        yield from self.settle(now)
        # The first piece was said before it came, so that it does not count for how fast they come.
        doubt = self._doubt = self._doubt or _Doubt(now, checked=now, checked_samples=len(pcm))
        # Copies, since they outlive the message that they came in.
        doubt.pieces.append((len(pcm), pcm.copy() if wanted else None))
        doubt.samples += len(pcm)
        doubt.arrived = now
        if self._is_caught_up(doubt, now) or self._comes_in_real_time(doubt, now):
            yield from self._decide(doubt)

    def settle(self, now: float) -> Iterator[tuple[int, Samples]]:
        """What waits, if nothing has come after it for a while."""
        if self._doubt and now - self._doubt.arrived > PAUSE_S:
            yield from self._decide(self._doubt)

    def _lacking_s(self, doubt: _Doubt) -> float:
        """How much time has passed since the pause began of which there is no sound."""
        return doubt.arrived - self._arrived - doubt.samples / LINE_RATE

    def _is_caught_up(self, doubt: _Doubt, now: float) -> bool:
        return self._lacking_s(doubt) < PAUSE_S / 2 or doubt.samples > LONGEST_HELD_S * LINE_RATE

    def _comes_in_real_time(self, doubt: _Doubt, now: float) -> bool:
        """Whether what came since it was last asked came no faster than it was said; asked once in a while."""
        if (passed_s := now - doubt.checked) < PAUSE_S:
            return False
        came_s = (doubt.samples - doubt.checked_samples) / LINE_RATE
        doubt.checked, doubt.checked_samples = now, doubt.samples
        return came_s < CATCHING_UP * passed_s

    def _decide(self, doubt: _Doubt) -> Iterator[tuple[int, Samples]]:
        lacking_s = self._lacking_s(doubt)
        if lacking_s >= PAUSE_S / 2 and doubt.samples <= LONGEST_HELD_S * LINE_RATE:
            self._ends += round(lacking_s * LINE_RATE)
            self._pause_at = self._samples
        doubt.begins = self._ends
        self._arrived, self._doubt = doubt.arrived, None
        for samples, pcm in doubt.pieces:
            yield from self._place(samples, pcm)

    def _place(self, samples: int, pcm: Samples | None) -> Iterator[tuple[int, Samples]]:
        at = self._ends
        self._ends += samples
        self._samples += samples
        self._piece = samples
        if pcm is not None:
            yield at, pcm
