"""`/api`: what the page asks for. Characters, their voices, how the server is."""

from __future__ import annotations

import io
import wave
from collections import OrderedDict
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pipeline.character import Character, text_in
from pipeline.engines import SpeechRequest
from server.advice import advice
from server.characters.catalogue import Characters, card
from server.engines.room import EngineRoom
from server.metrics import Metrics
from server.realtime.websocket import Realtime
from server.rest import success

KEPT_SAMPLES = 64
"""Voice samples that are kept, about 300 KB each."""

SYNTHESIS_S = 20.0


@dataclass
class Api:
    """The endpoints and what they need. `samples` are WAV files by character and language, the oldest thrown out first."""

    version: str
    room: EngineRoom
    characters: Characters
    metrics: Metrics
    language_model: str
    realtime: Realtime
    samples: OrderedDict[tuple[str, str], bytes] = field(default_factory=OrderedDict)

    async def list_characters(self, _request: Request) -> Response:
        """All characters as the page shows them."""
        everyone = await self.characters.everyone()
        return success([card(character, *self.room.languages_of(character)) for character in everyone])

    async def sample(self, request: Request) -> Response:
        """A character's greeting in its voice, as a WAV file."""
        character = await self.characters.get(request.path_params["id"])
        language = request.query_params.get("language", character.default_language)[:8]
        language = language if language in character.languages else character.default_language
        key = (character.id, language)
        if key not in self.samples:
            self.samples[key] = await self._greeting(character, language)
            while len(self.samples) > KEPT_SAMPLES:
                self.samples.popitem(last=False)
        return Response(self.samples[key], media_type="audio/wav", headers={"Cache-Control": "max-age=600"})

    async def status(self, _request: Request) -> Response:
        """What this server runs and what would make it better."""
        data: dict[str, Any] = {
            "version": self.version,
            "language_model": {"name": self.language_model, "connected": self.room.language_model_connected},
            "engines": self.room.describe(),
            "advice": advice(self.room),
        }
        return success(data)

    async def turns(self, request: Request) -> Response:
        """Where the time of the latest turns went, newest last. `?limit=` (100)."""
        limit = request.query_params.get("limit", "100")
        kept = list(self.metrics.turns)
        return success(kept[-int(limit) :] if limit.isdecimal() and int(limit) else kept)

    async def place(self, request: Request) -> Response:
        """A place in the line before a full server. `?ticket=` from the answer before keeps it."""
        return success(self.realtime.wait(request.query_params.get("ticket", "")[:64]))

    async def _greeting(self, character: Character, language: str) -> bytes:
        synthesizer = self.room.engines.synthesizer
        text, voice = text_in(character.greeting, language), text_in(character.voice, language)
        speak = partial(synthesizer.speak, SpeechRequest(text, voice, language))
        pieces = self.room.workers.iterate(speak, timeout_s=SYNTHESIS_S, engine=synthesizer.info.name)
        audio = io.BytesIO()
        with wave.open(audio, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(synthesizer.info.rate)
            async with aclosing(pieces):
                async for piece in pieces:
                    file.writeframes(piece.pcm.astype("<i2", copy=False).tobytes())
        return audio.getvalue()
