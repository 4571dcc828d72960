"""Audio inside items, through the official client: heard, told, and part of what the model sees."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from models.stub import RecognizerSettings, StubRecognizer, StubUtterance
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition
from tests.server.expressive_engines import Reciter
from tests.server.talking import Event, Talk, talking
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


class Measure(StubUtterance):
    """Hears in everything how long it is."""

    heard = 0

    def accept(self, pcm: Samples) -> str:
        self.heard += len(pcm)
        return "about"

    def settle(self, budget_s: float) -> Recognition:
        return Recognition(f"about {self.heard / LINE_RATE:.1f} seconds", self._language)


class Measuring(StubRecognizer):
    def open(self, language: str = "") -> Measure:
        return Measure(self._settings, language)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving(instead={"recognizer": Measuring(RecognizerSettings()), "chat_model": Reciter()}) as running:
        yield running


def pcm(seconds: float) -> bytes:
    return np.zeros(round(seconds * 24_000), np.int16).tobytes()


def audio(data: bytes, **fields: Any) -> Event:
    return {"type": "input_audio", "audio": base64.b64encode(data).decode(), **fields}


def text(text: str) -> Event:
    return {"type": "input_text", "text": text}


def said(*content: Event, role: str = "user", **fields: Any) -> Event:
    return {"type": "message", "role": role, "content": list(content), **fields}


async def add(talk: Talk, item: Event, **fields: Any) -> None:
    event = {"type": "conversation.item.create", "item": item, **fields}
    await talk.connection.send(event)  # type: ignore[arg-type]


async def answer(talk: Talk, **response: Any) -> str:
    """What the model is asked last: it says that back."""
    done = await talk.ask(output_modalities=["text"], **response)
    return str(done["output"][0]["content"][0]["text"])


async def transcribing(talk: Talk, **audio_input: Any) -> None:
    await talk.configure(audio={"input": {"transcription": {"model": "x"}, **audio_input}})


async def test_audio_in_an_item_is_heard_and_the_model_sees_its_words(server: Serving) -> None:
    async with talking(server) as talk:
        await transcribing(talk)
        await add(talk, said(audio(pcm(1.5)), id="item_said"))

        assert await answer(talk) == "about 1.5 seconds"
        completed = await talk.until(TRANSCRIBED)
        del completed["event_id"]
        assert completed == {
            "type": TRANSCRIBED,
            "item_id": "item_said",
            "content_index": 0,
            "transcript": "about 1.5 seconds",
            "usage": {"type": "duration", "seconds": 1.5},
        }
        order = ["conversation.item.added", "conversation.item.done", TRANSCRIBED, "response.output_item.added"]
        assert [talk.types.index(type) for type in order] == sorted(talk.types.index(type) for type in order)
        deltas = [event["delta"] for event in talk.events if event["type"].endswith("transcription.delta")]
        assert "".join(deltas) == "about 1.5 seconds"


async def test_the_item_has_its_transcript_once_it_is_known(server: Serving) -> None:
    async with talking(server) as talk:
        await add(talk, said(audio(pcm(1.0)), id="item_said"))
        added = (await talk.until("conversation.item.added"))["item"]
        await answer(talk)
        await talk.connection.conversation.item.retrieve(item_id="item_said")
        retrieved = (await talk.until("conversation.item.retrieved"))["item"]

        contents = [added["content"], retrieved["content"]]
        assert contents == [[{"type": "input_audio", "transcript": words}] for words in (None, "about 1.0 seconds")]
        assert TRANSCRIBED not in talk.types


async def test_several_parts_are_heard_each_for_itself_in_their_order(server: Serving) -> None:
    async with talking(server) as talk:
        await transcribing(talk)
        await add(talk, said(text("Which is longer?"), audio(pcm(0.5)), text("Or this?"), audio(pcm(2.0))))

        assert await answer(talk) == "Which is longer?\nabout 0.5 seconds\nOr this?\nabout 2.0 seconds"
        completed = [event for event in talk.events if event["type"] == TRANSCRIBED]
        assert [(event["content_index"], event["transcript"]) for event in completed] == [
            (1, "about 0.5 seconds"),
            (3, "about 2.0 seconds"),
        ]


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ({"type": "audio/pcm", "rate": 24_000}, pcm(1.2)),
        ({"type": "audio/pcmu"}, b"\xff" * 9_600),
        ({"type": "audio/pcma"}, b"\xd5" * 9_600),
    ],
)
async def test_audio_in_items_has_the_sessions_input_format(server: Serving, format: Event, data: bytes) -> None:
    async with talking(server) as talk:
        await transcribing(talk, format=format)
        await add(talk, said(audio(data)))

        assert await answer(talk) == "about 1.2 seconds"


async def test_an_answer_beside_the_conversation_hears_its_input_and_tells_nobody(server: Serving) -> None:
    async with talking(server) as talk:
        await transcribing(talk)

        assert await answer(talk, conversation="none", input=[said(audio(pcm(0.1)))]) == "about 0.1 seconds"
        assert (TRANSCRIBED in talk.types, "conversation.item.added" in talk.types) == (False, False)


async def test_items_are_heard_wherever_they_are_put_and_sent_before_any_answer(server: Serving) -> None:
    async with talking(server) as talk:
        await add(talk, said(text("And you?"), id="item_last"))
        await add(talk, said(audio(pcm(1.0))), previous_item_id="root")
        await add(talk, said(audio(pcm(0.3))), previous_item_id="item_last")

        assert await answer(talk) == "about 1.0 seconds\nAnd you?\nabout 0.3 seconds"


async def test_a_turn_that_is_spoken_later_is_answered_with_the_words_of_the_item(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.configure(audio={"input": {"turn_detection": {"type": "server_vad"}}}, output_modalities=["text"])
        await add(talk, said(audio(pcm(60.0))))
        await talk.say_something()
        done = await talk.until("response.done")

        words = done["response"]["output"][0]["content"][0]["text"]
        assert words.startswith("about 60.0 seconds\nabout ")


async def test_a_long_turn_that_the_client_commits_is_heard_to_its_end(server: Serving) -> None:
    async with talking(server) as talk:
        await transcribing(talk, turn_detection=None)
        for _ in range(2):
            await talk.connection.input_audio_buffer.append(audio=base64.b64encode(pcm(60.0)).decode())
        await talk.connection.input_audio_buffer.commit()

        assert (await talk.until(TRANSCRIBED))["transcript"] == "about 120.0 seconds"


async def test_a_session_that_only_transcribes_transcribes_items_too(server: Serving) -> None:
    async with talking(server, intent="transcription") as talk:
        await add(talk, said(audio(pcm(1.0))))

        assert (await talk.until(TRANSCRIBED))["transcript"] == "about 1.0 seconds"


async def test_what_was_said_before_comes_with_its_words_and_is_not_heard_again(server: Serving) -> None:
    async with talking(server) as talk:
        await transcribing(talk)
        await add(talk, said({"type": "input_audio", "transcript": "Good morning."}))

        assert await answer(talk) == "Good morning."
        assert TRANSCRIBED not in talk.types


async def test_what_the_character_said_comes_with_its_words_or_is_refused(server: Serving) -> None:
    async with talking(server) as talk:
        spoken = {"type": "output_audio", "audio": base64.b64encode(pcm(1.0)).decode()}
        await add(talk, said(spoken, role="assistant"), event_id="mine")
        error = await talk.error("mine")
        await add(talk, said({**spoken, "transcript": "Hello."}, role="assistant"))
        added = (await talk.until("conversation.item.added"))["item"]

        assert (error["code"], error["param"]) == ("missing_required_parameter", "item.content.0.transcript")
        assert added["content"] == [{"type": "output_audio", "transcript": "Hello."}]


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        (said({"type": "input_audio"}), "missing_required_parameter", "item.content.0.audio"),
        (said({"type": "input_audio", "audio": "%%%"}), "invalid_base64", "item.content.0.audio"),
        (said({"type": "input_audio", "audio": "AA\0AA"}), "invalid_base64", "item.content.0.audio"),
        (said(text("x"), {"type": "input_audio", "audio": "AAA"}), "invalid_base64", "item.content.1.audio"),
        (said({"type": "input_audio", "audio": 5}), "invalid_value", "item.content.0.audio"),
        (said({"type": "input_audio", "audio": ""}), "audio_too_short", "item.content"),
        (said(audio(pcm(0.09))), "audio_too_short", "item.content"),
        (said(audio(pcm(100.0))), "audio_too_long", "item.content"),
        (said(audio(pcm(50.0)), audio(pcm(50.0))), "audio_too_long", "item.content"),
        (said({"type": "output_audio"}, role="assistant"), "missing_required_parameter", "item.content.0.transcript"),
        (said(audio(pcm(1.0)), role="system"), "missing_required_parameter", "item.content.0.transcript"),
    ],
)
async def test_audio_that_cannot_be_heard_is_refused_by_name_and_adds_nothing(
    server: Serving, item: Event, code: str, param: str
) -> None:
    async with talking(server) as talk:
        await add(talk, item, event_id="mine")
        error = await talk.error("mine")

        assert (error["code"], error["param"]) == (code, param)
        assert talk.types == ["session.created", "error"]
        assert await answer(talk, input=[said(text("Still there?"))]) == "Still there?"
