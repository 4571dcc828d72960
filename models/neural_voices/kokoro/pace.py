"""Whether speech is made here quicker than it is heard, by the last few clauses: what else is at work counts, too."""

from __future__ import annotations

import logging
import threading
from collections import deque
from statistics import median

log = logging.getLogger(__name__)

REMEMBERED = 5
KEEPS_UP = 0.8
"""Seconds for a second of speech up to which windows are made: a gap within a word is worse than a wait before a clause."""
SHORTEST_S = 1.0


class Pace:
    """Thread-safe."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._factors: deque[float] = deque(maxlen=REMEMBERED)
        self._kept_up = True

    def add(self, work_s: float, speech_s: float) -> None:
        """A clause, or a part of one, was made."""
        if speech_s < SHORTEST_S:
            return
        with self._lock:
            self._factors.append(work_s / speech_s)
            factor = median(self._factors)
            keeps_up = factor < KEEPS_UP
            if keeps_up != self._kept_up:
                how = "in windows" if keeps_up else "whole, since windows would leave gaps"
                log.info("%s takes %.2f s for a second of speech; clauses are made %s.", self._engine, factor, how)
            self._kept_up = keeps_up

    @property
    def keeps_up(self) -> bool:
        return self._kept_up
