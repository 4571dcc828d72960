"""Keys of any characters in every way that they can be sent, to a real server."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import httpx2
import pytest
import websockets

from tests.serving import serving

KEYS = (
    "sk-plain",
    "b64/+/+==",
    "two words",
    'quo"ted',
    "com,ma; and #",
    "back\\slash",
    "clé",
    "密钥🔑",
    "ключ",
    "x" * 4096,
    "密" * 1365,
)
SHOWN = [key[:12] for key in KEYS]


def encoded(key: str) -> str:
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def headers_with(key: str) -> list[tuple[bytes, bytes]]:
    """Each way to send it in a header; some clients write one byte for each letter."""
    ways = [(b"Authorization", b"Bearer " + key.encode()), (b"api-key", key.encode())]
    ways.append((b"X-Kaikou-Key", encoded(key).encode()))
    return [*ways, (b"api-key", key.encode("latin-1"))] if max(map(ord, key)) < 256 else ways


@pytest.mark.parametrize("key", KEYS, ids=SHOWN)
async def test_it_opens_requests_and_sockets_and_a_near_one_does_not(key: str) -> None:
    async with serving({"KAIKOU_API_KEYS": json.dumps(["sk-other", key])}) as server:
        async with httpx2.AsyncClient(base_url=server.http) as client:
            right = {(await client.get("/v1/models", headers=[way])).status_code for way in headers_with(key)}
            wrong = {(await client.get("/v1/models", headers=[way])).status_code for way in headers_with(f"n{key}")}
        offered = ["realtime", f"kaikou-key.{encoded(key)}"]
        async with websockets.connect(f"{server.ws}/v1/realtime", subprotocols=offered) as socket:  # type: ignore[arg-type]
            began = json.loads(await socket.recv())["type"]

    assert (right, wrong, socket.subprotocol, began) == ({200}, {401}, "realtime", "session.created")
