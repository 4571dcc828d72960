"""What the page is told of the starter set, and who may stop it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.__main__ import _announce
from server.engines.loaded import LoadedEngines
from server.settings import load_settings
from server.starter.starter import Starter, StarterState
from tests.server.starter.pulling import MB, Hub, Rules, until
from tests.serving import serving
from tests.speech import NEEDS_POCKETSPHINX

TOLD = {
    "state": "fetching",
    "done": 5 * MB,
    "total": 20 * MB,
    "hears": ["zh", "en"],
    "speaks": ["en"],
    "entries": [
        {"name": "ears", "publisher": "somebody", "licence": "MIT; and more"},
        {"name": "voice", "publisher": "somebody", "licence": "MIT; and more"},
    ],
    "generation": 0,
    "error": "",
    "may_change": True,
}


@asynccontextmanager
async def half_way(**flags: Any) -> AsyncIterator[tuple[httpx2.AsyncClient, Hub, Starter]]:
    """A server that has fetched half of the first entry."""
    rules = Rules()
    hub = Hub(rules)
    starter = Starter(rules, hub.puller)
    async with serving(starter=starter, **flags) as server, httpx2.AsyncClient(base_url=server.http) as client:
        await until(lambda: starter.fetching[0].done > 0)
        yield client, hub, starter
        hub.go_on()


async def told(client: httpx2.AsyncClient, path: str = "", method: str = "GET", **headers: str) -> Any:
    return (await client.request(method, f"/api/starter{path}", headers=headers)).json()["data"]


async def test_the_page_is_told_how_far_it_is_and_what_comes_of_it() -> None:
    async with half_way() as (client, hub, starter):
        assert await told(client) == TOLD
        hub.go_on()
        await until(lambda: starter.state is StarterState.DONE)
        after = await told(client)
        assert after == {**TOLD, "state": "done", "done": 20 * MB, "generation": 2}


async def test_a_press_stops_it_and_another_one_goes_on() -> None:
    async with half_way() as (client, _hub, _starter):
        assert (await told(client, "/stop", "POST"))["state"] == "stopped"
        assert (await told(client))["state"] == "stopped"
        assert (await told(client, "/start", "POST"))["state"] == "fetching"


async def test_pages_of_other_origins_cannot_stop_it() -> None:
    async with half_way() as (client, _hub, _starter):
        refused = await client.post("/api/starter/stop", headers={"Origin": "https://other.example"})
        assert (refused.status_code, (await told(client))["state"]) == (403, "fetching")


async def test_where_keys_are_asked_for_whoever_has_one_sees_it_and_does_not_stop_it() -> None:
    async with half_way(api_keys=["sk-one"]) as (client, _hub, _starter):
        key = {"Authorization": "Bearer sk-one"}
        assert (await client.get("/api/starter")).status_code == 401
        assert await told(client, **key) == {**TOLD, "may_change": False}
        refused = await client.post("/api/starter/stop", headers=key)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not_the_owner")
        assert (await told(client, **key))["state"] == "fetching"


async def test_only_the_owner_is_told_what_went_wrong() -> None:
    async with half_way(api_keys=["sk-one"]) as (client, _hub, starter):
        starter.error = "File exists: /home/somebody/weights"
        assert (await told(client, Authorization="Bearer sk-one"))["error"] == ""
    async with half_way() as (client, _hub, starter):
        starter.error = "File exists: /home/somebody/weights"
        assert (await told(client))["error"] == "File exists: /home/somebody/weights"


async def test_a_server_that_fetches_nothing_says_so() -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        data = await told(client)
        assert (data["state"], data["entries"], data["total"]) == ("absent", [], 0)
        assert (await told(client, "/start", "POST"))["state"] == "absent"


@pytest.mark.parametrize("fetching", [True, False])
@NEEDS_POCKETSPHINX
async def test_nobody_is_advised_to_get_what_is_on_its_way(fetching: bool) -> None:
    rules = Rules(stopped=not fetching)
    hub = Hub(rules)
    starter = Starter(rules, hub.puller)
    async with (
        serving(starter=starter, engines="embedded") as server,
        httpx2.AsyncClient(base_url=server.http) as client,
    ):
        advice = (await client.get("/api/status")).json()["data"]["advice"]
        assert ("better_engines" in [one["code"] for one in advice]) == (not fetching)


async def test_the_start_message_says_what_is_fetched_from_whom_and_how_to_do_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    starter = Starter(rules := Rules(), Hub(rules).puller)
    loaded = LoadedEngines(load_settings({"weights": tmp_path}, {}))
    try:
        _announce("http://127.0.0.1:1", loaded, "scripted", "", starter)
    finally:
        await loaded.close()

    said = capsys.readouterr().out
    assert "    fetches        ears (somebody, MIT), voice (somebody, MIT): about 20 MB, in the background\n" in said
    assert "KAIKOU_STARTER=off" in said
    assert "models pull" not in said
