"""How an answer is made: the model's events → clauses → pieces of audio. A chain of async generators, nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias, cast

from pipeline.characters.stage_directions import CharacterMarkup
from pipeline.conversation.answer_parts import GUESSED_MS_PER_CHARACTER, AudioPiece, Made, Modality, SpokenClause
from pipeline.conversation.limits import SpeakingLimits
from pipeline.engines.protocols import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    Message,
    Retracted,
    SynthesisRequest,
    Synthesizer,
    TextDelta,
    Thinking,
    ToolCall,
    Usage,
    VoiceChoice,
    WordTime,
)
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError
from pipeline.text.clauses import Clause, Clauses
from pipeline.text.clean import CleanStream, clean
from pipeline.text.in_character import InCharacter
from pipeline.text.language import is_foreign, language_of, names_another
from pipeline.text.word_times import align, interpolate

THEIR_LANGUAGE = "Answer in the language of the person's last words."
ATTEMPTS = 2
"""How often a model is asked for an answer that has words."""


@dataclass(frozen=True, slots=True)
class SynthesisOptions:
    """How an answer is given. `say` is spoken as it stands, without asking the model.

    voice: its style is that of the first clauses, until a mark changes it. narrated: see `CharacterMarkup`.
    """

    modality: Modality = "audio"
    voice: VoiceChoice = VoiceChoice()
    language: str = "en"
    say: str = ""
    narrated: bool = False


async def said(text: str) -> AsyncGenerator[Written, None]:
    """A text that is already known, as if a model had written it."""
    yield TextDelta(clean(text))


@dataclass(frozen=True, slots=True)
class Progress:
    """Who is told how the model gets on.

    first_token: something of the answer is there. thinking: it is at work without words; returns what the character says
    meanwhile, or nothing. retracted: what was written so far is no answer.
    """

    first_token: Callable[[], None] = lambda: None
    thinking: Callable[[Thinking], str] = lambda _event: ""
    retracted: Callable[[], None] = lambda: None


Written: TypeAlias = TextDelta | ToolCall | Usage | Retracted | Clause
"""What a model writes. A clause without text is spoken as it stands, and no part of the answer."""


async def asked(
    model: ChatModel,
    request: ChatRequest,
    limits: SpeakingLimits,
    made: Made,
    progress: Progress,
    *,
    spoken: bool = True,
    narrated: bool = False,
) -> AsyncGenerator[Written, None]:
    """The model's events, cleaned, up to `longest_characters` of text. Raises what the model does.

    An answer without words (an emoji or acting is none where it is to be spoken) is asked for once more; the second time
    it is an `EngineError`. Of what is written for a character only its own words are left; where they are over, so is
    the answer. One in a language that is not the person's is asked for once more too; the second one is taken.
    """
    names = (*request.character.name.values(), request.character.id) if request.character else None
    usage, person = Usage(), _words_to_answer_alike(request)
    for _attempt in range(ATTEMPTS):
        answer, person = _Answer(spoken, names, person, narrated), ""
        async with aclosing(_generator(model.reply(request))) as events:
            async for event in events:
                if isinstance(event, Thinking):
                    if filler := progress.thinking(event):
                        yield Clause("", filler)
                    continue
                if isinstance(event, Retracted):
                    progress.retracted()
                    made.characters = 0
                usage = event if isinstance(event, Usage) else usage
                for part in answer.take(event):
                    progress.first_token()
                    yield part
                made.characters += len(event.text) if isinstance(event, TextDelta) else 0
                if made.characters > limits.longest_characters:
                    yield Usage(output_tokens=made.characters // 4, truncated=True)
                    return
                if answer.foreign:
                    break
                if answer.over:
                    usage = Usage(output_tokens=made.characters // 4)
                    break
        if answer.foreign:
            request, made.characters = replace(request, messages=_reminded(request.messages)), 0
            continue
        for part in answer.finish():
            yield part
        if answer.over and answer.worded:
            yield usage
        if answer.worded:
            return
        if usage.truncated:  # it thought for as long as it was to answer
            request = replace(request, max_tokens=None)
    raise _wordless(usage, model.info.name)


def _words_to_answer_alike(request: ChatRequest) -> str:
    """The person's last words, if the answer should be in their language, which the character speaks; else nothing."""
    system = "".join(message.text for message in request.messages if message.role == "system")
    said, taken = "", False
    for message in request.messages:
        if message.role == "user":
            said = message.text
        elif message.role == "assistant" and said:
            taken = bool(is_foreign(message.text, said))  # the person did not mind, or it is meant so
    if taken or request.character is None or names_another(system, said):
        return ""
    chinese = language_of(said) == "zh"
    speaks_it = any((language.partition("-")[0] == "zh") is chinese for language in request.character.languages)
    return said if speaks_it else ""


def _reminded(messages: Sequence[Message]) -> list[Message]:
    first, rest = messages[:1], messages[1:]
    if not first or first[0].role != "system":
        return [Message("system", THEIR_LANGUAGE), *messages]
    return [replace(first[0], text=f"{first[0].text}\n\n{THEIR_LANGUAGE}"), *rest]


