"""When the person has said nothing for too long after the character was heard.

It runs while nobody speaks and nothing is answered, from the end of an answer on, and again after a noise that was no
turn. After an answer that failed it waits for the next that did not: an engine that is down would fail every time. It waits
for a voice, or for what the client does, after `MOST_IN_A_ROW`: a page that was left open is not talked to for hours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pipeline.engines.within import STOOD_STILL_S
from pipeline.turns.events import Event, IdleTimedOut, ReplyCancelled, ReplyFailed, ReplyPlayed, SpeechStarted

MOST_IN_A_ROW = 3
"""So often a person is spoken to who says nothing at all."""


class IdleTimeout:
    """Calls `expired` in the running loop, with the position in ms from which on there was silence. Stop it in the end.

    position_ms: how much sound there is by now.
    """

    def __init__(self, position_ms: Callable[[], int], expired: Callable[[int], None]) -> None:
        self._position_ms, self._expired = position_ms, expired
        self._loop = asyncio.get_running_loop()
        self._timeout_ms: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._resting = self._answered = False
        self._since_ms = self._in_a_row = 0

    def configure(self, timeout_ms: int | None) -> None:
        """Another timeout, from now on; None: never."""
        if timeout_ms != self._timeout_ms:
            self._timeout_ms = timeout_ms
            self.restart()

    def received(self, event: Event, *, resting: bool) -> None:
        """The turn machine took `event`; now it is `resting`, or it is not."""
        match event:
            case ReplyPlayed() | ReplyCancelled() | ReplyFailed():
                self._answered = not isinstance(event, ReplyFailed)
            case IdleTimedOut():
                self._in_a_row += 1
            case SpeechStarted():
                self._in_a_row = 0
            case _:
                pass
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
        wanted = self._resting and self._answered and self._in_a_row < MOST_IN_A_ROW
        if wanted and self._timeout_ms is not None:
            self._since_ms = self._position_ms()
            due = self._loop.time() + self._timeout_ms / 1000
            self._timer = self._loop.call_at(due, self._expire, due)

    def client_acted(self) -> None:
        """The client did something that is no turn of the person's."""
        self._in_a_row = 0
        self.restart()

    def stop(self) -> None:
        """Wait no more."""
        self._resting = False
        self.restart()

    def _expire(self, due: float) -> None:
        self._timer = None
        if self._loop.time() - due > STOOD_STILL_S:  # What was said while the process stood still is not read yet.
            self.restart()
        else:
            self._expired(self._since_ms)
