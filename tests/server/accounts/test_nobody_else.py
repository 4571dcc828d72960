"""Somebody else's cookie, token or key finds nothing of a person: every route and every socket is tried, on both databases.

Routes are taken from the application. One that names something in its path and is not in `IN_PATH` fails the test: say there
whose thing it names. What would change something needs a body in `BODIES` that gets as far as looking for it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import websockets
from sqlalchemy import Table, select
from starlette.routing import Route, WebSocketRoute

from server.api.serving import ApiRoute
from server.identity.scopes import GRANTABLE
from server.settings.keeping import StorageSettings
from server.storage.tables import METADATA
from tests.server.accounts.people import PASSWORD, browser, details, serving_on
from tests.serving import Serving

MARK = "xyzzy"
"""In everything that Ann has."""

CHARACTER = {"languages": ["en"], "en": {"name": MARK, "who": MARK, "greeting": MARK}}

ROLE = {"title": MARK, "opening": MARK, "closing": MARK}
QUESTION = {"id": "one", "kind": "case", "levels": ["entry"], "title": MARK, "ask": [MARK]}
TEMPLATE = {"kind": "interview", "en": {**ROLE, "questions": [QUESTION]}}

IN_PATH: dict[str, str] = {
    "/api/conversations/{id}": "conversation",
    "/api/memory/{id}": "fact",
    "/api/practices/{id}": "practice",
    "/api/practice/templates/{id}": "template",
    "/api/practice/cards/{id}": "card",
    "/api/practice/goals/{language}/{measure}": "everybody's",
    "/api/account/keys/{id}": "key",
    "/api/account/passkeys/{id}": "passkey",
    "/api/files/tus/{id}": "file",
    "/api/files/{id}": "file",
    "/api/jobs/{id}": "job",
    "/api/people/{id}": "person",
    "/api/objects/{token}": "nobody's",
    "/api/account/sign-on/{provider}": "everybody's",
    "/api/characters/{id}": "character",
    "/v1/models/{id:path}": "everybody's",
}
"""Whose thing a path names, by how it begins."""

BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/api/conversations/{id}"): {"title": "mine now"},
    ("PATCH", "/api/memory/{id}"): {"text": "mine now"},
    ("PATCH", "/api/practice/cards/{id}"): {"back": "mine now"},
    ("POST", "/api/practice/cards/{id}/review"): {"rating": "good"},
    ("PATCH", "/api/people/{id}"): {"suspended": True},
    ("PATCH", "/api/account"): {"name": "Ben"},
    ("PATCH", "/api/files/{id}"): {"name": "mine.txt"},
    ("POST", "/api/account/keys"): {"name": "k", "scopes": ["speech"]},
    ("PUT", "/api/characters/{id}"): {"file": CHARACTER},
    ("PUT", "/api/characters/{id}/draft"): {"draft": {}},
    ("PUT", "/api/practice/templates/{id}"): {"file": TEMPLATE},
    ("POST", "/api/characters/{id}/report"): {"reason": "other"},
}

LEAVING = {"/api/account/logout", "/api/account/logout-everywhere"}
"""Asked last: they end the log-in that is tried."""

NOT_ASKED = {("DELETE", "/api/account"), ("POST", "/api/starter/start"), ("POST", "/api/starter/stop")}
"""Are about whoever asks, or the machine."""

CHANGES_BY_ITSELF = {"seen_at", "used_at"}


@dataclass
class Ann:
    """A person with something of everything, and how to come in as her."""

    client: httpx2.AsyncClient
    id: str
    things: dict[str, str]


@pytest_asyncio.fixture
async def server(storage: StorageSettings) -> AsyncIterator[Serving]:
    unlimited = {f"rate_{name}": 0 for name in ("reads", "writes", "costly", "address")}
    async with serving_on(storage, "required", **unlimited) as running:
        yield running


@pytest_asyncio.fixture
async def ann(server: Serving) -> AsyncIterator[Ann]:
    async with browser(server) as client:
        answer = await client.post("/api/account/register", json=details(f"{MARK}@example.org", name=f"Ann {MARK}"))
        id = answer.json()["data"]["account"]["id"]
        key = await client.post("/api/account/keys", json={"name": MARK, "scopes": ["speech"]})
        things = {"person": id, "key": key.json()["data"]["key"]["id"], "passkey": "passkey_0", "job": "job_0"}
        things |= {"nobody's": "nonsense", "everybody's": "philosopher", "file": "file_0", "conversation": "conv_0"}
        made = await client.post("/api/characters", json={"file": CHARACTER, "draft": {"note": MARK}})
        things |= {"character": made.json()["data"]["id"]}
        things["conversation"] = await talked(server, client)
        things["fact"] = (await client.post("/api/memory", json={"text": MARK})).json()["data"]["id"]
        made = await client.post("/api/practice/templates", json={"file": TEMPLATE})
        things["template"] = role = made.json()["data"]["id"]
        chosen = {"kind": "interview", "language": "en", "interview": {"role": role, "resume": MARK}}
        things["practice"] = (await client.post("/api/practices", json=chosen)).json()["data"]["id"]
        await client.put("/api/practice/goals/en/days", json={"at_least": 3})
        card = await client.post("/api/practice/cards", json={"language": "en", "said": MARK, "better": MARK})
        things["card"] = card.json()["data"]["id"]
        await client.post(f"/api/practice/cards/{things['card']}/review", json={"rating": "good"})
        if any(getattr(route, "path", "") == "/api/files/upload" for route in server.app.routes):
            sent = await client.post("/api/files/upload", files={"file": (f"{MARK}.txt", MARK.encode(), "text/plain")})
            things["file"] = re.findall(r'"id":"(file_\w+)"', sent.text)[0]
        yield Ann(client, id, things)


async def talked(server: Serving, client: httpx2.AsyncClient) -> str:
    """Ann says something; the id of the conversation that is kept of it."""
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
    address, realtime = f"{server.ws}/v1/realtime?extensions=kaikou", [websockets.Subprotocol("realtime")]
    async with websockets.connect(
        address, additional_headers=cookie, subprotocols=realtime, origin=websockets.Origin(server.http)
    ) as socket:
        content = [{"type": "input_text", "text": f"Remember {MARK}."}]
        item = {"type": "message", "role": "user", "content": content}
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await socket.send(json.dumps({"type": "response.create"}))
        while json.loads(await socket.recv())["type"] != "response.done":
            pass
    async with asyncio.timeout(30):
        while True:
            kept = (await client.get("/api/conversations")).json()["data"]["items"]
            if kept and kept[0]["ended_at"]:
                return str(kept[0]["id"])
            await asyncio.sleep(0.1)


async def as_cookie(server: Serving) -> dict[str, str]:
    async with browser(server) as ben:
        await ben.post("/api/account/register", json=details("ben@example.org"))
        cookie = "; ".join(f"{name}={value}" for name, value in ben.cookies.items())
    return {"Cookie": cookie, "Origin": server.http}


async def as_token(server: Serving) -> dict[str, str]:
    async with browser(server) as ben:
        answer = await ben.post("/api/account/register", json=details("ben@example.org", tokens=True))
    return {"Authorization": f"Bearer {answer.json()['data']['tokens']['access_token']}"}


async def as_key(server: Serving) -> dict[str, str]:
    async with browser(server) as ben:
        await ben.post("/api/account/register", json=details("ben@example.org"))
        answer = await ben.post("/api/account/keys", json={"name": "all", "scopes": GRANTABLE})
    return {"Authorization": f"Bearer {answer.json()['data']['secret']}"}


async def as_nobody(_server: Serving) -> dict[str, str]:
    return {}


Comes = Callable[[Serving], Any]


def operations(server: Serving) -> Iterator[tuple[str, str]]:
    """Every method of every route, those that end a log-in last."""
    found = []
    for route in server.app.routes:
        if isinstance(route, ApiRoute):
            found += [(method, route.path) for method in route.endpoints]
        elif isinstance(route, Route):
            found += [(method, route.path) for method in sorted(route.methods or {"GET"}) if method != "HEAD"]
    yield from sorted((one for one in found if one not in NOT_ASKED), key=lambda one: (one[1] in LEAVING, one[1]))


def whose(path: str) -> str:
    """What a path with a parameter names."""
    known = [begins for begins in IN_PATH if path.startswith(begins)]
    assert known, f"{path}: say in IN_PATH whose thing it names"
    return IN_PATH[max(known, key=len)]


def filled(path: str, things: dict[str, str]) -> str:
    """The path with what is Ann's in it."""
    return re.sub(r"{.*?}", things[whose(path)], path) if "{" in path else path


