"""How characters sound: samples of their voices, and of one that is being made."""

from __future__ import annotations

import io
import wave
from collections import OrderedDict
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response
from starlette.routing import BaseRoute

from pipeline.characters.character import Character, text_in
from pipeline.characters.filled import filled_character
from pipeline.characters.stage_directions import is_narrated, said_of
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice
from pipeline.errors import EngineError
from pipeline.text.tokens import cut_to
from server.api.endpoint import Body, Call, Described, Endpoint, Nothing
from server.api.etags import etag_of, is_known
from server.api.serving import api_routes
from server.characters.catalogue import Characters
from server.characters.editing import checked
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.errors import TooLarge, ValidationFailed
from server.services import Services

KEPT_SAMPLES = 64
"""Voice samples that are kept, about 300 KB each."""

SAMPLE_TOKENS = 120
"""How much of a greeting is said, about half a minute: those of some cards go on for pages."""

SYNTHESIS_S = 20.0


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api = VoicesApi(services.characters, services.engines)
    return api_routes(
        services,
        [
            Endpoint(
                "GET",
                "/api/characters/{id}/sample",
                api.sample,
                (EngineError,),
                sends=("audio/wav",),
                etag=True,
                costly=True,
            ),
            Endpoint(
                "POST",
                "/api/characters/preview",
                api.preview,
                (ValidationFailed, TooLarge, EngineError),
                sends=("audio/wav",),
                costly=True,
            ),
        ],
    )


class SampleQuery(Described):
    """Which sample."""

    language: Annotated[str, Field(max_length=35)] = ""
    """One of the character's languages; without it, or with another, the one that it speaks unless told otherwise."""


class Preview(Body):
    """A file that is not kept, and what to say."""

    file: dict[str, Any]
    language: Annotated[str, Field(max_length=35)] = ""
    text: Annotated[str, Field(max_length=1000)] = ""
    """Without it the greeting."""


@dataclass
class VoicesApi:
    """The endpoints and what they need.

    `samples` are WAV files by generation of the engines, character, its version and language, the oldest thrown out first.
    """

    characters: Characters
    engines: CurrentEngines
    samples: OrderedDict[tuple[int, str, str, str], bytes] = field(default_factory=OrderedDict)

    async def sample(self, call: Call[SampleQuery]) -> Response:
        """A character's greeting in its voice, as a WAV file."""
        character = await self.characters.get(call.path["id"], call.principal.id)
        language = call.query.language if call.query.language in character.languages else character.default_language
        with self.engines.lease() as loaded:
            key = (loaded.generation, character.id, character.version, language)
            if key not in self.samples:
                self.samples[key] = await _spoken(loaded, character, language)
                while len(self.samples) > KEPT_SAMPLES:
                    self.samples.popitem(last=False)
        sample = self.samples[key]
        # The voice may change while the server runs, so that a browser has to ask whether it did.
        headers = {"Cache-Control": "no-cache", "ETag": etag_of(sample)}
        if is_known(call.request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(sample, media_type="audio/wav", headers=headers)

    async def preview(self, call: Call[Nothing, Preview]) -> Response:
        """How a character that is not saved yet says its greeting, or a text, as a WAV file."""
        _, character = checked(call.body.file)
        language = call.body.language if call.body.language in character.languages else character.default_language
        with self.engines.lease() as loaded:
            sample = await _spoken(loaded, character, language, call.body.text)
        return Response(sample, media_type="audio/wav", headers={"Cache-Control": "no-store"})


async def _spoken(loaded: LoadedEngines, character: Character, language: str, text: str = "") -> bytes:
    """The text, or without one the greeting, in the character's voice, as a WAV file. Raises `EngineError`."""
    synthesizer, character = loaded.engines.synthesizer, filled_character(character)
    text = text if text.strip() else text_in(character.greeting, language)
    said = said_of(text, is_narrated(character)) or text_in(character.name, language)
    voice = VoiceChoice(text_in(character.voice, language), character.speed, character.pitch)
    speak = partial(synthesizer.speak, SynthesisRequest(cut_to(said, SAMPLE_TOKENS), language, voice))
    pieces = loaded.workers.iterate(speak, timeout_s=SYNTHESIS_S, engine=synthesizer.info.name)
    audio = io.BytesIO()
    with wave.open(audio, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(synthesizer.info.rate)
        async with aclosing(pieces):
            async for piece in pieces:
                file.writeframes(piece.pcm.astype("<i2", copy=False).tobytes())
    return audio.getvalue()
