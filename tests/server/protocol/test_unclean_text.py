"""Characters that cannot be kept, spoken or sent end no conversation, wherever they come from."""

from __future__ import annotations

from typing import Any

import pytest

from models.stub import create_chat_model, create_recognizer
from pipeline.conversation.answer_parts import Made
from pipeline.engines.protocols import TextDelta, ToolCall
from pipeline.engines.speech_model import FunctionCallDone, TranscriptDelta
from pipeline.speech_model.parts import SpeechParts
from server.protocol.client_events import CreateItem, MessageItem, parse_event
from tests.server.faulty_engines import UncleanFailure, UncleanModel, UncleanRecognizer
from tests.server.talking import talking
from tests.serving import serving

LISTEN = {"input": {"transcription": {"model": "any"}, "turn_detection": {"type": "server_vad"}}}
WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}


def text_of(response: dict[str, Any]) -> str:
    (part,) = response["output"][0]["content"]
    return str(part.get("transcript") or part.get("text"))


@pytest.mark.parametrize(
    ("modality", "said"), [("text", "Good 😀 morning, my  friend "), ("audio", "Good morning, my friend")]
)
async def test_a_model_that_cuts_an_emoji_in_two_is_answered_to_again(modality: str, said: str) -> None:
    model = UncleanModel(create_chat_model({}))
    async with serving(instead={"chat_model": model}) as server, talking(server) as talk:
        for _ in range(2):
            await talk.write("Hello")
            response = await talk.ask(output_modalities=[modality])
            assert (response["status"], text_of(response)) == ("completed", said)
    shown = "".join(message.text for message in model.asked[-1].messages)
    assert shown == shown.encode().decode()


async def test_a_call_in_unclean_words_is_passed_on_clean() -> None:
    async with serving(instead={"chat_model": UncleanModel(create_chat_model({}))}) as server, talking(server) as talk:
        await talk.write("The weather?")
        response = await talk.ask(output_modalities=["text"], tools=[WEATHER])

    assert response["output"][1]["arguments"] == '{"city": "Paris"}'


async def test_a_recogniser_that_breaks_off_in_an_emoji_is_understood() -> None:
    instead = {"recognizer": UncleanRecognizer(create_recognizer({}))}
    async with serving(instead=instead) as server, talking(server, extensions="kaikou") as talk:
        await talk.configure(audio=LISTEN)
        await talk.say_something()
        written = await talk.until("conversation.item.input_audio_transcription.completed")
        await talk.until("response.done")
        how = await talk.until("kaikou.heard")

    assert written["transcript"] == "Hello there."
    assert (how["language"], how["emotion"], how["sounds"]) == ("en", "sad", ["music"])


async def test_a_failure_in_unclean_words_is_told() -> None:
    instead = {"chat_model": UncleanFailure(create_chat_model({}))}
    async with serving(instead=instead) as server, talking(server) as talk:
        await talk.write("Hello")
        response = await talk.ask(output_modalities=["text"])

    error = response["status_details"]["error"]
    assert (response["status"], error["code"], error["message"]) == ("failed", "broken", "The server said .")


def test_what_a_client_writes_is_cleaned() -> None:
    content = [{"type": "input_text", "text": "Hello\x00 there\n"}]
    item = {"type": "message", "id": "a\x1fb", "role": "user", "content": content}
    event = parse_event({"type": "conversation.item.create", "item": item})

    assert isinstance(event, CreateItem)
    assert isinstance(event.item, MessageItem)
    assert (event.item.id, event.item.content[0].text) == ("ab", "Hello there\n")


def test_a_speech_models_words_and_calls_are_cleaned() -> None:
    parts = SpeechParts(24_000, Made(), spoken=False)
    call = FunctionCallDone("b", ToolCall("call_1", "look_up", "{\udc00}"))
    events = [TranscriptDelta("a", "Good \ud83d"), TranscriptDelta("a", "\ude00."), call]

    assert list(parts.take(events)) == [TextDelta("Good "), TextDelta("😀."), ToolCall("call_1", "look_up", "{}")]
