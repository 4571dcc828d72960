"""Cards from outside: what a client sends and is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from tests.serving import Serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOED = {"language": "en", "said": "goed", "better": "went", "sentence": "I goed home.", "kind": "R:VERB:INFL"}
CARDS = "/api/practice/cards"


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.http, timeout=30) as client:
        yield client


async def test_a_card_is_made_reviewed_taken_back_edited_deleted_and_had_back(client: httpx2.AsyncClient) -> None:
    made = await client.post(CARDS, json=GOED)
    again = await client.post(CARDS, json=GOED)
    card = made.json()["data"]
    one = f"{CARDS}/{card['id']}"
    reviewed = await client.post(f"{one}/review", json={"rating": "good"}, headers={"If-Match": '"1"'})
    late = await client.post(f"{one}/review", json={"rating": "good"}, headers={"If-Match": '"1"'})
    back = await client.request("DELETE", f"{one}/review")
    edited = await client.patch(one, json={"reason": "It is irregular."})
    gone = await client.request("DELETE", one)
    missing = await client.get(one)
    restored = await client.post(f"{one}/restore")

    assert [answer.status_code for answer in (made, again, reviewed, late, back)] == [201, 200, 200, 412, 200]
    assert [answer.status_code for answer in (edited, gone, missing, restored)] == [200, 200, 404, 200]
    assert again.json()["data"]["id"] == card["id"]
    assert reviewed.json()["data"]["state"] == "learning"
    assert reviewed.json()["data"]["due_at"] > card["due_at"]
    assert (back.json()["data"]["state"], back.json()["data"]["due_at"]) == ("new", card["due_at"])
    assert restored.json()["data"]["reason"] == "It is irregular."


async def test_the_summary_tells_how_many_are_due_and_in_which_languages(client: httpx2.AsyncClient) -> None:
    await client.post(CARDS, json={"language": "zh", "said": "一个书", "better": "一本书"})
    told = (await client.get(f"{CARDS}/summary", params={"language": "zh"})).json()["data"]

    assert (told["due"], told["total"], told["next_due_at"]) == (1, 1, None)
    assert "zh" in told["languages"]


async def test_a_review_that_is_sent_again_counts_once(client: httpx2.AsyncClient) -> None:
    made = await client.post(CARDS, json=GOED | {"sentence": "We goed out."})
    one = f"{CARDS}/{made.json()['data']['id']}"
    sent = [
        await client.post(f"{one}/review", json={"rating": "easy"}, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]

    assert [answer.json()["data"]["version"] for answer in sent] == [2, 2]


async def test_what_is_no_card_is_refused_with_the_field_that_is_wrong(client: httpx2.AsyncClient) -> None:
    bodies = [
        GOED | {"said": " "},
        GOED | {"language": "english"},
        GOED | {"sentence": "x" * 20_001},
        GOED | {"at": -1},
    ]
    refused = [await client.post(CARDS, json=body) for body in bodies]
    unknown = await client.post(CARDS, json=GOED | {"practice_id": "prac_nobody"})

    fields = [answer.json()["error"]["details"]["fields"][0]["field"] for answer in refused]
    assert fields == ["said", "language", "sentence", "at"]
    assert unknown.json()["error"]["code"] == "practice_not_found"
