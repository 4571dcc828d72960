"""Security questions, an option: over HTTP, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import select

from server.accounts.proofs.questions import QUESTIONS
from server.settings.keeping import StorageSettings
from server.storage.tables.accounts import security_questions
from tests.server.accounts.people import PASSWORD, browser, me, outcome, register, serving_on
from tests.serving import Serving

OWN = "/api/account/questions"
ANSWERS = {"first_pet": "Rex", "first_teacher": "Frau Müller", "grandmother": "王秀英"}
NEW = "a new one, and long"


@pytest_asyncio.fixture
async def server(storage: StorageSettings) -> AsyncIterator[Serving]:
    async with serving_on(storage, security_questions=True) as running:
        yield running


async def choose(client: httpx2.AsyncClient, answers: dict[str, str], password: str = PASSWORD) -> httpx2.Response:
    return await client.put(OWN, json={"answers": answers, "password": password})


async def answer(
    client: httpx2.AsyncClient, answers: dict[str, str], email: str = "ann@example.org"
) -> httpx2.Response:
    body = {"email": email, "answers": answers, "password": NEW}
    return await client.post("/api/account/password/answers", json=body)


async def test_the_answers_set_a_new_password_however_they_are_typed_and_end_all_log_ins(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as elsewhere:
        await register(ann, "ann@example.org")
        await choose(ann, ANSWERS)
        asked = (await elsewhere.post("/api/account/password/questions", json={"email": "ann@example.org"})).json()[
            "data"
        ]
        typed = {"first_pet": " rex.", "first_teacher": "FRAU MÜLLER", "grandmother": "王 秀英"}
        reset = await answer(elsewhere, typed)
        log_in = await elsewhere.post("/api/account/login", json={"email": "ann@example.org", "password": NEW})

        assert sorted(asked["questions"]) == sorted(ANSWERS)
        assert (outcome(reset), outcome(log_in)) == ((200, ""), (200, ""))
        assert await me(ann) is None


@pytest.mark.parametrize(
    "answers",
    [
        ANSWERS | {"first_pet": "Max"},
        {"first_pet": "Rex", "first_teacher": "Frau Müller"},
        {},
        ANSWERS | {"first_job": "Rex"},
    ],
    ids=["one is wrong", "one is missing", "none", "one too many"],
)
async def test_all_answers_have_to_be_right(server: Serving, answers: dict[str, str]) -> None:
    async with browser(server) as ann, browser(server) as guesser:
        await register(ann, "ann@example.org")
        await choose(ann, ANSWERS)

        assert outcome(await answer(guesser, answers)) == (401, "wrong_answers")


async def test_guesses_are_few(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as guesser:
        await register(ann, "ann@example.org")
        await choose(ann, ANSWERS)
        outcomes = [outcome(await answer(guesser, ANSWERS | {"first_pet": f"pet {number}"})) for number in range(7)]

        assert outcomes[-1] == (429, "too_many_attempts")


async def test_an_address_without_an_account_looks_like_one_with_questions(server: Serving) -> None:
    async with browser(server) as stranger:
        asked = [
            (await stranger.post("/api/account/password/questions", json={"email": email})).json()["data"]["questions"]
            for email in ("nobody@example.org", "nobody@example.org", "other@example.org")
        ]

        assert asked[0] == asked[1]
        assert {len(set(questions)) for questions in asked} == {3}
        assert outcome(await answer(stranger, ANSWERS, "nobody@example.org")) == (401, "wrong_answers")


async def test_the_order_of_the_questions_does_not_tell_whether_somebody_chose_them(server: Serving) -> None:
    emails = ["ann@example.org", *(f"nobody{number}@example.org" for number in range(8))]
    async with browser(server) as ann, browser(server) as stranger:
        await register(ann, emails[0])
        await choose(ann, dict(reversed(ANSWERS.items())))
        answers = [await stranger.post("/api/account/password/questions", json={"email": email}) for email in emails]
        asked = [answer.json()["data"]["questions"] for answer in answers]

        assert asked == [[question for question in QUESTIONS if question in some] for some in asked]


async def test_a_password_that_is_the_name_of_the_account_tells_a_stranger_nothing(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as guesser:
        await register(ann, "ann@example.org", name=NEW)
        await choose(ann, ANSWERS)
        guessed, known = await answer(guesser, ANSWERS | {"first_pet": "Max"}), await answer(guesser, ANSWERS)

        assert (outcome(guessed), outcome(known)) == ((401, "wrong_answers"), (422, "validation_failed"))


async def test_choosing_takes_the_password_and_no_answer_is_kept_as_it_was_told(server: Serving) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")
        wrong = await choose(ann, ANSWERS, "not the password")
        short = await choose(ann, ANSWERS | {"first_pet": "!"})
        await choose(ann, ANSWERS)
        async with server.app.state.services.database.read() as connection:
            row: Any = (await connection.execute(select(security_questions))).one()

        assert (outcome(wrong), outcome(short)) == ((403, "wrong_password"), (422, "validation_failed"))
        assert row.answers_hash.startswith("$argon2id$")


async def test_whoever_wants_to_be_asked_nothing_any_more_is_not(server: Serving) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")
        await choose(ann, ANSWERS)
        await choose(ann, {})

        assert (await ann.get(OWN)).json()["data"]["chosen"] == []
        assert outcome(await answer(ann, ANSWERS)) == (401, "wrong_answers")


async def test_without_the_setting_there_are_none(storage: StorageSettings) -> None:
    async with serving_on(storage) as server, browser(server) as ann:
        await register(ann, "ann@example.org")

        assert outcome(await choose(ann, ANSWERS)) == (403, "questions_off")
        assert outcome(await answer(ann, ANSWERS)) == (403, "questions_off")
