"""The conformance suite itself: honest engines pass, and every check finds the fault that it is there for."""

from __future__ import annotations

import asyncio
import mmap
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.audio.samples import Samples
from pipeline.conformance import Nonconformity, Subject, Trial, checks
from pipeline.conformance.leaks import WARM_UP, footprint
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    Recognition,
    Role,
    SpeechChunk,
    SynthesisRequest,
    TextDelta,
    Usage,
)
from pipeline.errors import EngineUnavailable
from tests.pipeline.honest_engines import Counting, Echo, Hum, Loud, Short, Utterance

HONEST: dict[Role, type] = {
    "synthesizer": Hum,
    "recognizer": Counting,
    "chat_model": Echo,
    "voice_detector": Loud,
    "turn_model": Short,
}


def findings(engine: type, names: set[str] | None = None) -> dict[str, str]:
    """What the suite finds wrong with an engine, by check; only the checks called `names`, if given."""
    role = engine.info.role  # type: ignore[attr-defined]
    found = {}
    with Trial(Subject(role, engine, cycles=40, settle_s=0.3)) as trial:
        for check in checks(role):
            name = getattr(check, "__name__", "")
            if names is None or name in names:
                try:
                    trial.run(check)
                except Nonconformity as failure:
                    found[name] = str(failure)
    return found


@pytest.mark.parametrize("role", HONEST)
def test_an_honest_engine_passes(role: Role) -> None:
    assert findings(HONEST[role]) == {}


# --- Synthesisers -----------------------------------------------------------------------------------------------------


def changed(engine: type, **info: Any) -> Any:
    return replace(engine.info, **info)  # type: ignore[attr-defined]


class SlowerThanItSays(Hum):
    info = changed(Hum, rate=8_000)


class InLongChunks(Hum):
    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        for chunk in super().speak(request):
            yield SpeechChunk(np.tile(chunk.pcm, 3), chunk.words)


class WithASilentVoice(Hum):
    info = changed(Hum, voices=(*Hum.info.voices, replace(Hum.info.voices[0], id="mute")))

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        for chunk in super().speak(request):
            yield replace(chunk, pcm=chunk.pcm * 0) if request.voice.name == "mute" else chunk


class AllAtOnce(Hum):
    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        chunks = list(super().speak(request))
        time.sleep(0.002 * len(chunks))
        return iter(chunks)


class OneForAll(Hum):
    """Where it is belongs to the engine, not to the clause."""

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        chunks, self.at = list(super().speak(request)), 0
        while self.at < len(chunks):
            self.at += 1
            yield chunks[self.at - 1]


class OneAfterTheOther(Hum):
    """Takes its time to let go, and lets nobody else speak meanwhile."""

    lock = threading.Lock()

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        with self.lock:
            try:
                yield from super().speak(request)
            finally:
                time.sleep(0.15)


class WithoutTimes(Hum):
    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        return (SpeechChunk(chunk.pcm) for chunk in super().speak(request))


class WithTimesAllAtTheStart(Hum):
    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        chunks = list(super().speak(request))
        words = tuple(word for chunk in chunks for word in chunk.words)
        return (SpeechChunk(chunk.pcm, () if index else words) for index, chunk in enumerate(chunks))


class WithoutStyle(Hum):
    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        return super().speak(replace(request, voice=replace(request.voice, style="")))


class WithSecretStyle(Hum):
    info = changed(Hum, styles=False)


class DeafToSamples(Hum):
    def pitch_of(self, pcm: Samples) -> float:
        return 150.0


class AfraidOfEmoji(Hum):
    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        request.text.encode("gbk")
        return super().speak(request)


class Hoarding(Hum):
    hoard: list[mmap.mmap] = []  # noqa: RUF012

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        pages = mmap.mmap(-1, 200_000)  # never out of what the allocator has left from other tests
        pages.write(bytes(200_000))
        self.hoard.append(pages)
        return super().speak(request)


class LeavingFilesOpen(Hum):
    def __init__(self) -> None:
        self.files: list[int] = []

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        self.files.append(os.open(os.devnull, os.O_RDONLY))
        return super().speak(request)

    def close(self) -> None:
        for file in self.files:
            os.close(file)


