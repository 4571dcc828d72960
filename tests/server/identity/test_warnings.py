"""What strangers cause is logged, and cannot fill the log."""

from __future__ import annotations

import httpx2
import pytest
import structlog

from server.identity.warnings import MOST, WITHIN_S, BoundedWarnings
from tests.serving import serving

PAGE = {"Accept": "text/html"}
SOCKET = {"Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "lines"),
    [
        ("POST", "/api/place", {"Origin": "https://evil.example"}, 1),
        ("OPTIONS", "/api/place", {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}, 1),
        ("GET", "/kaikou/", PAGE, 1),
        ("GET", "/v1/realtime", SOCKET, 1),
        ("POST", "/api/place", {"Origin": "https://{}.example"}, MOST),
        ("GET", "/wp-admin/{}", PAGE, MOST),
    ],
)
async def test_who_asks_again_and_again_does_not_fill_the_log(
    method: str, path: str, headers: dict[str, str], lines: int
) -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        with structlog.testing.capture_logs() as logs:
            for number in range(3 * MOST):
                sent = {name: value.format(number) for name, value in headers.items()}
                await client.request(method, path.format(number), headers=sent)

    assert len(logs) == lines


def test_a_line_is_written_again_after_a_while_and_one_event_hides_no_other() -> None:
    now = 0.0
    warnings = BoundedWarnings(lambda: now)
    with structlog.testing.capture_logs() as logs:
        for event in ("a", "a", "b"):
            warnings.write(event, {"path": "/x"})
        now = WITHIN_S
        warnings.write("a", {"path": "/x"})

    assert [entry["event"] for entry in logs] == ["a", "b", "a"]


@pytest.mark.parametrize("path", ["/a;b", "/%1b[2J", "/$(id)", "/a%0ab"])
async def test_nothing_is_proposed_that_is_no_setting(path: str) -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        with structlog.testing.capture_logs() as logs:
            asked = await client.get(path, headers=PAGE)
            refused = await client.post("/api/place", headers={"Origin": "http://a;b"})

    assert (asked.status_code, "KAIKOU_" in asked.text, refused.status_code) == (404, False, 403)
    assert not any("set" in entry or "set_if_it_is_a_proxys" in entry for entry in logs)
