"""The realtime API through the official client: spoken and typed turns, interruption, functions."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from tests.server.talking import Talk, talking
from tests.serving import Serving
from tests.speech import sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")

VAD_OFF = {"input": {"turn_detection": None}}
TRANSCRIBED = {"input": {"transcription": {"model": "whisper-1"}, "turn_detection": {"type": "server_vad"}}}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def audio_of(talk: Talk, response_id: str) -> np.ndarray:
    deltas = [e for e in talk.events if e["type"] == "response.output_audio.delta" and e["response_id"] == response_id]
    return np.frombuffer(b"".join(base64.b64decode(event["delta"]) for event in deltas), np.int16)


def transcript_of(talk: Talk, response_id: str) -> str:
    kind = "response.output_audio_transcript.delta"
    return "".join(e["delta"] for e in talk.events if e["type"] == kind and e["response_id"] == response_id)


async def test_a_spoken_turn_is_heard_written_down_and_answered_aloud_in_order(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.configure(audio=TRANSCRIBED)
        await talk.say_something()
        done = await talk.until("response.done")
        expected = [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.input_audio_transcription.completed",
            "response.created",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_audio_transcript.delta",
            "response.output_audio.delta",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.done",
        ]
        first = [talk.types.index(type) for type in expected]
        assert first == sorted(first)
        response_id = done["response"]["id"]
        assert done["response"]["status"] == "completed"
        assert np.abs(audio_of(talk, response_id)).max() > 5_000
        spoken = done["response"]["output"][0]["content"][0]["transcript"]
        assert spoken == transcript_of(talk, response_id)
        assert spoken.startswith("That is a lovely question")
        assert "error" not in talk.types


async def test_no_audio_piece_lasts_longer_than_100_ms(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.configure(audio=VAD_OFF)
        await talk.write("Hello")
        await talk.ask()
        pieces = [len(base64.b64decode(e["delta"])) for e in talk.events if e["type"] == "response.output_audio.delta"]
        assert max(pieces) <= 24_000 * 2 // 10


async def test_speaking_over_a_reply_cuts_it_and_the_model_sees_only_what_was_heard(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.configure(audio=TRANSCRIBED)
        await talk.write("Please count to one hundred.")
        await talk.connection.response.create()
        first = await talk.until("response.output_audio.delta")
        await talk.say_something()
        await talk.until("input_audio_buffer.speech_started")
        cut = await talk.until("response.done")
        assert (cut["response"]["status"], cut["response"]["status_details"]["reason"]) == (
            "cancelled",
            "turn_detected",
        )
        await talk.connection.conversation.item.truncate(item_id=first["item_id"], content_index=0, audio_end_ms=400)
        await talk.until("conversation.item.truncated")
        since = len(talk.events)
        await talk.connection.conversation.item.retrieve(item_id=first["item_id"])
        item = (await talk.until("conversation.item.retrieved", since))["item"]
        sent = transcript_of(talk, first["response_id"])
        heard = item["content"][0]["transcript"]
        assert sent.startswith(heard)
        assert len(heard) < len(sent)
        answered = await talk.until("response.done", where=lambda e: e["response"]["id"] != first["response_id"])
        assert answered["response"]["status"] == "completed"
        late = talk.events[talk.events.index(cut) + 1 :]
        assert [event for event in late if event.get("response_id") == first["response_id"]] == []


async def test_a_function_call_goes_to_the_client_and_its_output_into_the_answer(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.configure(audio=VAD_OFF, tools=[WEATHER])
        await talk.write("What is the weather in Paris?")
        response = await talk.ask()
        call = response["output"][0]
        assert (call["type"], call["name"], call["status"]) == ("function_call", "get_weather", "completed")
        assert json.loads(call["arguments"]) == {"city": "Paris"}
        await talk.connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call["call_id"], "output": '{"sky": "sunny"}'}
        )
        answer = await talk.ask()
        assert "sunny" in answer["output"][0]["content"][0]["transcript"]


async def test_a_text_answer_has_text_and_no_audio(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.write("Hello")
        response = await talk.ask(output_modalities=["text"])
        assert response["output"][0]["content"][0]["type"] == "output_text"
        assert "response.output_audio.delta" not in talk.types
        assert "response.output_text.delta" in talk.types


async def test_an_answer_beside_the_conversation_leaves_no_item(server: Serving) -> None:
    async with talking(server) as talk:
        line = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say hi"}]}
        response = await talk.ask(conversation="none", output_modalities=["text"], input=[line], metadata={"k": "v"})
        assert (response["conversation_id"], response["metadata"]) == (None, {"k": "v"})
        assert "conversation.item.added" not in talk.types


async def test_audio_that_the_client_commits_is_written_down_and_answered_when_asked(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.configure(audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}})
        await talk.hear(sentence(24_000))
        await talk.connection.input_audio_buffer.commit()
        response = await talk.ask()
        assert response["status"] == "completed"
        order = ["conversation.item.input_audio_transcription.completed", "response.output_item.added"]
        assert [talk.types.index(type) for type in order] == sorted(talk.types.index(type) for type in order)
        assert "input_audio_buffer.speech_started" not in talk.types


async def test_noise_that_holds_no_speech_is_not_answered(server: Serving) -> None:
    async with talking(server) as talk:
        noise = np.random.default_rng(1).normal(0, 300, 48_000).astype(np.int16)
        await talk.hear(noise)
        await talk.configure(instructions="still there")
        assert talk.types == ["session.created", "session.updated"]
