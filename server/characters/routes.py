"""The characters as the page shows them, and samples of their voices."""

from __future__ import annotations

import io
import wave
from collections import OrderedDict
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from pipeline.characters.character import Character, text_in
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice
from server.characters.catalogue import Characters, card
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.rest import api_route, success
from server.services import Services

KEPT_SAMPLES = 64
"""Voice samples that are kept, about 300 KB each."""

SYNTHESIS_S = 20.0


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/characters`."""
    gallery = Gallery(services.characters, services.engines)
    return [
        api_route("/api/characters", gallery.list_characters, services.settings.server),
        api_route("/api/characters/{id}/sample", gallery.sample, services.settings.server),
    ]


@dataclass
class Gallery:
    """The endpoints and what they need.

    `samples` are WAV files by generation of the engines, character and language, the oldest thrown out first.
    """

    characters: Characters
    engines: CurrentEngines
    samples: OrderedDict[tuple[int, str, str], bytes] = field(default_factory=OrderedDict)

    async def list_characters(self, _request: Request) -> Response:
        """All characters as the page shows them."""
        everyone, loaded = await self.characters.everyone(), self.engines.current
        return success([card(character, *loaded.languages_of(character)) for character in everyone])

    async def sample(self, request: Request) -> Response:
        """A character's greeting in its voice, as a WAV file."""
        character = await self.characters.get(request.path_params["id"])
        language = request.query_params.get("language", character.default_language)[:8]
        language = language if language in character.languages else character.default_language
        with self.engines.lease() as loaded:
            key = (loaded.generation, character.id, language)
            if key not in self.samples:
                self.samples[key] = await self._greeting(loaded, character, language)
                while len(self.samples) > KEPT_SAMPLES:
                    self.samples.popitem(last=False)
        sample = self.samples[key]
        # The voice may change while the server runs, so that a browser has to ask whether it did.
        etag = f'"{blake2b(sample, digest_size=8).hexdigest()}"'
        headers = {"Cache-Control": "no-cache", "ETag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(sample, media_type="audio/wav", headers=headers)

    async def _greeting(self, loaded: LoadedEngines, character: Character, language: str) -> bytes:
        synthesizer = loaded.engines.synthesizer
        text, voice = text_in(character.greeting, language), text_in(character.voice, language)
        speak = partial(synthesizer.speak, SynthesisRequest(text, language, VoiceChoice(voice)))
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
