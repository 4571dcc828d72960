"""The time for which this process ran: what it stood still, nobody who is connected had a chance to act in.

A process stands still when it is stopped (SIGSTOP), when its virtual machine is held or moved, and while a laptop sleeps
where the clock goes on meanwhile. All its timers are due then before anything that arrived is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_S = 2.0
"""Between two ticks; in what goes beyond that the process stood still."""


class RunningTime:
    """Calling it gives seconds from any beginning. Somebody has to `tick` it many times a second, from when on it counts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._still_s = clock, 0.0
        self._ticked: float | None = None

    def __call__(self) -> float:
        return self._clock() - self.still_s

    @property
    def still_s(self) -> float:
        """For how long the process stood still in all."""
        since_s = 0.0 if self._ticked is None else self._clock() - self._ticked
        return self._still_s + max(0.0, since_s - LONGEST_S)

    def tick(self) -> float:
        """The process runs. Returns for how long it stood still since the last tick."""
        before, self._still_s = self._still_s, self.still_s
        self._ticked = self._clock()
        return self._still_s - before
