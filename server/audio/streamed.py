"""A response whose body is made while it is sent, and whose status is decided by its first piece."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import orjson
import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from pipeline.engines.within import within
from pipeline.errors import KaikouError
from server.errors import as_told, openai_error
from server.rest import failure

log = structlog.get_logger("kaikou")

SEND_S = 60.0
"""A client that takes nothing for this long is not there any more."""

EVENT_STREAM = "text/event-stream"


class StoppedReading(Exception):
    """The client takes nothing any more."""


class Streamed(StreamingResponse):
    """Sends what `body` yields; closes it in any case, at once when the client goes away.

    An error before the first piece becomes an answer of its own, with its status. After it, an event stream ends with an
    error event, and anything else is broken off, so that nobody takes half a file for a whole one. `ended` is called at
    the very end, whether or not `body` was ever begun.
    """

    def __init__(
        self,
        body: AsyncGenerator[bytes, None],
        media_type: str,
        ended: Callable[[], object] = lambda: None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """headers: `body` may still add to them until it has yielded for the first time."""
        super().__init__(body, media_type=media_type, headers={"Cache-Control": "no-store"})
        self._body, self._ended, self._more_headers = body, ended, {} if headers is None else headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._scope = receive, scope
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            try:
                async with within(SEND_S):
                    await send(message)
            except TimeoutError:
                raise StoppedReading from None

        async with aclosing(self._body):
            try:
                await self._send_all(send_in_time)
            except StoppedReading:
                log.info("client stopped reading", path=self._scope["path"])

    async def _send_all(self, send: Send) -> None:
        try:
            piece = await anext(self._body, b"")
        except Exception as error:  # noqa: BLE001 — the request's outermost frame
            await failure(self._told(error), openai=True)(self._scope, self._receive, send)
            return
        self.headers.update(self._more_headers)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            while piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await anext(self._body, b"")
        except StoppedReading:
            raise
        except Exception as error:  # noqa: BLE001 — the request's outermost frame
            told = self._told(error)
            if self.media_type != EVENT_STREAM:
                return  # the server closes a connection whose response was not finished
            await send({"type": "http.response.body", "body": event({"error": openai_error(told)}), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _told(self, error: Exception) -> KaikouError:
        return as_told(error, "request failed", path=self._scope["path"])


def event(data: Mapping[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + orjson.dumps(data) + b"\n\n"
