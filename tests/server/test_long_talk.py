"""A talk that is longer than a conversation, or the model's window, may be goes on, and what leaves it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pipeline.text.tokens import tokens_of
from tests.models.chat_server import chat_server, delta, listing, saying
from tests.server.talking import Talk, talking
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONGEST = 10
TURN_DETECTED = {"input": {"transcription": {"model": "whisper-1"}, "turn_detection": {"type": "server_vad"}}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def short() -> AsyncIterator[Serving]:
    async with serving(conversation_items=LONGEST) as running:
        yield running


def kept(talk: Talk) -> list[str]:
    """The items that a client which follows the events knows, in order of their coming."""
    known: dict[str, None] = {}
    for event in talk.events:
        if event["type"] == "conversation.item.added":
            known[event["item"]["id"]] = None
        elif event["type"] == "conversation.item.deleted":
            del known[event["item_id"]]
        assert len(known) <= LONGEST
    return list(known)


async def fill(talk: Talk) -> None:
    for number in range(LONGEST):
        await talk.write(f"Line {number}", id=f"line_{number}")


async def test_a_typed_talk_goes_on_past_the_longest_conversation(short: Serving) -> None:
    async with talking(short) as talk:
        await fill(talk)
        await talk.write("Hello", id="mine")
        response = await talk.ask(output_modalities=["text"])

        assert (response["status"], kept(talk)[-2:]) == ("completed", ["mine", response["output"][0]["id"]])
        assert kept(talk)[0] == "line_2"


async def test_a_spoken_talk_goes_on_past_the_longest_conversation(short: Serving) -> None:
    async with talking(short) as talk:
        await talk.configure(audio=TURN_DETECTED)
        await fill(talk)
        for _ in range(2):
            since = len(talk.events)
            await talk.say_something()
            done = await talk.until("response.done", since)
            added = await talk.until("conversation.item.input_audio_transcription.completed", since)
            answered = done["response"]
            assert (answered["status"], kept(talk)[-2:]) == (
                "completed",
                [added["item_id"], answered["output"][0]["id"]],
            )
        assert len(kept(talk)) == LONGEST


async def test_every_item_of_a_spoken_answer_is_announced_though_the_conversation_is_full(short: Serving) -> None:
    async with talking(short) as talk:
        await fill(talk)
        await talk.ask()
        announced = {event["item"]["id"] for event in talk.events if event["type"] == "conversation.item.added"}

        assert {
            event["item_id"] for event in talk.events if event["type"] == "response.output_audio.delta"
        } <= announced


async def test_what_left_is_not_there_any_more(short: Serving) -> None:
    async with talking(short) as talk:
        await fill(talk)
        await talk.write("One more", id="mine")
        await talk.connection.conversation.item.retrieve(item_id="line_0", event_id="mine_1")
        error = await talk.error("mine_1")

        assert (error["code"], kept(talk)[0]) == ("item_retrieve_invalid_item_id", "line_1")


async def test_a_stock_client_with_a_long_talk_stays_in_the_models_window_and_keeps_its_beginning() -> None:
    answer, chatter = (
        saying(delta(content="I see."), delta("stop")),
        "It rained, and the train stood still for a while.",
    )
    async with chat_server(answer, models=listing("m")) as model:
        settings = {"chat_model": "openai", "llm_base_url": model.base_url, "prompt_tokens": 1_000}
        async with serving(**settings) as server, talking(server) as talk:
            await talk.configure(instructions="Be brief.", output_modalities=["text"])
            await talk.write("My name is Ada, and my sister is called Mia.")
            for _ in range(120):
                await talk.write(chatter)
            await talk.ask()

    shown = [(message["role"], message["content"]) for message in model.asked[-1].body["messages"]]
    assert shown[0] == ("system", "Be brief.")
    assert "My name is Ada, and my sister is called Mia." in shown[1][1]
    assert 300 < sum(tokens_of(text) for _role, text in shown) <= 1_000
