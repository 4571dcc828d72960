"""Whether the server can take one more conversation without slowing those that go on. Pure arithmetic on measurements.

The limit is not a number of sessions but the load that was measured: the share of a core that the event loop's thread
uses, and how late the loop runs its callbacks. A session costs little until somebody speaks, so those that came since
the last measurement are counted with what a session has been costing here, and a guess before anything was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_GUESS = 0.006
"""Share of a core for one session before any was measured; see docs/performance.md."""

SMOOTHING = 0.2
"""Weight of a new measurement; with one a second the memory is about five seconds."""


@dataclass
class Admission:
    """Decides about newcomers. `most_cpu` and `most_lag_s` are what those who are in may be burdened with."""

    most_cpu: float
    most_lag_s: float
    most_sessions: int
    cpu: float = 0.0
    lag_s: float = 0.0
    cost: float = FIRST_GUESS
    newcomers: int = 0

    def measured(self, cpu: float, lag_s: float, sessions: int) -> None:
        """A second's share of a core, lag (95th percentile), and the sessions that caused them."""
        self.cpu += SMOOTHING * (cpu - self.cpu)
        self.lag_s += SMOOTHING * (lag_s - self.lag_s)
        if sessions >= 5:
            self.cost = max(FIRST_GUESS / 4, self.cpu / sessions)
        self.newcomers = max(0, self.newcomers - max(1, round(SMOOTHING * self.newcomers)))

    def admits(self, sessions: int) -> bool:
        """Whether one more may come in beside `sessions`. Call `entered` if it does."""
        # A loop that is late while it has little to do is held up by the rest of the machine: refusing would not help.
        late_by_itself = self.lag_s > self.most_lag_s and self.cpu > self.most_cpu / 2
        if sessions >= self.most_sessions or late_by_itself:
            return False
        return self.cpu + self.cost * (self.newcomers + 1) <= self.most_cpu

    def entered(self) -> None:
        """A newcomer came in; its load will show in the next measurements."""
        self.newcomers += 1

    def left(self) -> None:
        """Somebody went, young or old: one load less to expect."""
        self.newcomers = max(0, self.newcomers - 1)

    def free(self, sessions: int) -> int:
        """About how many more could come in just now."""
        if not self.admits(sessions):
            return 0
        by_load = int((self.most_cpu - self.cpu) / self.cost) - self.newcomers
        return max(1, min(self.most_sessions - sessions, by_load))
