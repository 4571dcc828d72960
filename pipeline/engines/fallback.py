"""Several engines of a role as one, each behind its bulkhead: where one cannot, the next one does.

A chain is an asynchronous engine itself, so the loop knows nothing of it. It passes on to the next engine only while it
has given nothing on: a clause before its first audio, a reply before its first word. An utterance is played to the next
recogniser from its beginning, since nobody was answered yet. The engines share the time that one of them would have: each
but the last has half of what is left, so that the best has time enough on a busy machine. Once something was given on,
errors go up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar, cast

from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.bulkhead import Bulkhead, Call
from pipeline.engines.protocols import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    EngineInfo,
    Recognition,
    Recognizer,
    RecognizerStream,
    SpeechChunk,
    SynthesisRequest,
    Synthesizer,
    Thinking,
    TurnModel,
    context_window_of,
)
from pipeline.engines.speech_model import SpeechLink, SpeechModel
from pipeline.engines.threads import EngineThreads
from pipeline.engines.workers import Workers, each_within
from pipeline.errors import EngineTimeout, EngineUnavailable, UnknownLanguage

E = TypeVar("E")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Member(Generic[E]):
    """One engine of a chain. Its threads are its own, so that no other engine waits for those that it blocks."""

    engine: E
    info: EngineInfo
    bulkhead: Bulkhead
    workers: Workers

    def can(self, language: str) -> bool:
        """Whether it says that it can do a language, given as BCP 47 tag; empty is any."""
        return not language or not self.info.languages or language.partition("-")[0] in self.info.languages

    async def aclose(self) -> None:
        """End the engine and let go of its threads."""
        await close_engine(self.engine)
        self.workers.close()


async def close_engine(engine: Any) -> None:
    """End an engine: by `aclose` where it has one, as those with connections do, else by `close`, which may block."""
    if hasattr(engine, "aclose"):
        await engine.aclose()
        return
    thread = EngineThreads(1)
    try:
        await thread.call(engine.close).outcome
    finally:
        thread.close()


class _Chain(Generic[E]):
    """What all chains have: engines in order of preference; `patience_s` bounds a call.

    To the outside a chain is its first engine, except that it can do the languages of all.
    """

    def __init__(self, members: Sequence[Member[E]], patience_s: float) -> None:
        self._members, self._patience_s = members, patience_s
        tags = [member.info.languages for member in members]
        languages = tuple(dict.fromkeys(tag for its in tags for tag in its)) if all(tags) else ()
        self.info = replace(members[0].info, languages=languages)

    def close(self) -> None:
        """Does nothing: the engines of a chain are closed by their owner."""

    async def aclose(self) -> None:
        """Nothing, as `close`."""


class ChatChain(_Chain[ChatModel]):
    """Language models; `patience_s` is how long they may be silent, `thought_s` how long they may think at a time.

    A thought is no answer yet: where it comes to nothing, the next model is asked.
    """

    def __init__(self, members: Sequence[Member[ChatModel]], patience_s: float, thought_s: float = 60.0) -> None:
        super().__init__(members, patience_s)
        self._thought_s = thought_s

    @property
    def context_window(self) -> int | None:
        """The smallest of those that are known: which engine will answer is not."""
        return min(filter(None, (context_window_of(member.engine) for member in self._members)), default=None)

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        def ask(member: Member[ChatModel], bound_s: float) -> AsyncGenerator[ChatEvent, None]:
            # Adapters are async generators; the protocol names only what the loop uses of them.
            events = cast(AsyncGenerator[ChatEvent, None], member.engine.reply(request))
            return _thinking_within(each_within(events, bound_s, member.info.name), self._thought_s, member.info.name)

        asked = _of_the_first(self._members, ask, self._patience_s, lambda event: not isinstance(event, Thinking))
        async with aclosing(asked) as events:
            async for event in events:
                yield event


async def _thinking_within(
    events: AsyncGenerator[ChatEvent, None], thought_s: float, engine: str
) -> AsyncGenerator[ChatEvent, None]:
    """The events of one model. Raises `EngineTimeout` where nothing but thoughts come for `thought_s`."""
    since: float | None = None
    async with aclosing(events):
        async for event in events:
            now = _now()
            since = (now if since is None else since) if isinstance(event, Thinking) else None
            if since is not None and now - since > thought_s:
                if isinstance(event, Thinking) and event.loading:
                    raise EngineTimeout(
                        "The language model is still being loaded.", engine=engine, code="model_loading"
                    )
                raise EngineTimeout(f"{engine} thought for {thought_s:g} s without a word.", engine=engine)
            yield event


class SynthesizerChain(_Chain[Synthesizer]):
    """Synthesisers, all at the first one's rate; `patience_s` is how long they may be silent.

    An engine that does not speak a clause's language is left out, unless none does.
    """

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        def begin(member: Member[Synthesizer], bound_s: float) -> AsyncGenerator[SpeechChunk, None]:
            speak = partial(member.engine.speak, request)
            chunks = member.workers.iterate(speak, timeout_s=bound_s, engine=member.info.name)
            return chunks if member.info.rate == rate else _at_rate(chunks, member.info.rate, rate)

        rate = self.info.rate
        able = [member for member in self._members if member.can(request.language)] or self._members
        async with aclosing(_of_the_first(able, begin, self._patience_s)) as chunks:
            async for chunk in chunks:
                yield chunk


async def _at_rate(
    chunks: AsyncGenerator[SpeechChunk, None], source: int, target: int
) -> AsyncGenerator[SpeechChunk, None]:
    resampler = Resampler(source, target)
    async with aclosing(chunks):
        async for chunk in chunks:
            yield replace(chunk, pcm=resampler(chunk.pcm))


async def _of_the_first(
    members: Sequence[Member[E]],
    start: Callable[[Member[E], float], AsyncGenerator[T, None]],
    patience_s: float,
    counts: Callable[[T], bool] = lambda _item: True,
) -> AsyncGenerator[T, None]:
    """The items of the first member that gives any. `start` begins a call whose items come within the seconds given.

    Items that do not count are passed on, and leave it to the next member to begin, with all of its patience. Raises the
    error of the member that broke off, or of the last one if none began.
    """
    deadline = _now() + patience_s
    for engines, member in zip(range(len(members), 0, -1), members, strict=True):
        until, begun = _until(deadline, engines), False
        try:
            with await member.bulkhead.enter(_left(until)) as call:
                async with aclosing(start(member, _left(until))) as items:
                    async for item in items:
                        if counts(item):
                            call.answered()
                            begun = True
                        else:
                            deadline = _now() + patience_s
                        yield item
            return
        except Exception:
            if begun or engines == 1:
                raise


class RecognizerChain(_Chain[Recognizer]):
    """Recognisers; `patience_s` is how long any call of an utterance may take.

    open_s: likewise to open it. longest_s: an utterance that is longer is not played to the next engine any more.
    """

    def __init__(
        self, members: Sequence[Member[Recognizer]], patience_s: float, open_s: float, longest_s: float
    ) -> None:
        super().__init__(members, patience_s)
        self._open_s, self._longest_s = open_s, longest_s

    async def open(self, language: str = "") -> RelayedUtterance:
        """Raises `UnknownLanguage` if none understands the language, and what the last one raises that does."""
        return await self._begun(language)

    async def open_recording(self, language: str = "") -> RelayedUtterance:
        """The same for a recording."""
        return await self._begun(language, "open_recording")

    async def open_timed(self, language: str = "") -> RelayedUtterance:
        """The same where the times of words are wanted."""
        return await self._begun(language, "open_timed")

    async def _begun(self, language: str, by: str = "open") -> RelayedUtterance:
        able = [member for member in self._members if member.can(language)]
        if not able:
            raise UnknownLanguage(f"{self.info.name} does not understand {language!r}.", engine=self.info.name)
        longest = round(self._longest_s * LINE_RATE)
        utterance = RelayedUtterance(able, language, self._patience_s, longest, by)
        try:
            await utterance.begin(self._open_s)
        except BaseException:
            utterance.close()  # Nobody else knows of it, and its engine's place is taken.
            raise
        return utterance


class RelayedUtterance:
    """One utterance; what an engine cannot finish, the next one hears from the beginning. To be used on the loop."""

    def __init__(
        self,
        members: Sequence[Member[Recognizer]],
        language: str,
        call_s: float,
        longest: int,
        by: str,
    ) -> None:
        """by: the name of the engines' method that opens it; one that has it not opens it as usual."""
        self._next, self._language, self._call_s, self._longest = list(members), language, call_s, longest
        self._by = by
        self._kept: list[Samples] = []
        self._kept_samples = 0
        self._current: Member[Recognizer]
        self._call: Call | None = None
        self._stream: RecognizerStream | None = None

    async def begin(self, patience_s: float) -> None:
        """Open it at the first engine that can. Raises `EngineError`."""
        await self._ask(lambda _stream: _nothing, patience_s)

    async def accept(self, pcm: Samples) -> str:
        text: str = await self._ask(lambda stream: partial(stream.accept, pcm), self._call_s)
        if self._next:
            self._keep(pcm)
        return text

    async def settle(self, budget_s: float) -> Recognition:
        patience_s = budget_s + self._call_s
        recognition: Recognition = await self._ask(lambda stream: partial(stream.settle, budget_s), patience_s)
        return recognition

    def close(self) -> None:
        if self._call:
            self._call.leave()
        self._let_go()

    async def _ask(self, work: Callable[[RecognizerStream], Callable[[], Any]], patience_s: float) -> Any:
        """What the current engine says, or the next one that can. Raises the last one's error."""
        deadline = _now() + patience_s
        while engines := len(self._next) + (self._stream is not None):
            until = _until(deadline, engines)
            try:
                stream = self._stream or await self._open(until)
                result = await self._within(until, work(stream))
            except Exception as error:
                if self._call:
                    self._call.end(error)
                self._let_go()
                if not self._next:
                    raise
            else:
                if self._call and result is not None:
                    self._call.answered()
                return result
        raise EngineUnavailable("This utterance has no engine left.")

    async def _open(self, until: float) -> RecognizerStream:
        """Open the utterance at the next engine, and let it hear what the others did."""
        self._current = self._next.pop(0)
        self._call = await self._current.bulkhead.enter(_left(until))
        engine = self._current.engine
        open: Callable[[str], RecognizerStream | Awaitable[RecognizerStream]] = getattr(engine, self._by, engine.open)
        begin = partial(open, self._language)
        self._stream = stream = await self._within(until, begin, undo=lambda late: late.close())
        for pcm in self._kept:
            await self._within(until, partial(stream.accept, pcm))
        return stream

    async def _within(
        self, until: float, work: Callable[[], T | Awaitable[T]], undo: Callable[[T], object] | None = None
    ) -> T:
        member = self._current
        return await member.workers.call(work, timeout_s=_left(until), engine=member.info.name, undo=undo)

    def _keep(self, pcm: Samples) -> None:
        self._kept.append(pcm)
        self._kept_samples += len(pcm)
        if self._kept_samples > self._longest:
            self._next.clear()
            self._kept.clear()

    def _let_go(self) -> None:
        if self._stream:
            self._stream.close()
        self._stream = self._call = None


