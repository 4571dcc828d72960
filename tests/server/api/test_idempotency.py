"""A request that is sent again with its `Idempotency-Key`: done once, whatever happens, on both databases."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import text
from starlette.responses import Response

from pipeline.errors import EngineBusy
from server.api.idempotency import KEPT_MS, LONGEST_WORK_MS, IdempotencyKeys
from server.errors import Conflict, ValidationFailed
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.ids import now_ms
from server.storage.tables.accounts import people
from tests.server.api.notes import notes_client

ROOT = Path(__file__).parents[3]

NOW = 1_800_000_000_000


class Work:
    """Counts how often it is done."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self) -> Response:
        self.done += 1
        return Response(f"made {self.done}", 201, {"Location": "/made", "Set-Cookie": "a=b"})


async def refused(asked: Awaitable[Response]) -> str:
    with pytest.raises(Conflict) as error:
        await asked
    return error.value.code


def at(moment: int, database: Database) -> IdempotencyKeys:
    return IdempotencyKeys(database, lambda: moment)


async def test_sent_again_it_is_not_done_again_and_answered_the_same(database: Database) -> None:
    keys, work = IdempotencyKeys(database), Work()
    first, again = [await keys.once("ann", "k", "f", work) for _ in range(2)]
    assert (work.done, again.status_code, again.body) == (1, 201, first.body)
    assert again.headers["location"] == "/made"
    assert "set-cookie" not in again.headers
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")


async def test_each_person_has_keys_of_their_own(database: Database) -> None:
    keys, work = IdempotencyKeys(database), Work()
    for person in ("ann", "ben"):
        await keys.once(person, "k", "f", work)
    assert work.done == 2


async def test_another_request_with_a_used_key_is_refused(database: Database) -> None:
    keys, work = IdempotencyKeys(database), Work()
    await keys.once("ann", "k", "f", work)
    assert await refused(keys.once("ann", "k", "other", work)) == "idempotency_key_reused"
    assert work.done == 1


async def test_while_the_first_is_being_done_a_second_is_told_to_wait(database: Database) -> None:
    keys, work, go_on, begun = IdempotencyKeys(database), Work(), asyncio.Event(), asyncio.Event()

    async def slow() -> Response:
        begun.set()
        await go_on.wait()
        return await work()

    first = asyncio.create_task(keys.once("ann", "k", "f", slow))
    await begun.wait()
    second = await refused(keys.once("ann", "k", "f", work))
    go_on.set()
    await first
    assert (second, work.done) == ("idempotency_in_progress", 1)


async def test_of_many_at_once_one_is_done(database: Database) -> None:
    work = Work()
    servers = [IdempotencyKeys(database) for _ in range(2)]  # as two replicas on one database
    asked = (servers[number % 2].once("ann", "k", "f", work) for number in range(20))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert work.done == 1
    assert {type(answer) for answer in answers} <= {Response, Conflict}


async def test_what_failed_on_purpose_may_be_tried_again_with_the_same_key(database: Database) -> None:
    async def busy() -> Response:
        raise EngineBusy("Later.")

    keys, work = IdempotencyKeys(database), Work()
    with pytest.raises(EngineBusy):
        await keys.once("ann", "k", "f", busy)
    assert (await keys.once("ann", "k", "f", work)).body == b"made 1"


async def broken() -> Response:
    raise RuntimeError("nobody foresaw this")


async def killed() -> Response:
    raise asyncio.CancelledError


@pytest.mark.parametrize("ending", [broken, killed])
async def test_what_may_have_been_done_is_never_done_twice(
    database: Database, ending: Callable[[], Awaitable[Response]]
) -> None:
    work = Work()
    with pytest.raises((RuntimeError, asyncio.CancelledError)):
        await at(NOW, database).once("ann", "k", "f", ending)
    soon = await refused(at(NOW + 1000, database).once("ann", "k", "f", work))
    late = await refused(at(NOW + LONGEST_WORK_MS + 1, database).once("ann", "k", "f", work))
    assert (soon, late, work.done) == ("idempotency_in_progress", "idempotency_unfinished", 0)


@asynccontextmanager
async def cannot_be_written(database: Database) -> AsyncIterator[None]:
    """Keys can be written again when the block ends; what begins in it finds no table."""
    for before, after in (("idempotency_keys", "away"), ("away", "idempotency_keys")):
        if before == "away":
            yield
        async with database.write() as connection:
            await connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