class LeavingThreads(Hum):
    def __init__(self) -> None:
        self.closed = threading.Event()

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        threading.Thread(target=self.closed.wait, daemon=True).start()
        return super().speak(request)

    def close(self) -> None:
        self.closed.set()


# --- Recognisers ------------------------------------------------------------------------------------------------------


def recognizer(stream: type[Utterance], **info: Any) -> type:
    """A recogniser with other utterances."""
    body = {"info": changed(Counting, name=stream.__name__, **info), "open": lambda self, language="": stream()}
    return type(stream.__name__, (Counting,), body)


class Mute(Utterance):
    def accept(self, pcm: Samples) -> str:
        super().accept(pcm)
        return ""


class CountingCalls(Utterance):
    def accept(self, pcm: Samples) -> str:
        self.samples += 1600
        return self.text


class Shared(Utterance):
    heard = 0

    def accept(self, pcm: Samples) -> str:
        Shared.heard = self.samples = (Shared.heard if self.samples else 0) + len(pcm)
        return self.text


class Ghosts(Utterance):
    text = property(lambda self: "boo " * (1 + self.samples // 9_000))  # type: ignore[assignment]


class EndingWithThePause(Utterance):
    def settle(self, budget_s: float) -> Recognition:
        text, self.samples = self.text, -(10**9)
        return Recognition(text)


class Stubborn(Utterance):
    def settle(self, budget_s: float) -> Recognition:
        time.sleep(0.15)
        return Recognition(self.text)


class Rude(Utterance):
    def accept(self, pcm: Samples) -> str:
        if self.closed.is_set():
            raise RuntimeError("closed")
        return super().accept(pcm)


class English(Counting):
    info = changed(Counting, languages=("en", "fr"))

    def open(self, language: str = "") -> Utterance:
        if language == "fr":
            raise EngineUnavailable("English only.")
        return super().open(language)


# --- Language models --------------------------------------------------------------------------------------------------


class InOnePiece(Echo):
    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        events = [event async for event in super().reply(request)]
        yield TextDelta("".join(event.text for event in events if isinstance(event, TextDelta)))
        yield events[-1]


class WithoutUsage(Echo):
    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        async for event in super().reply(request):
            if not isinstance(event, Usage):
                yield event


class Boundless(Echo):
    def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        return super().reply(replace(request, max_tokens=None))


class Forgetful(Echo):
    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.last = request.messages[-1].text
        for index in range(20):
            yield TextDelta(self.last[index])
        yield Usage()


class Lingering(Echo):
    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        try:
            async for event in super().reply(request):
                yield event
        finally:
            await asyncio.sleep(0.15)


class Fastidious(Echo):
    def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        if not request.messages[-1].text:
            raise ValueError("nothing to answer")
        return super().reply(request)


# --- Judges -----------------------------------------------------------------------------------------------------------


class InPercent(Loud):
    def probability(self, window: Samples) -> float:
        return 100 * super().probability(window)


class Deaf(Loud):
    def probability(self, window: Samples) -> float:
        return 0.0


class Confusing(Loud):
    def probabilities(self, streams: list[Loud], windows: list[Samples]) -> list[float]:
        return [
            stream.probability(window * (index == 0))
            for index, (stream, window) in enumerate(zip(streams, windows, strict=True))
        ]


class Remembering(Loud):
    mean = 0.0

    def probability(self, window: Samples) -> float:
        self.mean = 0.9 * self.mean + 0.1 * super().probability(window)
        return self.mean


class Certain(Short):
    def probability(self, pcm: Samples) -> float:
        return 2 * super().probability(pcm)


class Moody(Short):
    mood = 1.0

    def probability(self, pcm: Samples) -> float:
        self.mood *= 0.9
        return self.mood * super().probability(pcm)


class Nameless(Hum):
    info = changed(Hum, name="", languages=("English",))


FAULTS = [
    (Nameless, "declares_itself"),
    (SlowerThanItSays, "audio_is_what_was_declared"),
    (InLongChunks, "audio_is_what_was_declared"),
    (WithASilentVoice, "every_voice_and_language_is_heard"),
    (AllAtOnce, "the_first_sound_does_not_wait_for_the_last"),
    (OneForAll, "sessions_do_not_mix"),
    (OneAfterTheOther, "cancelling_frees_it"),
    (WithoutTimes, "words_are_timed_where_that_is_declared"),
    (WithTimesAllAtTheStart, "words_are_timed_where_that_is_declared"),
    (WithoutStyle, "styles_are_heard_where_that_is_declared"),
    (WithSecretStyle, "styles_are_heard_where_that_is_declared"),
    (DeafToSamples, "samples_are_followed_where_that_is_declared"),
    (AfraidOfEmoji, "what_cannot_be_said_is_silence_or_refused"),
    (Hoarding, "abandoned_sessions_leave_nothing"),
    (LeavingFilesOpen, "abandoned_sessions_leave_nothing"),
    (LeavingThreads, "abandoned_sessions_leave_nothing"),
    (recognizer(Mute), "partial_texts_grow"),
    (English, "every_declared_language_opens"),
    (recognizer(CountingCalls), "the_text_does_not_depend_on_how_the_audio_was_cut"),
    (recognizer(Shared), "sessions_do_not_mix"),
    (recognizer(EndingWithThePause), "settling_leaves_the_utterance_open"),
    (recognizer(Ghosts), "nothing_is_heard_in_nothing"),
    (recognizer(Stubborn), "closing_ends_a_call_in_flight"),
    (recognizer(Rude), "errors_are_engine_errors"),
    (InOnePiece, "a_reply_comes_in_pieces_and_its_usage_last"),
    (WithoutUsage, "a_reply_comes_in_pieces_and_its_usage_last"),
    (Boundless, "a_limit_on_tokens_is_kept_and_told"),
    (Forgetful, "sessions_do_not_mix"),
    (Lingering, "closing_cancels_at_once"),
    (Fastidious, "odd_requests_are_answered_or_refused"),
    (InPercent, "windows_get_probabilities"),
    (Deaf, "windows_get_probabilities"),
    (Remembering, "streams_do_not_mix"),
    (Confusing, "streams_in_one_pass_do_not_mix"),
    (Certain, "turns_get_probabilities"),
    (Moody, "calls_stand_alone"),
]


@pytest.mark.parametrize(("engine", "check"), FAULTS, ids=[f"{engine.__name__}-{check}" for engine, check in FAULTS])
def test_a_fault_is_found(engine: type, check: str) -> None:
    assert list(findings(engine, {check})) == [check]


def test_an_engine_that_does_not_stream_need_not() -> None:
    class Whole(AllAtOnce):
        info = changed(Hum, streams=False)

    partials = recognizer(Mute, streams=False)

    assert findings(Whole, {"the_first_sound_does_not_wait_for_the_last"}) == {}
    assert findings(partials, {"partial_texts_grow"}) == {}


async def test_an_asynchronous_engine_is_tried_like_any_other() -> None:
    class Remote(Hum):
        async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:  # type: ignore[override]
            for chunk in super().speak(request):
                await asyncio.sleep(0)
                yield chunk

    assert await asyncio.to_thread(findings, Remote) == {}


def test_threads_that_came_late_and_only_once_are_no_leak() -> None:
    class Pooling(Hum):
        """Its second thread comes when two clauses first overlap, which is after the warm-up on a busy machine."""

        def __init__(self) -> None:
            self.closed, self.spoken = threading.Event(), 0

        def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
            self.spoken += 1
            if self.spoken == WARM_UP + 10:
                threading.Thread(target=self.closed.wait, daemon=True).start()
            return super().speak(request)

        def close(self) -> None:
            self.closed.set()

    assert findings(Pooling, {"abandoned_sessions_leave_nothing"}) == {}


def test_an_engine_is_closed_after_its_trial() -> None:
    closed = []

    class Closing(Hum):
        def close(self) -> None:
            closed.append(True)

    with Trial(Subject("synthesizer", Closing)):
        before = list(closed)

    assert (before, closed) == ([], [True])


def test_a_footprint_counts_what_this_process_holds() -> None:
    before = footprint()
    file, done = os.open(os.devnull, os.O_RDONLY), threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    during = footprint()
    done.set()
    thread.join()
    os.close(file)

    assert (during.threads - before.threads, during.files - before.files) == (1, 1 if before.files else 0)
    assert footprint().threads == before.threads
