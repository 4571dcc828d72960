"""`POST /v1/audio/transcriptions`: an audio file becomes text, piece by piece if the client wants it so."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from pipeline.audio.samples import Samples
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError, EngineTimeout, InvalidRequest
from server.audio.decoding.decode import Decoding
from server.audio.hearing import RecordingTranscriber, Segment, Segmenter
from server.audio.job_slots import JobSlots
from server.audio.streamed import EVENT_STREAM, Streamed, event
from server.audio.upload import upload
from server.audio.written import (
    MISSING_HEADER,
    gap,
    language_heard,
    missing_header,
    missing_stretches,
    srt,
    usage,
    verbose,
    vtt,
    whole_text,
)
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.errors import Overloaded

log = structlog.get_logger("kaikou")

TextFormat = Literal["json", "text", "srt", "vtt", "verbose_json"]
FORMATS: tuple[TextFormat, ...] = get_args(TextFormat)
GRANULARITIES = ("segment", "word")
MEDIA_TYPES: Mapping[TextFormat, str] = {
    "json": "application/json",
    "verbose_json": "application/json",
    "text": "text/plain; charset=utf-8",
    "srt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
}

DECODE_S = 30.0
"""How long the next second of a file may take to decode."""


@dataclass(frozen=True)
class TranscriptionParams:
    """What the caller wants. `language`: BCP 47 primary tag, or empty."""

    format: TextFormat
    language: str
    granularities: tuple[str, ...]
    stream: bool


@dataclass
class TranscriptionEndpoint:
    """The endpoint and what it needs. `uploads` bounds what is received, `slots` what is worked on."""

    engines: CurrentEngines
    hearing: Callable[[LoadedEngines], RecordingTranscriber]
    uploads: JobSlots
    slots: JobSlots
    failed: Callable[[str, Exception], None]
    file_bytes: int
    file_s: float

    async def create(self, request: Request) -> Response:
        """The words of the file."""
        self.slots.check()
        async with self.uploads.slot():
            sent = await upload(request, self.file_bytes)
        try:
            params = self._params(sent.fields)
        except BaseException:
            sent.file.close()
            raise
        decoding, headers = Decoding(sent.file, self.file_s), dict[str, str]()
        if params.stream:
            return Streamed(self._events(decoding, params), EVENT_STREAM, sent.file.close)
        return Streamed(self._text(decoding, params, headers), MEDIA_TYPES[params.format], sent.file.close, headers)

    async def _text(
        self, decoding: Decoding, params: TranscriptionParams, headers: dict[str, str]
    ) -> AsyncGenerator[bytes, None]:
        with self.engines.lease() as loaded:
            hearing = self.hearing(loaded)
            segmenter = Segmenter(hearing.detector)
            async with aclosing(self._segments(decoding, hearing, segmenter, params.language)) as found:
                segments = [segment async for segment in found]
        if missing := missing_stretches(decoding.missing):
            headers[MISSING_HEADER] = missing_header(missing)
        yield _written(segments, segmenter.seconds, missing, params)

    async def _events(self, decoding: Decoding, params: TranscriptionParams) -> AsyncGenerator[bytes, None]:
        text = ""
        with self.engines.lease() as loaded:
            hearing = self.hearing(loaded)
            segmenter = Segmenter(hearing.detector)
            async with aclosing(self._segments(decoding, hearing, segmenter, params.language)) as found:
                async for segment in found:
                    delta = gap(text, segment.text) + segment.text
                    text += delta
                    yield event({"type": "transcript.text.delta", "delta": delta})
        missing = missing_stretches(decoding.missing)
        yield event({"type": "transcript.text.done", "text": text, **({"missing": missing} if missing else {})})

    async def _segments(
        self, decoding: Decoding, hearing: RecordingTranscriber, segmenter: Segmenter, language: str
    ) -> AsyncGenerator[Segment, None]:
        async with self.slots.slot():
            samples = decoded(decoding, hearing.workers)
            try:
                async with aclosing(hearing.segments(samples, segmenter, language)) as segments:
                    async for segment in segments:
                        if segment.text:
                            yield segment
            except EngineError as error:
                self.failed("recognizer", error)
                raise
        log.info("transcribed", seconds=round(segmenter.seconds, 1), missing=len(decoding.missing))

    def _params(self, fields: Mapping[str, Sequence[str]]) -> TranscriptionParams:
        """The form's fields, checked; those that mean nothing here (model, prompt, temperature, …) may be anything."""
        granularities = tuple(fields.get("timestamp_granularities", ("segment",)))
        for granularity in granularities:
            _one_of(granularity, GRANULARITIES, "timestamp_granularities")
        format = cast(TextFormat, _one_of(_last(fields, "response_format", "json"), FORMATS, "response_format"))
        stream = _one_of(_last(fields, "stream", "false").lower(), ("true", "false", "1", "0"), "stream") in (
            "true",
            "1",
        )
        if stream and format not in ("json", "text"):
            message = "What is streamed has no form: leave 'response_format' out, or set 'stream' to false."
            raise InvalidRequest(message, param="stream")
        return TranscriptionParams(format, self._language(_last(fields, "language", "")), granularities, stream)

    def _language(self, tag: str) -> str:
        """The primary tag. Raises `InvalidRequest` if it is none or one that the recogniser does not understand."""
        known = self.engines.current.hears
        if tag and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", tag):
            raise InvalidRequest("Invalid 'language': send a tag such as en or zh.", param="language")
        language = tag.partition("-")[0].lower()
        if language and known and language not in known:
            message = f"This server's recogniser does not understand '{language}', only {', '.join(known)}."
            raise InvalidRequest(message, code="unsupported_language", param="language")
        return language or (known[0] if len(known) == 1 else "")


async def decoded(decoding: Decoding, workers: Workers, longest_s: float = DECODE_S) -> AsyncGenerator[Samples, None]:
    """All sound of a file, each piece of it within `longest_s`. Raises `Overloaded`, and as `Decoding.samples`."""
    try:
        async with aclosing(workers.iterate(decoding.samples, timeout_s=longest_s)) as pieces:
            async for piece in pieces:
                yield piece
    except EngineTimeout as error:
        raise Overloaded(f"Reading the file stalled for {longest_s:g} s; please try again.") from error


def _last(fields: Mapping[str, Sequence[str]], name: str, default: str) -> str:
    return fields[name][-1] if fields.get(name) else default


def _one_of(value: str, known: Sequence[str], param: str) -> str:
    if value not in known:
        raise InvalidRequest(f"Invalid '{param}': it must be one of {', '.join(known)}.", param=param)
    return value


def _written(
    segments: Sequence[Segment], seconds: float, missing: Sequence[Mapping[str, Any]], params: TranscriptionParams
) -> bytes:
    told = {"missing": missing} if missing else {}
    match params.format:
        case "json":
            return orjson.dumps({"text": whole_text(segments), "usage": usage(seconds), **told})
        case "verbose_json":
            language = language_heard(segments, params.language)
            return orjson.dumps(verbose(segments, seconds, language, params.granularities) | told)
        case "text":
            return (whole_text(segments) + "\n").encode()
        case "srt":
            return srt(segments).encode() or b"\n"
        case "vtt":
            return vtt(segments).encode()
