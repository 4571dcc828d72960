"""Stopping without cutting anybody off: uvicorn, but conversations may finish their turns first."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from server.sessions.sessions import Sessions


class DrainingServer(uvicorn.Server):
    """Lets conversations finish their turns after the first signal to stop; the second one stops at once.

    ready: called once, when connections are taken. ending: called when they are told to end.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        sessions: Sessions,
        ready: Callable[[], None] = lambda: None,
        ending: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self._sessions, self._ready, self._ending = sessions, ready, ending
        self._draining: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called in the loop's thread, between callbacks."""
        if self._draining is None and self._sessions.live:
            asyncio.get_event_loop().call_soon_threadsafe(self._drain, sig, frame)
        else:
            super().handle_exit(sig, frame)

    def _drain(self, sig: int, frame: FrameType | None) -> None:
        print("  Finishing the turns that go on; once more stops at once.", flush=True)
        self._draining = asyncio.create_task(self._sessions.drain())
        self._draining.add_done_callback(lambda _task: super(DrainingServer, self).handle_exit(sig, frame))
