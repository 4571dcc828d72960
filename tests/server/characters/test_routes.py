"""`/api/characters` as a page uses it: made, tried, saved, compared, brought back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.server.accounts.people import outcome
from tests.server.characters.making import file
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving(rate_writes=0, rate_costly=0) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as one:
        yield one


async def made(client: httpx2.AsyncClient, **body: Any) -> str:
    """The address of a new character."""
    answer = await client.post("characters", json=body)
    assert answer.status_code == 201, answer.text
    return "characters/" + str(answer.json()["data"]["id"])


async def test_an_edit_names_the_version_that_it_is_of(client: httpx2.AsyncClient) -> None:
    first = await client.post("characters", json={"file": file("Nemo"), "tags": ["sea"]})
    address = "characters/" + first.json()["data"]["id"]
    first_version = {"If-Match": f'"{first.json()["data"]["version"]}"'}
    saved = await client.put(address, json={"file": file("Ned")}, headers=first_version)
    late = await client.put(address, json={"file": file("Late")}, headers=first_version)
    wrong = await client.put(address, json={"file": {"languages": ["en"], "en": {}}})
    again = await client.get(address, headers={"If-None-Match": saved.headers["etag"]})

    told = saved.json()["data"]
    assert (told["version"], told["tags"], told["name"], told["mine"]) == (2, ["sea"], {"en": "Ned"}, True)
    assert outcome(late) == (412, "changed_meanwhile")
    assert wrong.status_code == 422
    fields = [fault["field"] for fault in wrong.json()["error"]["details"]["fields"]]
    assert fields == ["file.en.name", "file.en.who", "file.en.greeting"]
    assert again.status_code == 304


async def test_versions_are_compared_and_brought_back(client: httpx2.AsyncClient) -> None:
    address = await made(client, file=file("Nemo"))
    await client.put(address, json={"file": file("Ned")})
    listed = (await client.get(f"{address}/versions")).json()["data"]
    first = (await client.get(f"{address}/versions/1")).json()["data"]
    back = (await client.post(f"{address}/versions/1/restore")).json()["data"]
    assert [one["version"] for one in listed["items"]] == [2, 1]
    assert first["file"]["en"]["name"] == "Nemo"
    assert (back["version"], back["file"]) == (3, first["file"])
    assert outcome(await client.get(f"{address}/versions/99")) == (404, "version_not_found")


async def test_a_draft_is_kept_without_a_check_and_told_to_its_owner(client: httpx2.AsyncClient) -> None:
    address = await made(client, draft={"en": {"name": "Ne"}})
    kept = await client.put(f"{address}/draft", json={"draft": {"en": {"name": "Nemo"}, "whatever": [1]}})
    told = (await client.get(address)).json()["data"]
    assert kept.status_code == 200
    assert (told["version"], told["file"], told["draft"]["whatever"], told["name"]) == (0, None, [1], {"en": "Nemo"})
    assert outcome(await client.put(f"{address}/draft", json={"draft": "x" * 300_000})) == (413, "body_too_large")
    mine = (await client.get("characters?whose=mine")).json()["data"]["items"]
    assert address in [f"characters/{one['id']}" for one in mine]
    assert address not in [
        f"characters/{one['id']}" for one in (await client.get("characters")).json()["data"]["items"]
    ]


async def test_a_deletion_can_be_undone(client: httpx2.AsyncClient) -> None:
    address = await made(client, file=file("Nemo"))
    deleted = await client.delete(address)
    gone = await client.get(address)
    back = await client.post(f"{address}/restore")
    assert "undo_until" in deleted.json()["data"]
    assert outcome(gone) == (404, "character_not_found")
    assert address.endswith(back.json()["data"]["id"])


async def test_a_file_is_checked_without_being_kept(client: httpx2.AsyncClient) -> None:
    before = (await client.get("characters?whose=mine")).json()["data"]["items"]
    wrong = (
        await client.post("characters/check", json={"file": {"languages": ["en", "zh"], "en": {"name": "N"}}})
    ).json()["data"]
    right = (await client.post("characters/check", json={"file": file("Nemo", limits="No orders.")})).json()["data"]
    assert [one["field"] for one in wrong["problems"]] == ["en.who", "en.greeting"]
    assert right["problems"] == []
    missing = {one["field"]: one["code"] for one in right["warnings"]}
    assert missing["en.who"] == "short"
    assert missing["en.manner"] == "missing"
    assert "en.limits" not in missing
    assert (await client.get("characters?whose=mine")).json()["data"]["items"] == before


async def test_a_built_in_character_tells_its_file_and_cannot_be_changed(client: httpx2.AsyncClient) -> None:
    told = (await client.get("characters/detective")).json()["data"]
    assert (told["visibility"], told["mine"], told["file"]["id"]) == ("published", False, "detective")
    assert (await client.put("characters/detective", json={"file": file()})).status_code == 404


async def test_a_list_comes_in_pages_and_knows_its_cursors(client: httpx2.AsyncClient) -> None:
    first = (await client.get("characters?limit=2&sort=name")).json()["data"]
    second = (await client.get(f"characters?limit=2&sort=name&cursor={first['next']}")).json()["data"]
    assert len({one["id"] for one in first["items"] + second["items"]}) == 4
    assert outcome(await client.get(f"characters?sort=new&cursor={first['next']}")) == (404, "no_such_page")


async def test_clients_name_a_character_of_their_own_as_a_model(server: Serving, client: httpx2.AsyncClient) -> None:
    id = (await made(client, file=file("Nemo"))).removeprefix("characters/")
    async with server.client() as openai:
        assert id in [model.id async for model in openai.models.list()]
        async with openai.realtime.connect(model=id) as connection:
            created = await connection.recv()
    assert "Nemo, captain of the Nautilus" in created.model_dump()["session"]["instructions"]
