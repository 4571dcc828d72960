"""Bodies that arrive slowly, or not at all, without a network."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from structlog.testing import capture_logs

from server.identity.identity import Identity
from server.rest import BODY_S, guarded, json_body, json_response
from server.settings import load_settings
from tests.loop_clock import LoopClock


async def echo(request: Request) -> Response:
    return json_response(await json_body(request))


async def answered(*parts: dict[str, Any]) -> tuple[int, str | None, list[Any]]:
    """Status, `Connection` header and log of the answer to a request of these parts, after which no other ever comes."""
    waiting, remaining = asyncio.Event(), list(parts)

    async def receive() -> dict[str, Any]:
        if not remaining:
            waiting.set()
            await asyncio.Event().wait()
        return remaining.pop(0)

    clock = LoopClock()
    request = Request({"type": "http", "method": "POST", "path": "/api/echo", "headers": []}, receive)
    with capture_logs() as log:
        answering = asyncio.ensure_future(guarded(echo, Identity(load_settings({}, {}).server))(request))
        stopped = asyncio.create_task(waiting.wait())
        async with asyncio.timeout(2 * BODY_S):
            await asyncio.wait({stopped, answering}, return_when=asyncio.FIRST_COMPLETED)
            clock.advance(BODY_S)
            response = await answering
    stopped.cancel()
    return response.status_code, response.headers.get("connection"), list(log)


def part(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize(
    ("parts", "answer"),
    [
        ([part(b'{"a":', True), part(b"1}", False)], (200, None, [])),
        ([part(b'{"a":', True)], (408, "close", [])),
        ([part(b'{"a":', True), {"type": "http.disconnect"}], (408, "close", [])),
    ],
    ids=["in two parts", "never whole", "broken off"],
)
async def test_a_body_that_is_not_whole_in_time_is_the_clients_error_and_ends_the_connection(
    parts: list[dict[str, Any]], answer: tuple[int, str | None, list[Any]]
) -> None:
    assert await answered(*parts) == answer
