"""Practices that are talked over a real socket, with the scripted model: from the opening to the end, and who may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from server.practice.store import PracticeStore
from server.protocol import connection
from tests.loop_clock import LoopClock
from tests.server.practice.practising import personas_in
from tests.server.talking import Talk, talking
from tests.serving import Serving, serving
from tests.speech import sentence, silence

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = "I did this by myself for three years, and I sold two hundred loaves a day in it."
INTERVIEW = {"kind": "interview", "language": "en", "interview": {"role": "baker", "strictness": "friendly"}}
SCENE = {"kind": "language", "language": "en", "own_language": "zh", "scene": {"scene": "bakery", "correcting": "all"}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serving]:
    personas: Path = personas_in(tmp_path_factory.mktemp("with"))
    async with serving(personas=str(personas), chat_model="scripted", rate_writes=0, rate_costly=0) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as one:
        yield one


async def made(client: httpx2.AsyncClient, body: Any) -> Any:
    answer = await client.post("practices", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def text_of(done: dict[str, Any]) -> str:
    content = done["output"][0]["content"][0]
    return str(content.get("text") or content.get("transcript"))


async def greeted(talk: Talk) -> str:
    since = len(talk.events)
    await talk.connection.send({"type": "kaikou.greet"})  # type: ignore[arg-type]
    return text_of((await talk.until("response.done", since))["response"])


async def say(talk: Talk, text: str) -> str:
    await talk.write(text)
    return text_of(await talk.ask())


async def practise(talk: Talk, id: str, **session: Any) -> dict[str, Any]:
    return await talk.configure(output_modalities=["text"], kaikou={"practice": id}, **session)


def told(talk: Talk) -> dict[str, Any]:
    """How the practice stands, as the client was told last."""
    return [event for event in talk.events if event["type"] == "kaikou.practice"][-1]


async def row_of(server: Serving, id: str, state: str = "over") -> Any:
    """What is kept of the practice, as soon as it is so."""
    async with asyncio.timeout(20):
        while True:
            row = await server.app.state.services.practices.store.get("owner", id)
            if row.state == state:
                return row
            await asyncio.sleep(0.02)


async def refused(talk: Talk, id: object) -> dict[str, Any]:
    """The error that taking this practice ends in."""
    since = len(talk.events)
    session = {"type": "realtime", "kaikou": {"practice": id}}
    await talk.connection.send({"type": "session.update", "session": session})  # type: ignore[arg-type, misc]
    return dict((await talk.until("error", since))["error"])


async def test_an_interview_goes_from_its_opening_to_its_end(server: Serving, client: httpx2.AsyncClient) -> None:
    practice = await made(client, INTERVIEW)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        session = await practise(talk, practice["id"])
        said = [await greeted(talk)]
        while not told(talk)["over"]:
            since = len(talk.events)
            said.append(await say(talk, GOOD))
            await talk.until("kaikou.practice", since)
        after = await say(talk, "What is your name?")

    asked = [step["ask"][0] for step in practice["steps"]]
    assert session["kaikou"]["practice"] == practice["id"]
    assert said[0] == f"{practice['opening']} {asked[0]}"
    assert [ask in line for ask, line in zip(asked, said, strict=False)] == [True] * len(asked)
    assert {step["state"] for step in told(talk)["steps"]} == {"done"}
    assert said[-1] == practice["closing"]
    assert after
    row = await row_of(server, practice["id"])
    assert [made["step"] for made in row.moves.values()] == [step["id"] for step in practice["steps"]]


async def test_how_it_stands_is_told_after_the_session_was_updated(server: Serving, client: httpx2.AsyncClient) -> None:
    practice = await made(client, SCENE)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await practise(talk, practice["id"])
        first = await talk.until("kaikou.practice")
        types = talk.types
        await greeted(talk)
        await talk.until("kaikou.practice", since=len(types))
        await say(talk, "Skip this one, please.")
        await talk.until("kaikou.practice", where=lambda event: event["steps"][0]["state"] == "skipped")

    assert types.index("session.updated") < types.index("kaikou.practice")
    assert (first["practice_id"], first["step"], first["over"]) == (practice["id"], "", False)
    assert [step["state"] for step in first["steps"]] == ["open"] * 4
    assert (told(talk)["step"], told(talk)["left_s"]) == ("sliced", 600)


async def test_a_slip_is_said_right_and_told_at_its_line_once(server: Serving, client: httpx2.AsyncClient) -> None:
    practice = await made(client, SCENE)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await practise(talk, practice["id"])
        await greeted(talk)
        line = await talk.write("Yesterday I go to the shop, and I would like a loaf.")
        answer = text_of(await talk.ask())
        correction = await talk.until("kaikou.correction")
        await say(talk, "Yes, please.")

    corrections = [event for event in talk.events if event["type"] == "kaikou.correction"]
    expected = {
        "type": "kaikou.correction",
        "event_id": correction["event_id"],
        "item_id": line["item"]["id"],
        "at": 0,
        "said": "Yesterday I go",
        "better": "Yesterday I went",
        "reason": correction["reason"],
        "kind": "R:VERB:TENSE",
    }
    assert corrections == [expected]
    assert answer == "You mean: Yesterday I went to the shop, and I would like a loaf. Okay. Shall I slice it?"
    row = await row_of(server, practice["id"])
    assert [(one["line_id"], one["said"], one["source"]) for one in row.corrections] == [
        (line["item"]["id"], "Yesterday I go", "rules")
    ]


async def test_by_voice_the_first_question_is_answered_and_the_next_one_asked(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    practice = await made(client, INTERVIEW)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await talk.configure(kaikou={"practice": practice["id"]})
        opening = await greeted(talk)
        since = len(talk.events)
        await talk.hear(sentence(24_000))
        await talk.hear(silence(6.0, 24_000))
        answer = text_of((await talk.until("response.done", since))["response"])
        await talk.until("kaikou.practice", since)

    assert practice["steps"][0]["ask"][0] in opening
    assert answer
    assert answer != opening
    row = await row_of(server, practice["id"])
    assert [made["step"] for made in row.moves.values()] == [practice["steps"][0]["id"]]


async def test_a_card_that_is_due_is_asked_for_and_reviewed_as_it_was_answered(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    made_cards = []
    for said, better in (("goed", "went"), ("childs", "children")):
        card = {"language": "en", "said": said, "better": better, "sentence": f"They {said} to the park."}
        made_cards.append((await client.post("practice/cards", json=card)).json()["data"])
    practice = await made(client, SCENE)
    cards = [step["card"] for step in practice["steps"] if step["card"]]
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await practise(talk, practice["id"])
        await greeted(talk)
        answers = {cards[0]: "They went to the park.", cards[1]: "They childs to the park, or so."}
        while not told(talk)["over"]:
            since = len(talk.events)
            now = next((step["card"] for step in practice["steps"] if step["id"] == told(talk)["step"]), "")
            await say(talk, answers.get(now, "Yes, I would like that loaf, please."))
            await talk.until("kaikou.practice", since)
    row = await row_of(server, practice["id"])
    async with asyncio.timeout(20):
        while len(due := (await client.get("practice/cards?due=true")).json()["data"]["items"]) > 0:
            await asyncio.sleep(0.02)
    listed = {one["id"]: one for one in (await client.get("practice/cards")).json()["data"]["items"]}
    good, again = (await client.get("practice/cards")).json()["data"]["items"][::-1]
    for card_made in made_cards:
        await client.delete(f"practice/cards/{card_made['id']}")

    assert cards == [one["id"] for one in made_cards]
    assert [move["rating"] for move in row.moves.values() if "rating" in move] == ["good", "again"]
    assert (due, set(listed), good["id"], again["id"]) == ([], set(cards), *cards)
    assert [one["version"] for one in (good, again)] == [2, 2]
    assert good["due_at"] > again["due_at"]


async def test_what_cannot_be_practised_changes_nothing(server: Serving, client: httpx2.AsyncClient) -> None:
    practice, other = await made(client, SCENE), await made(client, SCENE)
    async with (
        talking(server, practice["character_id"], extensions="kaikou") as talk,
        talking(server, practice["character_id"], extensions="kaikou") as second,
    ):
        await practise(talk, practice["id"])
        codes = [(await refused(second, id))["code"] for id in (practice["id"], "prac_none", "", "x" * 65, 7)[:2]]
        long, odd = await refused(second, "x" * 65), await refused(second, 7)
        session = await practise(second, other["id"])
        again = await refused(talk, other["id"])
        kept = await practise(talk, practice["id"])

    assert codes == ["practice_begun", "practice_not_found"]
    assert [(error["type"], error["param"]) for error in (long, odd)] == [
        ("invalid_request_error", "session.kaikou.practice")
    ] * 2
    assert session["kaikou"]["practice"] == other["id"]
    assert again["code"] == "practice_begun"
    assert kept["kaikou"]["practice"] == practice["id"]


async def test_a_practice_in_which_nothing_was_said_is_ready_again_and_one_that_is_over_is_not(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    practice = await made(client, SCENE)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await practise(talk, practice["id"])
        await greeted(talk)
    await row_of(server, practice["id"], "ready")
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await practise(talk, practice["id"])
        await say(talk, "A loaf, please.")
        left = await talk.configure(kaikou={"practice": None})
        await row_of(server, practice["id"])
        async with talking(server, practice["character_id"], extensions="kaikou") as other:
            error = await refused(other, practice["id"])

    assert "practice" not in left["kaikou"]
    assert error["code"] == "practice_over"


async def test_a_practice_that_is_deleted_meanwhile_goes_on_to_its_end(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    practice = await made(client, SCENE)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await practise(talk, practice["id"])
        await greeted(talk)
        deleted = await client.delete(f"practices/{practice['id']}")
        answer = await say(talk, "A loaf, please.")

    assert (deleted.status_code, answer) == (200, "Okay. Shall I slice it?")


async def test_a_conversation_that_is_gone_on_with_goes_on_with_its_practice(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    practice = await made(client, SCENE)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await practise(talk, practice["id"])
        await greeted(talk)
        await say(talk, "A loaf, please.")
        keeping = await talk.until("kaikou.keeping")
        query = {"extensions": "kaikou", "continue": keeping["conversation_id"]}
        async with talking(server, practice["character_id"], **query) as later:
            await later.until("kaikou.practice")
            answer = await say(later, "Yes, please.")

    assert answer == "All right. Anything else?"
    assert [step["state"] for step in told(later)["steps"][:2]] == ["done", "done"]
    row = await row_of(server, practice["id"])
    assert [made["step"] for made in row.moves.values()] == ["order", "sliced"]


async def test_a_talk_begins_without_its_practice_if_the_database_takes_too_long(
    server: Serving, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(*_asked: object) -> None:
        await asyncio.Event().wait()

    practice = await made(client, SCENE)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await practise(talk, practice["id"])
        await greeted(talk)
        await say(talk, "A loaf, please.")
        keeping = await talk.until("kaikou.keeping")
        monkeypatch.setattr(PracticeStore, "begin", hanging)
        monkeypatch.setattr(connection, "FIND_S", 0.05)
        query = {"extensions": "kaikou", "continue": keeping["conversation_id"]}
        async with talking(server, practice["character_id"], **query) as later:
            await later.until("error")
            await later.configure(output_modalities=["text"])
            answer = await say(later, "Yes, please.")

    assert answer
    assert "kaikou.practice" not in later.types


async def test_the_clients_own_instructions_win_over_a_practice(server: Serving, client: httpx2.AsyncClient) -> None:
    practice = await made(client, SCENE)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        session = await practise(talk, practice["id"], instructions="You are a parrot.")
        answer = await say(talk, "A loaf, please.")

    assert session["instructions"] == "You are a parrot."
    assert "Shall I slice it?" not in answer


async def test_a_client_without_our_extensions_is_told_nothing_of_ours(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    practice = await made(client, SCENE)
    async with talking(server, practice["character_id"]) as talk:
        await practise(talk, practice["id"])
        answer = await say(talk, "A loaf, please.")

    assert "What can I get you?" in answer
    assert [type for type in talk.types if type.startswith("kaikou.")] == []


async def test_who_says_nothing_is_helped(server: Serving, client: httpx2.AsyncClient) -> None:
    practice = await made(client, SCENE)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        clock = LoopClock()
        await practise(talk, practice["id"])
        await greeted(talk)
        await talk.hear(silence(1.0, 24_000))
        await practise(talk, practice["id"])  # once this is told, all before it was heard
        since = len(talk.events)
        clock.advance(12.0)
        helped = text_of((await talk.until("response.done", since))["response"])

    assert helped == "A hint: I'd like …, please."
