"""A voice over the reply through the official client, where words must confirm that it is an interruption."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np

from models.stub import COUNT, ChatSettings, RecognizerSettings, StubChatModel, StubRecognizer, StubUtterance
from pipeline.audio.samples import samples_of
from pipeline.engines.protocols import ChatEvent, ChatRequest
from tests.server.talking import RATE, Talk, talking
from tests.serving import PACED_S, serving
from tests.speech import sentence, silence

AUDIO = {"input": {"transcription": {"model": "whisper-1"}, "turn_detection": {"type": "server_vad"}}}
PAUSE, RESUME, WORDS = "kaikou.playback.pause", "kaikou.playback.resume", "Tell me about the sea."
TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


class Reciting(StubRecognizer):
    """Hears one text after the other, whatever is said."""

    def __init__(self, *texts: str) -> None:
        super().__init__(RecognizerSettings())
        self._texts = list(texts)

    def open(self, language: str = "") -> StubUtterance:
        return StubUtterance(RecognizerSettings(text=self._texts.pop(0)), language)


class Attentive(StubChatModel):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(ChatSettings())
        self.requests: list[ChatRequest] = []

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.requests.append(request)
        async for event in super().reply(request):
            yield event


@asynccontextmanager
async def counting(barge_in: str, *texts: str) -> AsyncIterator[tuple[Talk, Attentive]]:
    """A talk in which the character counts to a hundred and the recogniser hears `texts`; the model."""
    model = Attentive()
    async with serving(lead_s=PACED_S) as server:
        server.loaded.engines = replace(server.loaded.engines, recognizer=Reciting(*texts), chat_model=model)
        async with talking(server, extensions="kaikou") as talk:
            await talk.configure(audio=AUDIO, kaikou={"barge_in": barge_in})
            await talk.write("Please count to one hundred.")
            await talk.connection.response.create()
            await heard(talk, 1_000)
            yield talk, model


async def heard(talk: Talk, played_ms: int) -> None:
    """The client's player has played so much of the reply."""
    since, item_id = 0, ""
    for _ in range(played_ms // 80 + 1):
        piece = await talk.until("response.output_audio.delta", since)
        since, item_id = talk.events.index(piece) + 1, piece["item_id"]
    report = {"type": "kaikou.playback", "item_id": item_id, "played_ms": played_ms, "playing": True}
    await talk.connection.send(report)  # type: ignore[arg-type]


async def speak(talk: Talk, seconds: float) -> None:
    """So much voice, and the silence that ends a turn."""
    await talk.hear(np.concatenate((sentence(RATE)[: samples_of(seconds * 1000, RATE)], silence(1.0, RATE))))


async def test_a_listeners_noise_pauses_the_reply_and_lets_it_go_on() -> None:
    async with counting("confirmed", "mm-hmm") as (talk, _model):
        await speak(talk, 0.8)
        paused = await talk.until(PAUSE)
        await talk.until(RESUME, where=lambda event: event["item_id"] == paused["item_id"])
        heard = await talk.until(TRANSCRIBED)
        since = len(talk.events)
        await talk.until("response.output_audio.delta", since)

        assert heard["transcript"] == "mm-hmm"
        assert talk.types.count("response.created") == 1
        assert "response.done" not in talk.types


async def test_words_after_a_false_alarm_cancel_the_reply_and_the_model_sees_only_what_was_heard() -> None:
    async with counting("confirmed", "mm-hmm", WORDS) as (talk, model):
        await speak(talk, 0.8)
        await talk.until(TRANSCRIBED)
        since = len(talk.events)
        await speak(talk, 3.0)
        await talk.until(PAUSE, since)
        cut = await talk.until("response.done", since)
        await talk.until("response.created", talk.events.index(cut))
        await talk.until("response.output_audio.delta", talk.events.index(cut))

        assert cut["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        said = [(message.role, message.text) for message in model.requests[-1].messages[1:]]
        heard = said[1][1] if len(said) == 3 else ""
        assert said == [("user", "Please count to one hundred."), ("assistant", heard), ("user", WORDS)]
        assert COUNT.startswith(heard)
        assert 0 < len(heard) < len(COUNT)


async def test_a_noise_is_told_as_an_empty_turn_and_the_reply_goes_on() -> None:
    async with counting("confirmed", "the flood") as (talk, model):
        await speak(talk, 0.3)
        await talk.until(PAUSE)
        await talk.until(RESUME)
        heard = await talk.until(TRANSCRIBED)

        assert (heard["transcript"], len(model.requests)) == ("", 1)


async def test_a_stock_client_is_cut_off_at_the_first_voice_as_ever() -> None:
    async with counting("immediate", "mm-hmm") as (talk, _model):
        await speak(talk, 0.8)
        cut = await talk.until("response.done")

        assert cut["response"]["status"] == "cancelled"
        assert PAUSE not in talk.types
