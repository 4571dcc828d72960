"""Pipecat as its documentation starts it: Silero, its default turn strategies, services that only keep time.

Runs in an environment of its own (requirements-peers.txt): `PYTHON benchmarks/peers/pipecat_server.py PORT`.
"""

from __future__ import annotations

import asyncio
import math
import struct
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    OutputAudioRawFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.services.settings import STTSettings, TTSSettings
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

FINAL_TEXT_S, FIRST_TOKEN_S, WORD_S, FIRST_AUDIO_S = 0.03, 0.05, 1 / 50, 0.05
RATE, MS_PER_CHARACTER, CHUNK_BYTES = 24_000, 60, 9_600
REPLY = "That is a lovely question, thank you for asking me. I will answer it in two short parts."
SAMPLES = range(6 * RATE)
TONE = struct.pack(f"<{len(SAMPLES)}h", *(round(9_800 * math.sin(2 * math.pi * 330 * at / RATE)) for at in SAMPLES))


class Pcm(FrameSerializer):
    """Samples as they are, both ways."""

    async def serialize(self, frame: Frame) -> bytes | None:
        return frame.audio if isinstance(frame, OutputAudioRawFrame) else None

    async def deserialize(self, data: str | bytes) -> Frame | None:
        return InputAudioRawFrame(audio=data, sample_rate=16_000, num_channels=1) if isinstance(data, bytes) else None


class Recognizer(STTService):
    """The same text after each utterance."""

    def __init__(self) -> None:
        super().__init__(ttfs_p99_latency=FINAL_TEXT_S, settings=STTSettings(model="stub", language=None))

    async def run_stt(self, audio: bytes) -> AsyncIterator[None]:
        yield None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            self.create_task(self._final_text(), "final text")

    async def _final_text(self) -> None:
        await asyncio.sleep(FINAL_TEXT_S)
        text = "I would like to ask you something about the sea."
        await self.push_frame(TranscriptionFrame(text=text, user_id="person", timestamp="0", finalized=True))


class ChatModel(FrameProcessor):
    """The same reply, word by word."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        await asyncio.sleep(FIRST_TOKEN_S)
        for word in REPLY.split():
            await self.push_frame(LLMTextFrame(word + " "))
            await asyncio.sleep(WORD_S)
        await self.push_frame(LLMFullResponseEndFrame())


class Synthesizer(TTSService):
    """A tone as long as the text."""

    def __init__(self) -> None:
        settings = TTSSettings(model="stub", voice=None, language=None)
        super().__init__(sample_rate=RATE, push_start_frame=True, push_stop_frames=True, settings=settings)

    async def run_tts(self, text: str, context_id: str) -> AsyncIterator[Frame]:
        await asyncio.sleep(FIRST_AUDIO_S)
        size = min(len(TONE), 2 * len(text) * MS_PER_CHARACTER * RATE // 1000)
        for at in range(0, size, CHUNK_BYTES):
            audio = TONE[at : min(at + CHUNK_BYTES, size)]
            yield TTSAudioRawFrame(audio=audio, sample_rate=RATE, num_channels=1, context_id=context_id)


app = FastAPI()


@app.websocket("/ws")
async def converse(websocket: WebSocket) -> None:
    """One conversation."""
    await websocket.accept()
    params = FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=Pcm())
    transport = FastAPIWebsocketTransport(websocket=websocket, params=params)
    user = LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    person, assistant = LLMContextAggregatorPair(LLMContext(), user_params=user)
    stages = [transport.input(), Recognizer(), person, ChatModel(), Synthesizer(), transport.output(), assistant]
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(PipelineWorker(Pipeline(stages), params=PipelineParams(), idle_timeout_secs=None))

    @transport.event_handler("on_client_disconnected")
    async def left(_transport: Any, _client: Any) -> None:
        await runner.cancel()

    await runner.run()


if __name__ == "__main__":
    logger.remove()
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", ws="websockets")
