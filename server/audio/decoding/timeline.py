"""Where the sound of a track belongs: time stamps → positions on the line, so that words have the times of the recording.

Samples follow one another as long as the time stamps agree with that. A gap stays a gap. Where the time stamps go back, as
where two streams were joined, the sound goes on and the stamps after it are moved: nothing that was decoded is ever dropped.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pipeline.audio.samples import LINE_RATE

TOLERANCE = LINE_RATE * 40 // 1000
"""Stamps are rounded to milliseconds, and those of recorders that look at a clock jitter."""

RESTART = LINE_RATE
"""Stamps that go back less than this are a clock that jitters or runs slowly; the sound waits until they have caught up."""


Verdict: TypeAlias = Literal["follows", "gap", "jump", "restart"]


class Timeline:
    """One track's. All positions are in samples at `LINE_RATE` from the part's beginning."""

    def __init__(self, origin_s: float, longest_gap_s: float) -> None:
        """`origin_s`: the time stamp of the beginning. A gap longer than `longest_gap_s` is another clock, not a gap."""
        self.end = 0
        self._origin_s, self._longest_gap = origin_s, longest_gap_s * LINE_RATE

    def judge(self, at_s: float) -> Verdict:
        """How sound with this time stamp follows what there is. The stamps are moved at a jump, so that it does."""
        late = self._late(at_s)
        if late > self._longest_gap or late <= -RESTART:
            self._origin_s += late / LINE_RATE
            return "jump" if late > 0 else "restart"
        return "gap" if late > TOLERANCE else "follows"

    def skip_to(self, at_s: float) -> None:
        """Leave the gap before this time stamp."""
        self.end += max(0, self._late(at_s))

    def skip(self, samples: int) -> None:
        """Leave a gap of this length."""
        self.end += samples

    def place(self, samples: int) -> int:
        """Where the next samples begin."""
        at, self.end = self.end, self.end + samples
        return at

    def _late(self, at_s: float) -> int:
        return round((at_s - self._origin_s) * LINE_RATE) - self.end
