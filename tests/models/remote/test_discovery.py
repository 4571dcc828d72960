import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from models.remote.discovery import LocalModel, find_local_model, first_chat_model
from tests.models.chat_server import Answer, Line, chat_server, listing, refusing


async def found(*answers: Answer, timeout_s: float = 1.0) -> LocalModel | None:
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(chat_server(answer)) for answer in answers]
        return await find_local_model(timeout_s, {f"server {at}": server.port for at, server in enumerate(servers)})


async def silent(line: Line) -> None:
    await line.until_hung_up()


async def endless(line: Line) -> None:
    await line.start(200, "application/json")
    while True:
        try:
            await line.send(" " * 100_000)
        except ConnectionError:
            return


async def not_http(line: Line) -> None:
    await line.send("hello?")


async def test_a_server_is_found_with_its_first_chat_model() -> None:
    async with chat_server(listing("nomic-embed-text:latest", "llama3.2:3b")) as server:
        local = await find_local_model(1.0, {"Ollama": server.port})

    assert local == LocalModel("Ollama", server.base_url, "llama3.2:3b")
    assert [asked.path for asked in server.asked] == ["/v1/models"]


async def test_the_first_in_the_list_is_taken_though_another_answers_sooner() -> None:
    second_answered = asyncio.Event()

    async def late(line: Line) -> None:
        await second_answered.wait()
        await listing("first")(line)

    async def soon(line: Line) -> None:
        await listing("second")(line)
        second_answered.set()

    local = await found(late, soon)

    assert local is not None
    assert (local.server, local.model) == ("server 0", "first")


@pytest.mark.parametrize(
    "answer",
    [
        refusing(404, "not found"),
        refusing(200, "<html>hello</html>"),
        refusing(200, "[1, 2]"),
        refusing(200, json.dumps({"data": [{"id": "m"}]})),
        refusing(200, json.dumps({"object": "list", "data": [{"id": 5}, "m", {}]})),
        refusing(200, json.dumps({"object": "list", "data": {"id": "m"}})),
        listing(),
        listing("text-embedding-3-small", "bge-m3", "whisper-1"),
        not_http,
        endless,
    ],
)
async def test_whatever_else_listens_there_is_passed_over(answer: Answer) -> None:
    local = await found(answer, listing("m"))

    assert local is not None
    assert local.server == "server 1"


async def test_a_silent_server_is_given_up_within_the_bound() -> None:
    async with asyncio.timeout(1):
        assert await found(silent, silent, timeout_s=0.1) is None


async def test_where_nobody_listens_nothing_is_found() -> None:
    async with chat_server(listing("m")) as server:
        pass

    assert await find_local_model(1.0, {"gone": server.port}) is None


@pytest.mark.parametrize("name", ["llama3.2", "gpt-4o", "qwen2.5-coder", "better-base-5"])
def test_a_chat_model_is_told_by_its_name(name: str) -> None:
    assert first_chat_model(["mxbai-embed-large", "jina-reranker-v2", "bge-small-en", name]) == name
