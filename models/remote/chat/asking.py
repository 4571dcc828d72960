"""How often one answer is asked for, how long a server that cannot is waited for, and what its refusals say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing

import httpx2

from models.network.failures import ProxyFailed
from models.remote.chat.answer import failure_of
from models.remote.chat.stream import is_page
from models.remote.client import pause_asked
from pipeline.engines.protocols import ChatRequest

RETRY_AFTER_S, LONGEST_PAUSE_S = 0.2, 5.0
"""Before the one more try after a failure of the server's own; a pause that it asks for is kept if it is no longer."""
LOADING_S, LONGEST_LOADING_S = 1.0, 180.0
"""How often a server that loads its model is asked again, and for how long; whoever asks it may have less patience."""
MOST_TRIES = 8
"""Requests for one answer, without those to a server that loads."""
LONGEST_REFUSAL = 65_536
"""Bytes of it that are read."""


class Refused(Exception):
    """The server did not accept a request. page: it answered with a web page. code: its own word, if it has one."""

    def __init__(
        self, status: int, text: str = "", code: str = "", pause_s: float | None = None, page: bool = False
    ) -> None:
        super().__init__(status)
        self.status, self.text, self.code, self.pause_s, self.page = status, text, code, pause_s, page


class Asking:
    """How often one answer was asked for, and how much longer it may be."""

    def __init__(self, request: ChatRequest, pause_s: float) -> None:
        """pause_s: before a request that failed is sent once more, where the server asks for no other."""
        self.request = request
        self._pause_s = pause_s
        self._tries = 0
        self._failed = False
        self._waited_s = 0.0

    def may_wait(self) -> bool:
        """Whether the server may have some more time to load its model."""
        self._waited_s += LOADING_S
        return self._waited_s <= LONGEST_LOADING_S

    def count(self, refused: Refused) -> None:
        """One more request was refused. Raises it if it was one too many."""
        self._tries += 1
        if self._tries >= MOST_TRIES:
            raise refused

    async def again(self, error: Refused | httpx2.TransportError) -> None:
        """Wait before the same request is sent once more. Raises the error if that is no use."""
        pause_s: float | None
        match error:
            case Refused():
                busy = error.status == httpx2.codes.TOO_MANY_REQUESTS
                pause_s = error.pause_s if busy or error.pause_s else self._pause_s if error.status >= 500 else None
            case ProxyFailed() if not error.may_pass:
                pause_s = None
            case httpx2.TimeoutException():
                pause_s = None
            case _:
                pause_s = self._pause_s
        if self._failed or pause_s is None or pause_s > LONGEST_PAUSE_S:
            raise error
        self._failed = True
        await asyncio.sleep(pause_s)


async def refusal_of(response: httpx2.Response) -> Refused:
    """What an answer with an error status says."""
    raw = bytearray()
    async with aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            raw += piece
            if len(raw) > LONGEST_REFUSAL:
                break
    text, status = raw.decode(errors="replace"), response.status_code
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    value = value[0] if isinstance(value, list) and value else value  # as Google has it
    failure = failure_of(value) if isinstance(value, Mapping) else None
    page = status < httpx2.codes.INTERNAL_SERVER_ERROR and is_page(
        text
    )  # else it is a proxy's word for a server that is down
    pause_s = pause_asked(response.headers)
    return Refused(status, failure.text if failure else text, failure.code if failure else "", pause_s, page)
