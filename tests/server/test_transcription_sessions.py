"""Sessions that only write down what is said, as dictation clients open them."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.realtime import (
    RealtimeTranscriptionSessionCreateRequest,
    RealtimeTranscriptionSessionCreateResponse,
)

from models.stub import HEARD
from tests.server.talking import RATE, Talk, talking
from tests.serving import Serving
from tests.speech import sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")

DICTATION: dict[str, Any] = {
    "type": "transcription",
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": RATE},
            "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 400},
        }
    },
}
COMPLETED = "conversation.item.input_audio_transcription.completed"


async def dictated(talk: Talk) -> str:
    """A sentence is said; the text that comes back."""
    since = len(talk.events)
    await talk.say_something()
    return str((await talk.until(COMPLETED, since))["transcript"])


def spoken_of(talk: Talk) -> list[str]:
    """The types of all events but the transcription's deltas, whose number depends on the recogniser."""
    return [type for type in talk.types if not type.endswith(".delta")]


async def test_the_intent_in_the_address_makes_a_session_for_transcription(server: Serving) -> None:
    async with talking(server, model="gpt-4o-transcribe", intent="transcription") as talk:
        session = talk.events[0]["session"]
        assert (session["type"], session["object"]) == ("transcription", "realtime.transcription_session")
        assert await dictated(talk) == HEARD


async def test_the_intent_needs_no_model(server: Serving) -> None:
    async with (
        server.client() as client,
        client.realtime.connect(extra_query={"intent": "transcription"}) as connection,
    ):
        created = await connection.recv()
        assert (created.type, created.session.type) == ("session.created", "transcription")  # type: ignore[union-attr]


async def test_dictation_is_heard_written_down_and_not_answered(server: Serving) -> None:
    async with talking(server, intent="transcription") as talk:
        await talk.configure(**DICTATION)
        assert [await dictated(talk), await dictated(talk)] == [HEARD, HEARD]
        turn = [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            COMPLETED,
        ]
        assert spoken_of(talk) == ["session.created", "session.updated", *turn, *turn]


async def test_deltas_join_to_the_transcript(server: Serving) -> None:
    async with talking(server, intent="transcription") as talk:
        text = await dictated(talk)
        kind = "conversation.item.input_audio_transcription.delta"
        assert "".join(event["delta"] for event in talk.events if event["type"] == kind) == text


async def test_without_turn_detection_the_client_says_where_an_utterance_ends(server: Serving) -> None:
    async with talking(server, intent="transcription") as talk:
        await talk.configure(type="transcription", audio={"input": {"turn_detection": None}})
        await talk.hear(sentence(RATE))
        await talk.connection.input_audio_buffer.commit()
        completed = await talk.until(COMPLETED)
        assert completed["transcript"] == HEARD
        assert completed["usage"]["type"] == "duration"


async def test_an_update_turns_a_session_into_one_for_transcription(server: Serving) -> None:
    async with talking(server, model="gpt-realtime") as talk:
        session = await talk.configure(**DICTATION)
        assert session["type"] == "transcription"
        await dictated(talk)
        assert "response.created" not in talk.types


@pytest.mark.parametrize("event", [{"type": "response.create"}, {"type": "kaikou.greet"}])
async def test_an_answer_is_refused_and_the_session_goes_on(server: Serving, event: dict[str, Any]) -> None:
    async with talking(server, intent="transcription") as talk:
        await talk.connection.send({**event, "event_id": "mine"})  # type: ignore[arg-type, typeddict-item]
        assert (await talk.error("mine"))["code"] == "transcription_session"
        assert await dictated(talk) == HEARD
        assert "response.created" not in talk.types


async def test_the_session_is_echoed_as_the_official_types_describe_it(server: Serving) -> None:
    async with talking(server, intent="transcription") as talk:
        session = await talk.configure(**DICTATION)
        RealtimeTranscriptionSessionCreateRequest.model_validate(session, strict=True)
        assert session["audio"]["input"] == {
            "format": {"type": "audio/pcm", "rate": RATE},
            "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 400,
            },
        }


async def test_a_client_secret_starts_a_session_for_transcription(server: Serving) -> None:
    async with server.client() as client:
        secret = await client.realtime.client_secrets.create(session=DICTATION)  # type: ignore[arg-type]
    assert isinstance(secret.session, RealtimeTranscriptionSessionCreateResponse)
    async with talking(server, key=secret.value) as talk:
        assert talk.events[0]["session"]["audio"]["input"]["transcription"]["language"] == "en"
        assert await dictated(talk) == HEARD


async def test_the_beta_dialect_is_refused_with_the_way_out(server: Serving) -> None:
    async with talking(server, intent="transcription") as talk:
        event = {"type": "transcription_session.update", "event_id": "mine", "session": {}}
        await talk.connection.send(event)  # type: ignore[arg-type, typeddict-item]
        error = await talk.error("mine")
        assert error["code"] == "beta_api_shape_disabled"
        assert "session.update" in error["message"]
