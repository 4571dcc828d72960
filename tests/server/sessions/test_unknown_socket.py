"""WebSockets at addresses that have none, over real handshakes."""

from __future__ import annotations

import json

import pytest
import structlog
import websockets

from tests.serving import serving


@pytest.mark.parametrize("path", ["/kaikou/v1/realtime", "/", "/v1/models", "/v1/realtimes"])
async def test_a_socket_at_an_unknown_path_is_told_the_one_that_there_is_and_logged_once(path: str) -> None:
    told = []
    async with serving() as server:
        with structlog.testing.capture_logs() as logs:
            for _ in range(3):
                with pytest.raises(websockets.InvalidStatus) as refused:
                    await websockets.connect(f"{server.ws}{path}")
                answer = refused.value.response
                error = json.loads(answer.body or b"{}")["error"]
                told.append((answer.status_code, error["code"], "/v1/realtime." in error["message"]))

    assert told == [(404, "unknown_url", True)] * 3
    assert [(entry["path"], entry["known"]) for entry in logs] == [(path, "/v1/realtime")]