async def test_what_was_done_is_answered_also_where_the_answer_cannot_be_kept_and_not_done_again(
    database: Database,
) -> None:
    work = Work()
    async with AsyncExitStack() as stack:

        async def done_as_the_disk_fails() -> Response:
            await stack.enter_async_context(cannot_be_written(database))
            return await work()

        answer = await IdempotencyKeys(database).once("ann", "k", "f", done_as_the_disk_fails)
    assert (answer.status_code, work.done) == (201, 1)
    assert await refused(IdempotencyKeys(database).once("ann", "k", "f", work)) == "idempotency_in_progress"


async def test_why_a_request_failed_is_told_also_where_its_key_cannot_be_given_free(database: Database) -> None:
    async with AsyncExitStack() as stack:

        async def busy_as_the_disk_fails() -> Response:
            await stack.enter_async_context(cannot_be_written(database))
            raise EngineBusy("Later.")

        with pytest.raises(EngineBusy):
            await IdempotencyKeys(database).once("ann", "k", "f", busy_as_the_disk_fails)


async def test_a_key_is_kept_for_a_day(database: Database) -> None:
    work = Work()
    for moment in (NOW, NOW + KEPT_MS, NOW + KEPT_MS + 1):
        await at(moment, database).once("ann", "k", "f", work)
    assert work.done == 2


async def test_a_clock_that_is_set_back_does_it_once_all_the_same(database: Database) -> None:
    work = Work()
    for moment in (NOW, NOW - 10 * KEPT_MS):
        await at(moment, database).once("ann", "k", "f", work)
    assert work.done == 1


async def test_answers_go_with_their_person(database: Database) -> None:
    work = Work()
    await IdempotencyKeys(database).once("ann", "k", "f", work)
    async with database.write() as connection:
        await connection.execute(people.delete().where(people.c.id == "ann"))
        await connection.execute(people.insert().values(id="ann", role="member", created_at=0))
    await IdempotencyKeys(database).once("ann", "k", "f", work)
    assert work.done == 2


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é", "a\n"])
async def test_a_key_that_no_header_should_have_is_refused(database: Database, key: str) -> None:
    with pytest.raises(ValidationFailed):
        await IdempotencyKeys(database).once("ann", key, "f", Work())


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with notes_client() as client:
        yield client


async def test_every_post_takes_a_key(client: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    first, again = [await client.post("/api/notes", json={"text": "milk"}, headers=key) for _ in range(2)]
    other = await client.post("/api/notes", json={"text": "bread"}, headers=key)
    listed = (await client.get("/api/notes")).json()["data"]["items"]
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert again.headers["location"] == first.headers["location"]
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert len(listed) == 1


async def test_an_answer_with_a_secret_in_it_is_not_kept(client: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "k"}
    answers = [await client.post("/api/secrets", json={"text": "a"}, headers=key) for _ in range(2)]
    assert answers[0].json() != answers[1].json()


KILLED_AT_WORK = """
import asyncio, os, signal, sys
from pydantic import SecretStr
from server.api.idempotency import IdempotencyKeys
from server.settings.keeping import StorageSettings
from server.storage.database import open_database

async def work():
    with open(sys.argv[3], "a") as made:
        made.write("made\\n")
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    url = SecretStr(sys.argv[2]) if sys.argv[2] else None
    database = open_database(StorageSettings(folder=sys.argv[1], database_url=url))
    await IdempotencyKeys(database).once("ann", "k", "f", work)

asyncio.run(main())
"""


async def test_a_server_that_is_killed_between_the_work_and_the_answer_leaves_it_done_once(
    database: Database, storage: StorageSettings, tmp_path: Path
) -> None:
    url, made, again = storage.database_url, tmp_path / "made", Work()
    place = (str(storage.folder), url.get_secret_value() if url else "", str(made))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED_AT_WORK, *place, cwd=ROOT)
    assert await process.wait() == -signal.SIGKILL
    assert await refused(IdempotencyKeys(database).once("ann", "k", "f", again)) == "idempotency_in_progress"
    later = at(now_ms() + LONGEST_WORK_MS + 1, database)
    assert await refused(later.once("ann", "k", "f", again)) == "idempotency_unfinished"
    assert (made.read_text("utf-8"), again.done) == ("made\n", 0)
