"""`POST /v1/audio/speech`: a text becomes an audio file, which leaves while it is made."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from starlette.requests import Request
from starlette.responses import Response

from pipeline.answering.speaking import SynthesisOptions, pieces_of
from pipeline.audio.resample import Resampler
from pipeline.audio.samples import Samples
from pipeline.conversation.answer_parts import AudioPiece, Made
from pipeline.conversation.limits import SpeakingLimits
from pipeline.engines.protocols import VoiceChoice
from pipeline.errors import EngineError, InvalidRequest
from pipeline.text.clauses import Clause
from pipeline.text.language import language_of
from pipeline.text.read_aloud import clauses_as_written
from pipeline.text.styles import STYLES
from server.audio.codec import MEDIA_TYPES, RATE, AudioFormat, encoder
from server.audio.job_slots import JobSlots, Throttle
from server.audio.streamed import EVENT_STREAM, Streamed, event
from server.engines.current import CurrentEngines
from server.errors import invalid_request
from server.protocol.client_events import MessagePart
from server.rest import json_body, json_response

LONGEST_INPUT = 4_096
LONGEST_S = 7_200.0
"""Far beyond what the longest input lasts at the lowest speed."""

MS_PER_TOKEN = 50
"""Of speech, about what OpenAI's models take for one."""

OPENAI_VOICES = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "fable",
    "nova",
    "onyx",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)
"""What clients may choose from where the synthesiser names no voices of its own."""

STYLE = re.compile(rf"\b({'|'.join(STYLES)})(?:ly)?\b", re.IGNORECASE)


class SpeechParams(MessagePart):
    """What is to be said, and how. `model` may be any name: there is one synthesiser, and it says it all."""

    input: str = Field(min_length=1, max_length=LONGEST_INPUT)
    model: str = Field(default="", max_length=256)
    voice: str = Field(default="", max_length=256)
    instructions: str = Field(default="", max_length=LONGEST_INPUT)
    response_format: AudioFormat = "mp3"
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    stream_format: Literal["audio", "sse"] = "audio"

    @model_validator(mode="before")
    @classmethod
    def without_null(cls, params: Any) -> Any:
        """What is null is not set."""
        if not isinstance(params, dict):
            return params
        return {key: value for key, value in params.items() if value is not None}

    @field_validator("voice", mode="before")
    @classmethod
    def voice_by_id(cls, voice: Any) -> Any:
        """A custom voice comes as {"id": …}."""
        return voice.get("id") if isinstance(voice, dict) else voice


@dataclass
class SpeechEndpoint:
    """The endpoint and what it needs. `limits`: those of a conversation's answers, which may be shorter than a text."""

    engines: CurrentEngines
    slots: JobSlots
    throttle: Throttle
    failed: Callable[[str, Exception], None]
    limits: SpeakingLimits

    async def create(self, request: Request) -> Response:
        """The text as audio, or as events with pieces of it."""
        try:
            params = SpeechParams.model_validate(await json_body(request))
        except ValidationError as error:
            raise invalid_request(error) from None
        if params.stream_format == "sse":
            return Streamed(self._events(params), EVENT_STREAM)
        return Streamed(self._file(params, Made()), MEDIA_TYPES[params.response_format])

    async def voices(self, _request: Request) -> Response:
        """The synthesiser's voices, as Open WebUI reads them."""
        known = self.engines.current.engines.synthesizer.info.voices
        voices: list[dict[str, str]] = [{"id": name, "name": name.capitalize()} for name in OPENAI_VOICES]
        if known:
            voices = [{"id": voice.id, "name": voice.label or voice.id, "language": voice.language} for voice in known]
        return json_response({"voices": voices})

    async def models(self, _request: Request) -> Response:
        """What speaks: the one synthesiser, as Open WebUI reads it."""
        name = self.engines.current.engines.synthesizer.info.name
        return json_response({"models": [{"id": name, "name": name}]})

    async def _events(self, params: SpeechParams) -> AsyncGenerator[bytes, None]:
        made = Made()
        async with aclosing(self._file(params, made)) as pieces:
            async for piece in pieces:
                yield event({"type": "speech.audio.delta", "audio": b64encode(piece).decode("ascii")})
        yield event({"type": "speech.audio.done", "usage": _usage(params.input, made)})

    async def _file(self, params: SpeechParams, made: Made) -> AsyncGenerator[bytes, None]:
        """The file's bytes; the first of them mean that there is something to hear."""
        async with self.slots.slot(), aclosing(self._samples(params, made)) as samples:
            file = encoder(params.response_format)
            async for pcm in samples:
                began = time.perf_counter()
                piece = file.encode(pcm)
                await self.throttle.rest(began)
                if piece:
                    yield piece
            if not made.audio_ms:
                message = "There is nothing in 'input' that can be spoken: write words."
                raise InvalidRequest(message, code="nothing_to_say", param="input")
            if piece := file.finish():
                yield piece

    async def _samples(self, params: SpeechParams, made: Made) -> AsyncGenerator[Samples, None]:
        limits = replace(self.limits, longest_s=LONGEST_S)
        clauses = _clauses(params)
        with self.engines.lease() as loaded:
            synthesizer, workers = loaded.engines.synthesizer, loaded.workers
            resample = Resampler(synthesizer.info.rate, RATE)
            try:
                async with aclosing(pieces_of(clauses, _options(params), synthesizer, workers, limits, made)) as parts:
                    async for part in parts:
                        if isinstance(part, AudioPiece) and part.pcm is not None:
                            yield resample(part.pcm)
            except EngineError as error:
                self.failed("synthesizer", error)
                raise


async def _clauses(params: SpeechParams) -> AsyncGenerator[Clause, None]:
    """The text as it is written; marks of style in it count where it is also said how to speak."""
    for clause in clauses_as_written(params.input, styles=bool(params.instructions.strip())):
        yield clause


def _options(params: SpeechParams) -> SynthesisOptions:
    return SynthesisOptions(
        voice=VoiceChoice(
            params.voice, params.speed, style=style_in(params.instructions), instructions=params.instructions
        ),
        language=language_of(params.input),
    )


def style_in(instructions: str) -> str:
    """The first style that instructions such as "Speak cheerfully." name, for engines that know styles alone."""
    named = STYLE.search(instructions)
    return named[1].lower() if named else ""


def _usage(text: str, made: Made) -> dict[str, int]:
    """Tokens, by rules of thumb: nothing here is counted in them, but clients expect the numbers."""
    written, spoken = len(text) // 4 + 1, round(made.audio_ms / MS_PER_TOKEN)
    return {"input_tokens": written, "output_tokens": spoken, "total_tokens": written + spoken}
