"""When the person has said nothing for too long after the character was heard.

It runs while nobody speaks and nothing is answered, from the end of an answer on, and again after a noise that was no
turn. After an answer that failed it waits for the next that did not: an engine that is down would fail every time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pipeline.turns.events import Event, ReplyCancelled, ReplyFailed, ReplyPlayed


class IdleTimeout:
    """Calls `expired` in the running loop, with the position in ms from which on there was silence. Stop it in the end.

    position_ms: how much sound there is by now.
    """

    def __init__(self, position_ms: Callable[[], int], expired: Callable[[int], None]) -> None:
        self._position_ms, self._expired = position_ms, expired
        self._timeout_ms: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._resting = self._answered = False
        self._since_ms = 0

    def configure(self, timeout_ms: int | None) -> None:
        """Another timeout, from now on; None: never."""
        if timeout_ms != self._timeout_ms:
            self._timeout_ms = timeout_ms
            self.restart()

    def received(self, event: Event, *, resting: bool) -> None:
        """The turn machine took `event`; now it is `resting`, or it is not."""
        if isinstance(event, ReplyPlayed | ReplyCancelled | ReplyFailed):
            self._answered = not isinstance(event, ReplyFailed)
        if not resting:
            self.stop()
        elif not self._resting or isinstance(event, ReplyPlayed):
            self._resting = True
            self.restart()

    def restart(self) -> None:
        """Wait for all of the timeout once more, if there is anything to wait for."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._resting and self._answered and self._timeout_ms is not None:
            self._since_ms = self._position_ms()
            self._timer = asyncio.get_running_loop().call_later(self._timeout_ms / 1000, self._expire)

    def stop(self) -> None:
        """Wait no more."""
        self._resting = False
        self.restart()

    def _expire(self) -> None:
        self._timer = None
        self._expired(self._since_ms)