async def rows(server: Serving, ann: Ann) -> dict[str, list[Any]]:
    """All that the database has of Ann, but for what changes by itself."""
    found = {}
    async with server.app.state.services.database.read() as connection:
        for table in METADATA.sorted_tables:
            if table.name != "audit_log" and (where := _of(table, ann)) is not None:
                kept = [column for column in table.c if column.name not in CHANGES_BY_ITSELF]
                found[table.name] = [
                    tuple(map(str, row)) for row in await connection.execute(select(*kept).where(where))
                ]
    return found


def _of(table: Table, ann: Ann) -> Any:
    if "person_id" in table.c:
        return table.c.person_id == ann.id
    return table.c.id == ann.id if table.name == "people" else None


@pytest.mark.timeout(180)
@pytest.mark.parametrize("comes", [as_cookie, as_token, as_key, as_nobody])
async def test_every_route_keeps_what_is_anns_from_everybody_else(server: Serving, ann: Ann, comes: Comes) -> None:
    headers, before, wrong, asked = await comes(server), await rows(server, ann), [], 0
    async with httpx2.AsyncClient(base_url=server.http, headers=headers, timeout=30) as client:
        for method, path in operations(server):
            address = filled(path, ann.things)
            content = {} if method == "GET" else {"json": BODIES.get((method, path), {})}
            answer = await client.request(method, address, **content)  # type: ignore[arg-type]
            asked += 1
            if MARK in answer.text or (answer.status_code >= 500 and answer.status_code != 501):
                wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
            if "{" in path and whose(path) != "everybody's" and answer.is_success:
                wrong.append(f"{method} {path}: {answer.status_code}, as if it were theirs")

    assert wrong == []
    assert asked > 40
    assert await rows(server, ann) == before
    assert before["conversations"]
    assert before["memory_facts"]
    assert before["practice_goals"]
    assert before["practice_cards"]
    assert before["practice_reviews"]
    assert (await ann.client.post("/api/account/login", json=_log_in())).status_code == 200