class _Answer:
    """The parts of one answer; what comes before its first word is held back, since there may be none.

    person: the words whose language it should be in, if that counts. foreign: it is not.
    """

    def __init__(self, spoken: bool, names: tuple[str, ...] | None, person: str, narrated: bool) -> None:
        self.worded = self.foreign = False
        self._narrated = narrated
        self._person = person
        self._spoken, self._held, self._cleaner = spoken, "", CleanStream()
        self._names = names
        self._own = self._own_words()

    @property
    def over(self) -> bool:
        """Whether what follows is not the character's to say."""
        return self._own is not None and self._own.over

    def finish(self) -> Iterator[TextDelta]:
        """The model has written all."""
        self._person = ""
        yield from self._write((self._own.finish() if self._own else "") + ("" if self.worded else "\n"))

    def take(self, event: ChatEvent) -> Iterator[Written]:
        match event:
            case TextDelta():
                text = self._cleaner.push(event.text)
                yield from self._write(self._own.push(text) if self._own else text)
            case ToolCall():
                yield from self.finish()
                self.worded = True
                yield from self._let_go()
                yield event.clean()
            case Retracted():
                self.worded, self._held, self._own = False, "", self._own_words()
                yield event
            case Usage() if self.worded:
                yield event
            case _:
                pass

    def _own_words(self) -> InCharacter | None:
        return None if self._names is None else InCharacter(self._names)

    def _write(self, text: str) -> Iterator[TextDelta]:
        self._held += text
        if not self.worded:
            shown = [piece for piece in CharacterMarkup(self._narrated).push(self._held) if isinstance(piece, str)]
            self.worded = any(map(str.isalnum, "".join(shown))) if self._spoken else bool(self._held.strip())
        verdict = is_foreign(self._held, self._person) if self._person and self.worded else False
        self.foreign = bool(verdict)
        if self.worded and verdict is False:
            self._person = ""
            yield from self._let_go()

    def _let_go(self) -> Iterator[TextDelta]:
        held, self._held = self._held, ""
        if held:
            yield TextDelta(held)


def _wordless(usage: Usage, engine: str) -> EngineError:
    if usage.filtered:
        return EngineError("The language model's provider held its answer back.", engine=engine, code="content_filter")
    if usage.truncated:
        limit = "The language model came to its limit of tokens before its first word."
        return EngineError(limit, engine=engine, code="answer_without_words")
    return EngineError("The language model answered without a word.", engine=engine, code="answer_without_words")


async def clauses_of(
    events: AsyncGenerator[Written, None], language: str = "en", narrated: bool = False
) -> AsyncGenerator[Clause | ToolCall | Usage | Retracted, None]:
    """The text cut into speakable clauses; calls and usage pass through in their place. language: of the conversation."""
    clauses = Clauses(language=language, markup=CharacterMarkup(narrated))
    async with aclosing(events):
        async for event in events:
            if isinstance(event, TextDelta):
                for clause in clauses.push(event.text):
                    yield clause
                continue
            if isinstance(event, Retracted):
                clauses = Clauses(language=language, markup=CharacterMarkup(narrated))
            for clause in clauses.finish() if isinstance(event, ToolCall) else ():
                yield clause
            yield event
    for clause in clauses.finish():
        yield clause


async def pieces_of(
    parts: AsyncGenerator[Clause | ToolCall | Usage | Retracted, None],
    options: SynthesisOptions,
    synthesizer: Synthesizer,
    workers: Workers,
    limits: SpeakingLimits,
    made: Made,
) -> AsyncGenerator[AudioPiece | ToolCall | Usage | Retracted, None]:
    """Every clause as it is spoken: its beginning, then its audio. Ends after `longest_s` of audio. Raises `EngineError`."""
    rate, name = synthesizer.info.rate, synthesizer.info.name
    voice, longest_ms = options.voice, limits.longest_s * 1000
    retractions = made.retractions
    async with aclosing(parts):
        async for part in parts:
            if not isinstance(part, Clause):
                retractions += isinstance(part, Retracted)
                yield part
                continue
            if retractions < made.retractions:
                continue
            clause = _begun(part)
            yield AudioPiece(clause)
            if made.unheard or not part.spoken:
                clause.timed = True
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
                    if len(chunk.pcm):
                        yield AudioPiece(clause, chunk.pcm)
                    if made.audio_ms + clause.duration_ms >= longest_ms:  # some voices babble on without an end
                        break
                    if retractions < made.retractions:
                        break
            clause.words, clause.timed = align(part.text, engine_words, round(clause.duration_ms)), True
            made.audio_ms += clause.duration_ms
            if made.audio_ms >= longest_ms:
                yield Usage(truncated=True)
                return


def _begun(part: Clause) -> SpokenClause:
    """A clause before its sound is there, with guesses of where its words are."""
    text = part.text or part.spoken
    words = interpolate(text, GUESSED_MS_PER_CHARACTER * len(text))
    return SpokenClause(part.text, words=words) if part.text else SpokenClause("", unwritten=words)


def _generator(events: AsyncIterator[ChatEvent]) -> AsyncGenerator[ChatEvent, None]:
    # Adapters are async generators; the protocol names only what the loop uses of them.
    return cast(AsyncGenerator[ChatEvent, None], events)