class GuardedTurnModel(_Chain[TurnModel]):
    """One turn model behind its bulkhead; `patience_s` is how long it may judge."""

    async def probability(self, pcm: Samples) -> float:
        member, patience_s = self._members[0], self._patience_s
        with await member.bulkhead.enter(patience_s) as call:
            judge = partial(member.engine.probability, pcm)
            result = await member.workers.call(judge, timeout_s=patience_s, engine=member.info.name)
            call.answered()
            return result


class GuardedSpeechModel(_Chain[SpeechModel]):
    """One speech model behind its bulkhead, by which all of its connections come; `patience_s` is how long one may take."""

    async def open(self) -> SpeechLink:
        """A connection. Raises `EngineError`."""
        member, patience_s = self._members[0], self._patience_s
        with await member.bulkhead.enter(patience_s) as call:
            link: SpeechLink = await member.workers.call(
                member.engine.open, timeout_s=patience_s, engine=member.info.name
            )
            call.answered()
            return link


def _now() -> float:
    return asyncio.get_running_loop().time()


def _until(deadline: float, engines: int) -> float:
    """Until when the next of so many engines may take."""
    return _now() + (deadline - _now()) / min(engines, 2)


def _left(until: float) -> float:
    """Seconds, rounded for people who read them in an error."""
    return round(until - _now(), 2)


async def _nothing() -> None:
    """Work that is done."""
