"""`/api/practice/shadow`: how a model says a sentence, and how well it was understood when somebody said it after it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from pydantic import ValidationError
from starlette.routing import BaseRoute

from pipeline.engines.protocols import WordTime
from pipeline.errors import EngineError, InvalidRequest, LimitReached
from pipeline.practice.measures.syllables import syllables
from pipeline.practice.shadowing import shadowed
from pipeline.practice.speech import Span, SpokenTurn
from pipeline.practice.timing import spoken_turn
from server.api.endpoint import Call, Endpoint
from server.api.serving import api_routes
from server.audio.decoding.decode import Decoding
from server.audio.hearing import RecordingTranscriber, Segment, Segmenter
from server.audio.job_slots import JobSlots, Throttle
from server.audio.transcription import decoded
from server.audio.upload import Upload, upload
from server.audio.written import whole_text
from server.characters.catalogue import AllCharacters
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.errors import FieldFault, NoRoom, NotFound, Overloaded, TooLarge, TooSlow, ValidationFailed
from server.files.form import MULTIPART
from server.services import Services
from server.sessions.limits import session_limits
from server.shadowing.answers import FORM, LONGEST_TEXT, MODEL_WORDS, ModelQuery, ModelSaid, ModelWord, Shadow
from server.shadowing.model import said_by
from server.shadowing.sounds import sounds_of

LARGEST_BYTES = 4 << 20
LONGEST_S = 30.0
"""A sentence is said in a few seconds; the rest is for who begins late."""

LANGUAGES = ("en", "zh")

ERRORS = (
    *(InvalidRequest, ValidationFailed, TooLarge, TooSlow, LimitReached),
    *(NoRoom, Overloaded, EngineError),
)


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    settings, metrics, sessions = services.settings, services.metrics, services.sessions
    jobs, limits, throttle = settings.audio_api, session_limits(settings), Throttle(lambda: sessions.talking)

    def hearing(loaded: LoadedEngines) -> RecordingTranscriber:
        engines = loaded.engines
        return RecordingTranscriber(
            engines.voice_detector, engines.recognizer, loaded.workers, throttle, limits.recognition
        )

    slots = JobSlots(jobs.file_jobs, jobs.waiting_jobs, metrics.audio_ended("shadow"))
    failed = partial(metrics.engine_failed, "shadow")
    api = ShadowApi(services.engines, services.characters, hearing, slots, failed)
    one, form = "/api/practice/shadow", (MULTIPART, FORM)
    return api_routes(
        services,
        [
            Endpoint("POST", one, api.shadow, ERRORS, receives=form, costly=True),
            Endpoint("GET", f"{one}/model", api.model, (NotFound, EngineError), costly=True),
        ],
    )


@dataclass(frozen=True)
class _Asked:
    text: str
    language: str
    words: Sequence[WordTime]


@dataclass(frozen=True)
class ShadowApi:
    """The endpoints and what they need."""

    engines: CurrentEngines
    characters: AllCharacters
    hearing: Callable[[LoadedEngines], RecordingTranscriber]
    slots: JobSlots
    failed: Callable[[str, Exception], None]

    async def shadow(self, call: Call) -> Shadow:
        """Tell which words of a sentence were understood, and how pace and pauses are beside the model's.

        `audio` is a recording of at most 30 s, of any kind that libav reads. It is not kept. What the recogniser makes of it
        says how well the sentence is understood, never how it sounds.
        """
        self.slots.check()
        sent = await upload(call.request, LARGEST_BYTES, "audio")
        try:
            asked = _asked(sent.fields)
            async with self.slots.slot():
                segments = await self._heard(sent, asked.language)
        finally:
            sent.file.close()
        return await asyncio.to_thread(_told, asked, segments)

    async def model(self, call: Call[ModelQuery]) -> ModelSaid:
        """Have a character say a sentence, and tell when its words sound."""
        query, id = call.query, call.query.character_id
        character = await self.characters.get(id, call.principal.id) if id else None
        with self.engines.lease() as loaded:
            try:
                said = await said_by(loaded, character, query.language, query.text)
            except EngineError as error:
                self.failed("synthesizer", error)
                raise
        words = [ModelWord(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms) for word in said.words]
        return ModelSaid(audio=b64encode(said.wav()).decode(), words=words)

    async def _heard(self, sent: Upload, language: str) -> Sequence[Segment]:
        with self.engines.lease() as loaded:
            if loaded.hears and language not in loaded.hears:
                message = f"This server's recogniser does not understand '{language}', only {', '.join(loaded.hears)}."
                raise InvalidRequest(message, code="unsupported_language", param="language")
            hearing = self.hearing(loaded)
            samples = decoded(Decoding(sent.file, LONGEST_S), hearing.workers)
            try:
                async with aclosing(hearing.segments(samples, Segmenter(hearing.detector), language)) as found:
                    return [segment async for segment in found]
            except EngineError as error:
                self.failed("recognizer", error)
                raise


def _asked(fields: Mapping[str, Sequence[str]]) -> _Asked:
    """The fields of the form. Raises `ValidationFailed` with all that are wrong."""
    text, language = (fields.get(name, [""])[-1].strip() for name in ("text", "language"))
    faults: list[FieldFault] = []
    if not 0 < len(text) <= LONGEST_TEXT:
        faults.append(FieldFault("text", "invalid_value", f"Send the sentence, at most {LONGEST_TEXT} characters"))
    if language not in LANGUAGES:
        faults.append(FieldFault("language", "invalid_value", f"Send one of {', '.join(LANGUAGES)}"))
    words: Sequence[WordTime] = ()
    try:
        words = [word.timed for word in MODEL_WORDS.validate_json(fields.get("words", ["[]"])[-1] or "[]")]
    except ValidationError:
        faults.append(FieldFault("words", "invalid_value", "Send JSON such as [{text, start_ms, end_ms}], or nothing"))
    if faults:
        raise ValidationFailed(faults)
    return _Asked(text, language, words)


def _told(asked: _Asked, segments: Sequence[Segment]) -> Shadow:
    heard = _turn(
        whole_text(segments),
        asked.language,
        [word for segment in segments for word in segment.words],
        [stretch for segment in segments for stretch in segment.voiced],
    )
    model = _turn(asked.text, asked.language, asked.words, ())
    result = shadowed(
        asked.text,
        model.words,
        heard,
        lambda word: syllables(word, asked.language),
        model=model if asked.words and not model.estimated else None,
        sounds=sounds_of(asked.language),
    )
    return Shadow.of(asked.text, heard.text, asked.language, result)


def _turn(text: str, language: str, words: Sequence[WordTime], voiced: Sequence[tuple[int, int]]) -> SpokenTurn:
    ends = [end for _, end in voiced] + [word.end_ms for word in words]
    return spoken_turn("", text, language, Span(0, max(ends, default=0)), words=words, voiced=voiced)
