"""What all routes of `/api` share, shown by a small domain of its own on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tests.server.api.notes import notes_client

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with notes_client() as client:
        yield client


async def failed(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of an answer that must be a failure in the envelope."""
    told = answer.json()
    assert (told["success"], told["data"], set(told)) == (False, None, {"success", "data", "message", "error"})
    assert told["message"]
    return answer.status_code, told["error"]["code"]


async def test_an_answer_comes_in_the_envelope_with_the_status_and_headers_that_it_was_given(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.post("/api/notes", json={"text": "milk"})
    note = answer.json()["data"]
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/notes/{note['id']}")
    assert answer.json() == {"success": True, "data": note, "message": "", "error": None}


async def test_an_answer_of_nothing_is_null_in_the_envelope(client: httpx2.AsyncClient) -> None:
    id = (await client.post("/api/notes", json={"text": "short-lived"})).json()["data"]["id"]
    gone = await client.delete(f"/api/notes/{id}")
    assert (gone.status_code, gone.json()["data"]) == (200, None)
    assert await failed(await client.delete(f"/api/notes/{id}")) == (404, "not_found")


async def test_an_answer_that_is_no_json_goes_out_as_it_is(client: httpx2.AsyncClient) -> None:
    plain = await client.get("/api/plain")
    assert (plain.text, plain.headers["content-type"]) == ("plain", "text/plain; charset=utf-8")
    assert plain.headers["set-cookie"].startswith("seen=yes")


async def test_each_wrong_field_is_named(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/notes", json={"tags": ["a", 7], "colour": "red"})
    faults = answer.json()["error"]["details"]["fields"]
    assert await failed(answer) == (422, "validation_failed")
    assert [(fault["field"], fault["code"]) for fault in faults] == [
        ("text", "missing"),
        ("tags.1", "string_type"),
        ("colour", "extra_forbidden"),
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"text": ', (400, "invalid_json")),
        (b'{"text": "a", "text": "b"}', (400, "invalid_json")),
        (b'{"text": "\\ud800"}', (400, "invalid_json")),
        (b'{"text": "\xff"}', (400, "invalid_json")),
        (b'{"text": NaN}', (400, "invalid_json")),
        (b"[" * 5_000 + b"]" * 5_000, (400, "invalid_json")),
        (b'{"text": "a\\u0000b"}', (422, "validation_failed")),
        (b'{"text": "a", "tags": ["\\u0000"]}', (422, "validation_failed")),
        (b'{"text": "a", "\\u0000": 1}', (422, "validation_failed")),
        (b"[]", (422, "validation_failed")),
        (b"null", (422, "validation_failed")),
        (b"", (422, "validation_failed")),
        (b'{"text": "%s"}' % (b"x" * 1_000_000), (413, "body_too_large")),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else "",
)
async def test_a_body_that_cannot_be_taken_is_the_clients_error(
    client: httpx2.AsyncClient, body: bytes, told: tuple[int, str]
) -> None:
    answer = await client.post("/api/notes", content=body, headers={"Content-Type": "application/json"})
    assert await failed(answer) == told


async def test_a_backslash_before_u0000_is_text_like_any_other(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/notes", json={"text": "\\u0000"})
    assert answer.json()["data"]["text"] == "\\u0000"


async def test_a_body_that_does_not_say_that_it_is_json_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/notes", content=b'{"text": "a"}', headers={"Content-Type": "text/plain"})
    assert await failed(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=1&limit=2", "cursor=%00", "tag=%00"])
async def test_a_query_that_is_not_as_it_should_be_is_told_by_field(client: httpx2.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/notes?{query}")
    assert await failed(answer) == (422, "validation_failed")
    assert answer.json()["error"]["details"]["fields"][0]["field"].startswith(query.partition("=")[0])


async def test_a_list_in_the_query_is_all_of_its_values(client: httpx2.AsyncClient) -> None:
    answer: Any = (await client.get("/api/tags?tag=a&tag=b&unknown=1")).json()
    assert answer["data"] == {"tags": ["a", "b"]}


@pytest.mark.parametrize("id", ["%00", "a%0Ab", "x" * 129, "%ff%fe" * 65])
async def test_what_can_be_nobodys_id_is_not_found(client: httpx2.AsyncClient, id: str) -> None:
    assert await failed(await client.get(f"/api/notes/{id}")) == (404, "not_found")


async def test_a_method_that_is_not_there_is_refused_with_those_that_are(client: httpx2.AsyncClient) -> None:
    refused = await client.patch("/api/notes/note_000")
    asked = await client.options("/api/notes/note_000")
    assert await failed(refused) == (405, "method_not_supported")
    assert refused.headers["allow"] == asked.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    assert (asked.status_code, asked.content) == (204, b"")


async def test_an_address_that_is_not_there_is_refused_in_the_envelope(client: httpx2.AsyncClient) -> None:
    for accept in ("application/json", "text/html"):
        answer = await client.get("/api/nothing/here", headers={"Accept": accept})
        assert await failed(answer) == (404, "unknown_url")


async def test_an_error_of_ours_tells_the_client_nothing_of_it(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/broken")
    assert await failed(answer) == (500, "internal_error")
    assert "version" not in answer.text


async def test_a_head_request_is_answered_as_a_get_without_the_body(client: httpx2.AsyncClient) -> None:
    head, got = await client.head("/api/notes"), await client.get("/api/notes")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_what_the_client_has_already_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    id = (await client.post("/api/notes", json={"text": "once"})).json()["data"]["id"]
    etag = (await client.get(f"/api/notes/{id}")).headers["etag"]
    again = await client.get(f"/api/notes/{id}", headers={"If-None-Match": f'"other", {etag}'})
    changed = await client.get(f"/api/notes/{id}", headers={"If-None-Match": '"other"'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert changed.status_code == 200


async def test_an_edit_of_a_version_that_was_changed_meanwhile_is_refused(client: httpx2.AsyncClient) -> None:
    id = (await client.post("/api/notes", json={"text": "first"})).json()["data"]["id"]
    seen = (await client.get(f"/api/notes/{id}")).headers["etag"]
    mine = await client.put(f"/api/notes/{id}", json={"text": "second"}, headers={"If-Match": seen})
    late = await client.put(f"/api/notes/{id}", json={"text": "third"}, headers={"If-Match": seen})
    no_etag = await client.put(f"/api/notes/{id}", json={"text": "third"}, headers={"If-Match": '"once"'})
    follow = await client.put(f"/api/notes/{id}", json={"text": "fourth"}, headers={"If-Match": mine.headers["etag"]})
    assert mine.headers["etag"] not in ("", seen)
    assert await failed(late) == (412, "changed_meanwhile")
    assert await failed(no_etag) == (422, "validation_failed")
    assert follow.json()["data"]["text"] == "fourth"


async def test_a_page_of_another_origin_changes_nothing(client: httpx2.AsyncClient) -> None:
    evil = {"Origin": "https://evil.example"}
    for method in ("PUT", "DELETE"):
        refused = await client.request(method, "/api/notes/note_000", headers=evil, json={"text": "a"})
        assert await failed(refused) == (403, "origin_denied")


async def test_pages_follow_each_other_to_the_end_without_gaps(client: httpx2.AsyncClient) -> None:
    for number in range(7):
        await client.post("/api/notes", json={"text": f"{number}"})
    whole = (await client.get("/api/notes?limit=200")).json()["data"]
    found, cursor = list[Any](), ""
    while cursor is not None:
        page = (await client.get("/api/notes", params={"limit": 3, "cursor": cursor})).json()["data"]
        found, cursor = found + page["items"], page["next"]
    assert (found, whole["next"]) == (whole["items"], None)


async def test_an_answer_that_fails_on_the_way_is_cut_and_the_log_says_why_in_a_line(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logs, pytest.raises(httpx2.RemoteProtocolError):
        await client.get("/api/cut")
    assert [(line["event"], line["reason"]) for line in logs] == [("an answer was cut short", "The place is gone.")]
    assert [record.message for record in caplog.records if record.exc_info] == []


async def test_a_version_that_no_database_could_keep_is_the_clients_error(client: httpx2.AsyncClient) -> None:
    id = (await client.post("/api/notes", json={"text": "a"})).json()["data"]["id"]
    answer = await client.put(f"/api/notes/{id}", json={"text": "b"}, headers={"If-Match": f'"{2**31}"'})
    assert await failed(answer) == (422, "validation_failed")