@pytest.mark.parametrize("comes", [as_cookie, as_token, as_key])
async def test_every_socket_keeps_what_is_anns_from_everybody_else(server: Serving, ann: Ann, comes: Comes) -> None:
    before = await rows(server, ann)
    headers = await comes(server)
    origin = headers.pop("Origin", None)
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in ann.client.cookies.items())}
    realtime = [websockets.Subprotocol("realtime")]
    sockets = [route.path for route in server.app.routes if isinstance(route, WebSocketRoute) and "{" not in route.path]
    said = []
    async with websockets.connect(
        f"{server.ws}/v1/realtime?extensions=kaikou",
        additional_headers=cookie,
        subprotocols=realtime,
        origin=websockets.Origin(server.http),
    ) as anns:
        await anns.recv()
        token = next(token for token, live in server.app.state.realtime.live.items() if live.principal.id == ann.id)
        for path in sockets:
            for query in (f"resume={token}&seen=", f"continue={ann.things['conversation']}"):
                address = f"{server.ws}{path}?extensions=kaikou&{query}"
                said += await _heard(address, headers, origin)
        await anns.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        async with asyncio.timeout(10):
            while json.loads(await anns.recv())["type"] != "session.updated":  # hers goes on
                pass

    after = await rows(server, ann)
    assert sockets
    assert [message for message in said if MARK in message or "kaikou.resumed" in message] == []
    assert {name: after[name] for name in ("people", "lines")} == {name: before[name] for name in ("people", "lines")}


async def _heard(address: str, headers: dict[str, str], origin: str | None) -> list[str]:
    """All that a socket says until nothing comes for a moment; nothing where it is refused."""
    heard: list[str] = []
    try:
        async with websockets.connect(
            address,
            additional_headers=headers,
            subprotocols=[websockets.Subprotocol("realtime")],
            origin=websockets.Origin(origin) if origin else None,
        ) as socket:
            async with asyncio.timeout(0.5):
                async for message in socket:
                    heard.append(str(message))
    except (websockets.InvalidStatus, websockets.ConnectionClosed, TimeoutError):
        pass
    return heard


def _log_in() -> dict[str, str]:
    return {"email": f"{MARK}@example.org", "password": PASSWORD}
