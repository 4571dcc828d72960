"""What one answer is asked to be, other than the conversation is set."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pipeline.engines.protocols import Message, Tool
from tests.server.expressive_engines import Reciter
from tests.server.talking import talking
from tests.serving import PACED_S, Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOK_UP = {"type": "function", "name": "look_up", "description": "Looks it up.", "parameters": {"type": "object"}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving(instead={"chat_model": Reciter()}) as running:
        yield running


async def test_what_one_answer_is_asked_for_reaches_the_model(server: Serving) -> None:
    line = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Now!"}]}
    async with talking(server) as talk:
        await talk.configure(instructions="Be kind.", max_output_tokens=50, tool_choice="none")
        item = (await talk.write("Hello"))["item"]
        await talk.ask(
            instructions="Be brief.",
            tools=[LOOK_UP],
            tool_choice={"type": "function", "name": "look_up"},
            max_output_tokens="inf",
            input=[{"type": "item_reference", "id": item["id"]}, line],
        )
        asked = server.loaded.engines.chat_model.asked[-1]  # type: ignore[attr-defined]

        assert asked.messages == [Message("system", "Be brief."), Message("user", "Hello\nNow!")]
        assert list(asked.tools) == [Tool("look_up", "Looks it up.", {"type": "object"})]
        assert (asked.tool_choice, asked.max_tokens) == ("look_up", None)


async def test_a_reference_to_an_item_that_is_not_there_is_refused_by_name(server: Serving) -> None:
    references = [{"type": "item_reference", "id": id} for id in ("item_mine", "item_nobodys")]
    async with talking(server) as talk:
        await talk.write("Hello", id="item_mine")
        await talk.connection.send({"type": "response.create", "event_id": "mine", "response": {"input": references}})  # type: ignore[arg-type]
        error = await talk.error("mine")

        assert (error["code"], error["param"]) == ("item_reference_invalid_item_id", "response.input.1.id")


async def test_an_answer_has_the_voice_and_the_format_that_it_was_asked_for(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.write("Hello")
        first = await talk.ask(audio={"output": {"voice": {"id": "female"}, "format": {"type": "audio/pcmu"}}})
        since = len(talk.events)
        second = await talk.ask()
        sizes = [
            sum(len(base64.b64decode(event["delta"])) for event in events if event["type"].endswith("audio.delta"))
            for events in (talk.events[:since], talk.events[since:])
        ]

        assert first["audio"]["output"] == {"voice": "female", "format": {"type": "audio/pcmu"}}
        assert second["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}
        assert sizes[1] == pytest.approx(6 * sizes[0], rel=0.02)


async def test_an_answer_is_cancelled_by_its_id() -> None:
    async with serving(lead_s=PACED_S) as server, talking(server) as talk:
        await talk.write("Please count to one hundred.")
        await talk.connection.response.create()
        id = (await talk.until("response.created"))["response"]["id"]
        await talk.connection.response.cancel(response_id="resp_another", event_id="mine")
        error = await talk.error("mine")
        await talk.connection.response.cancel(response_id=id)
        done = (await talk.until("response.done"))["response"]

        assert error["code"] == "response_cancel_not_active"
        assert (done["id"], done["status_details"]["reason"]) == (id, "client_cancelled")
