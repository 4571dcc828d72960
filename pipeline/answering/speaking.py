"""How an answer is made: the model's events → clauses → pieces of audio. A chain of async generators, nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from pipeline.conversation.answer_parts import GUESSED_MS_PER_CHARACTER, AudioPiece, Made, Modality, SpokenClause
from pipeline.conversation.limits import SpeakingLimits
from pipeline.engines.protocols import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    SynthesisRequest,
    Synthesizer,
    TextDelta,
    ToolCall,
    Usage,
    VoiceChoice,
    WordTime,
)
from pipeline.engines.workers import Workers
from pipeline.text.clauses import Clause, Clauses
from pipeline.text.clean import CleanStream, clean
from pipeline.text.language import language_of
from pipeline.text.word_times import align, interpolate


@dataclass(frozen=True, slots=True)
class SynthesisOptions:
    """How an answer is given. `say` is spoken as it stands, without asking the model.

    voice: its style is that of the first clauses, until a mark changes it.
    """

    modality: Modality = "audio"
    voice: VoiceChoice = VoiceChoice()
    language: str = "en"
    say: str = ""


async def said(text: str) -> AsyncGenerator[ChatEvent, None]:
    """A text that is already known, as if a model had written it."""
    yield TextDelta(clean(text))


async def asked(
    model: ChatModel, request: ChatRequest, limits: SpeakingLimits, made: Made, first_token: Callable[[], None]
) -> AsyncGenerator[ChatEvent, None]:
    """The model's events, cleaned, up to `longest_characters` of text. Raises what the model does."""
    cleaner = CleanStream()
    async with aclosing(_generator(model.reply(request))) as events:
        async for event in events:
            first_token()
            match event:
                case TextDelta():
                    made.characters += len(event.text)
                    yield TextDelta(cleaner.push(event.text))
                case ToolCall():
                    yield event.clean()
                case Usage():
                    yield event
            if made.characters > limits.longest_characters:
                yield Usage(output_tokens=made.characters // 4, truncated=True)
                return


async def clauses_of(
    events: AsyncGenerator[ChatEvent, None], language: str = "en"
) -> AsyncGenerator[Clause | ToolCall | Usage, None]:
    """The text cut into speakable clauses; calls and usage pass through in their place. language: of the conversation."""
    clauses = Clauses(language=language)
    async with aclosing(events):
        async for event in events:
            if isinstance(event, TextDelta):
                for clause in clauses.push(event.text):
                    yield clause
            else:
                for clause in clauses.finish() if isinstance(event, ToolCall) else ():
                    yield clause
                yield event
    for clause in clauses.finish():
        yield clause


async def pieces_of(
    parts: AsyncGenerator[Clause | ToolCall | Usage, None],
    options: SynthesisOptions,
    synthesizer: Synthesizer,
    workers: Workers,
    limits: SpeakingLimits,
    made: Made,
) -> AsyncGenerator[AudioPiece | ToolCall | Usage, None]:
    """Every clause as it is spoken: its beginning, then its audio. Ends after `longest_s` of audio. Raises `EngineError`."""
    rate, name = synthesizer.info.rate, synthesizer.info.name
    voice, longest_ms = options.voice, limits.longest_s * 1000
    async with aclosing(parts):
        async for part in parts:
            if not isinstance(part, Clause):
                yield part
                continue
            clause = SpokenClause(part.text, words=interpolate(part.text, GUESSED_MS_PER_CHARACTER * len(part.text)))
            yield AudioPiece(clause)
            if made.unheard:
                continue
            voice = voice if part.style is None else replace(voice, style=part.style)
            request = SynthesisRequest(part.spoken, language_of(part.spoken, options.language), voice)
            made.spoken_characters += len(request.text)
            chunks = workers.iterate(partial(synthesizer.speak, request), timeout_s=limits.audio_s, engine=name)
            engine_words: list[WordTime] = []
            async with aclosing(chunks):
                async for chunk in chunks:
                    clause.duration_ms += len(chunk.pcm) * 1000 / rate
                    engine_words += chunk.words
                    yield AudioPiece(clause, chunk.pcm)
                    if made.audio_ms + clause.duration_ms >= longest_ms:  # some voices babble on without an end
                        break
            clause.words, clause.timed = align(part.text, engine_words, round(clause.duration_ms)), True
            made.audio_ms += clause.duration_ms
            if made.audio_ms >= longest_ms:
                yield Usage(truncated=True)
                return


def _generator(events: AsyncIterator[ChatEvent]) -> AsyncGenerator[ChatEvent, None]:
    # Adapters are async generators; the protocol names only what the loop uses of them.
    return cast(AsyncGenerator[ChatEvent, None], events)
