"""Jobs that are done again and again: one in each interval of the wall clock, whichever process is the first to ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.storage.ids import Now


@dataclass(frozen=True)
class Due:
    """A job of `kind` that is to be done in `interval`, which is the key that it is submitted with."""

    kind: str
    interval: str


class Recurring:
    """Which jobs are due. An interval in which no server ran is left out, and the one of the start is not."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._every_ms: dict[str, int] = {}
        self._submitted: set[Due] = set()

    def add(self, seconds: float, kind: str) -> None:
        """Let jobs of `kind` be due every so many seconds."""
        self._every_ms[kind] = int(seconds * 1000)

    def due(self) -> Iterator[Due]:
        """What this process did not submit yet; others may have."""
        now_ms = self._now()
        due = {Due(kind, str(now_ms // every_ms)) for kind, every_ms in self._every_ms.items()}
        self._submitted &= due
        yield from sorted(due - self._submitted, key=lambda job: job.kind)

    def submitted(self, due: Due) -> None:
        """It is in the queue."""
        self._submitted.add(due)
