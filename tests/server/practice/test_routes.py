"""`/api/practices` and `/api/practice/templates` as a page uses them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.server.accounts.people import outcome
from tests.server.practice.practising import BAKERY_FILE, personas_in
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

INTERVIEW = {"kind": "interview", "language": "en", "interview": {"role": "baker"}}
SCENE = {"kind": "language", "language": "en", "own_language": "zh", "scene": {"scene": "bakery"}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serving]:
    personas: Path = personas_in(tmp_path_factory.mktemp("with"))
    async with serving(personas=str(personas), rate_writes=0, rate_costly=0) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as one:
        yield one


async def made(client: httpx2.AsyncClient, body: Any) -> Any:
    answer = await client.post("practices", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def test_roles_and_scenes_are_listed_by_kind_with_what_one_chooses_by(client: httpx2.AsyncClient) -> None:
    roles = (await client.get("practice/templates?kind=interview")).json()["data"]["items"]
    scenes = (await client.get("practice/templates?kind=language")).json()["data"]["items"]
    assert [(one["id"], one["title"], one["questions"], one["mine"]) for one in roles] == [
        ("baker", {"en": "Baker", "zh": "面包师"}, {"behavioural": 4, "technical": 1, "case": 1}, False)
    ]
    assert [(one["id"], one["goals"], one["levels"], one["steps"]) for one in scenes] == [
        ("bakery", ["travel", "small_talk"], ["A1", "A2"], 4)
    ]
    assert outcome(await client.get("practice/templates?kind=song")) == (422, "validation_failed")


async def test_ones_own_begins_as_a_copy_and_an_edit_names_its_version(client: httpx2.AsyncClient) -> None:
    copied = await client.post("practice/templates", json={"copy_of": "bakery"})
    told = copied.json()["data"]
    address, first = f"practice/templates/{told['id']}", {"If-Match": copied.headers["etag"]}
    file = {**told["file"], "en": {**told["file"]["en"], "title": "Mine"}}
    saved = await client.put(address, json={"file": file}, headers=first)
    late = await client.put(address, json={"file": file}, headers=first)
    wrong = await client.put(address, json={"file": {**file, "en": {"title": "x"}}})
    assert (told["version"], told["mine"], told["file"]["en"]) == (1, True, BAKERY_FILE["en"])
    assert (saved.json()["data"]["version"], saved.json()["data"]["title"]["en"]) == (2, "Mine")
    assert outcome(late) == (412, "changed_meanwhile")
    assert wrong.status_code == 422
    assert "file.en.opening" in [fault["field"] for fault in wrong.json()["error"]["details"]["fields"]]
    assert (await client.get(address, headers={"If-None-Match": saved.headers["etag"]})).status_code == 304
    listed = (await client.get("practice/templates")).json()["data"]["items"]
    assert [one["id"] for one in listed] == [told["id"], "baker", "bakery"]
    planned = await made(client, {**SCENE, "scene": {"scene": told["id"]}})
    assert outcome(await client.delete(address)) == (200, "")
    assert outcome(await client.get(address)) == (404, "template_not_found")
    assert (await client.get(f"practices/{planned['id']}")).json()["data"]["steps"] == planned["steps"]


async def test_a_built_in_one_cannot_be_changed(client: httpx2.AsyncClient) -> None:
    assert outcome(await client.put("practice/templates/bakery", json={"file": BAKERY_FILE})) == (
        404,
        "template_not_found",
    )
    assert outcome(await client.delete("practice/templates/bakery")) == (404, "template_not_found")
    assert (await client.get("practice/templates/bakery")).json()["data"]["version"] == 0


@pytest.mark.parametrize("body", [{}, {"file": dict(BAKERY_FILE), "copy_of": "bakery"}])
async def test_ones_own_is_made_of_a_file_or_of_another_one(client: httpx2.AsyncClient, body: Any) -> None:
    assert outcome(await client.post("practice/templates", json=body)) == (422, "validation_failed")


async def test_an_interview_is_planned_when_it_is_chosen(client: httpx2.AsyncClient) -> None:
    told = await made(client, {**INTERVIEW, "own_language": "zh"})
    ids = [step["id"] for step in told["steps"]]
    assert (told["state"], told["title"], told["character_id"]) == ("ready", "面包师", "interviewer")
    assert told["interview"]["minutes"] == told["minutes"] == 20
    assert (ids[0], ids[-1], len(ids)) == ("about-you", "your-questions", 7)
    assert "about 20 minutes" in told["opening"]
    assert (await client.get(f"practices/{told['id']}")).json()["data"] == told


async def test_a_scene_shows_its_steps_and_meanings_in_ones_own_language(client: httpx2.AsyncClient) -> None:
    told = await made(client, SCENE)
    assert [(step["id"], step["title"]) for step in told["steps"]][:2] == [("order", "点面包"), ("sliced", "切不切")]
    assert told["phrases"][0] == {"text": "I'd like a loaf, please.", "meaning": "我想要一个面包。"}
    assert (told["you"], told["they"], told["character_id"]) == ("a customer", "the baker", "english-coach")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**INTERVIEW, "interview": None}, "interview"),
        ({**INTERVIEW, "interview": {"role": "nobody"}}, "interview.role"),
        ({**INTERVIEW, "interview": {"role": "bakery"}}, "interview.role"),
        ({**SCENE, "scene": {"scene": "baker"}}, "scene.scene"),
        ({**SCENE, "character_id": "nobody"}, "character_id"),
        ({**SCENE, "language": "fr"}, "language"),
        ({**INTERVIEW, "interview": {"role": "baker", "minutes": 61}}, "interview.minutes"),
        ({**INTERVIEW, "interview": {"role": "baker", "resume": "x" * 20_001}}, "interview.resume"),
    ],
)
async def test_what_cannot_be_practised_is_told_by_field(client: httpx2.AsyncClient, body: Any, field: str) -> None:
    refused = await client.post("practices", json=body)
    assert outcome(refused) == (422, "validation_failed")
    assert [fault["field"] for fault in refused.json()["error"]["details"]["fields"]] == [field]


async def test_practices_come_in_pages_and_go_for_good(client: httpx2.AsyncClient) -> None:
    ids = [(await made(client, SCENE))["id"] for _ in range(3)]
    page = (await client.get("practices?kind=language&limit=2")).json()["data"]
    rest = (await client.get(f"practices?kind=language&limit=2&cursor={page['next']}")).json()["data"]
    assert [one["id"] for one in page["items"] + rest["items"]][:3] == ids[::-1]
    assert outcome(await client.delete(f"practices/{ids[0]}")) == (200, "")
    assert outcome(await client.get(f"practices/{ids[0]}")) == (404, "practice_not_found")
    assert outcome(await client.delete(f"practices/{ids[0]}")) == (404, "practice_not_found")
    assert outcome(await client.get("practices?cursor=nonsense")) == (404, "no_such_page")


async def test_each_number_of_a_report_is_defined_in_the_language_that_is_asked_for(client: httpx2.AsyncClient) -> None:
    english, chinese = [
        (await client.get(f"practice/measures?{asked}")).json()["data"]["items"]
        for asked in ("language=en&spoken=zh", "language=zh&spoken=en")
    ]
    assert [one["id"] for one in english] == [one["id"] for one in chinese]
    assert (english[0]["id"], english[0]["unit"], chinese[0]["unit"]) == ("pace", "characters/min", "词/分钟")
    assert all(one["definition"] and one["formula"] and one["source"] for one in english)
    assert outcome(await client.get("practice/measures?language=fr")) == (422, "validation_failed")
