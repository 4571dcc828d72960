"""The event loop's clock, moved by hand: bounds are run into without waiting for them."""

from __future__ import annotations

import asyncio


class LoopClock:
    """Sets the running loop's clock ahead. Time goes on by itself as well, which no test should notice."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        itself, self._ahead_s = loop.time, 0.0
        loop.time = lambda: itself() + self._ahead_s  # type: ignore[method-assign]

    def advance(self, seconds: float) -> None:
        """`seconds` have passed."""
        self._ahead_s += seconds
