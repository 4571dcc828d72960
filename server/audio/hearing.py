"""A long recording → utterances cut at its pauses → words with their times."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples, milliseconds_of, samples_of
from pipeline.conversation.limits import RecognitionLimits
from pipeline.engines.protocols import Recognition, Recognizer, RecognizerStream, VoiceDetector, WordTime
from pipeline.engines.workers import Workers
from pipeline.errors import EngineBusy
from pipeline.listening.utterance import LONGEST_PIECE
from pipeline.listening.voiced import VoicedStretches
from pipeline.turns.endpoint import Endpointer, Endpointing
from pipeline.turns.events import SpeechStarted, SpeechStopped
from pipeline.turns.wait import fixed_wait
from server.audio.job_slots import Throttle

PAUSES = Endpointing(longest_ms=30_000, wait_ms=fixed_wait(500))
SHORT_PAUSES = replace(PAUSES, wait_ms=fixed_wait(160))
LONG_MS = 12_000
"""From here on an utterance ends at any pause between words: recognisers like short ones, and so do subtitles."""

PRE_ROLL_MS = 500
"""Sound kept from before a voice is noticed; more than prefix and onset together."""

SLICE_WINDOWS = 3
"""Windows judged in one go, about a millisecond: nobody else on the event loop waits longer."""

BUSY_S = 60.0
"""How long a recogniser is asked again while it is busy."""

SETTLE_S = 10.0
"""How long the final words of an utterance may take while nobody else needs the recogniser."""


@dataclass(frozen=True, slots=True)
class RecordedUtterance:
    """A stretch of speech. `at`: where `pcm` begins; `start`, `end`: the voice in it. In samples from the beginning.

    voiced: from when to when there is a voice, in milliseconds from the beginning.
    """

    at: int
    start: int
    end: int
    pcm: Samples
    voiced: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """What was said in an utterance; all times, of its words and its voice too, are milliseconds of the recording."""

    start_ms: int
    end_ms: int
    text: str
    language: str = ""
    words: tuple[WordTime, ...] = ()
    voiced: tuple[tuple[int, int], ...] = ()


class Segmenter:
    """Finds the utterances of one recording. Pure but for the detector's memory."""

    def __init__(self, detector: VoiceDetector) -> None:
        self._voice, self._window = detector.open(), detector.window
        self._endpointer = Endpointer(PAUSES)
        self._rest = np.zeros(0, np.int16)
        self._heard = self._length = self._last_end = 0
        self._started: int | None = None
        self._kept: deque[Samples] = deque()
        self._voiced = VoicedStretches(samples_of(PRE_ROLL_MS))

    @property
    def seconds(self) -> float:
        """How much was heard."""
        return self._length / LINE_RATE

    def push_audio(self, pcm: Samples) -> Iterator[RecordedUtterance | None]:
        """Take the next samples. Yields after every slice of work: an utterance that has ended, or None."""
        self._length += len(pcm)
        yield from self._hear(pcm)

    def finish(self) -> Iterator[RecordedUtterance | None]:
        """The recording is over."""
        silence = samples_of(600) + self._window
        yield from self._hear(np.zeros(silence, np.int16))

    def _hear(self, pcm: Samples) -> Iterator[RecordedUtterance | None]:
        waiting = np.concatenate((self._rest, pcm))
        whole = len(waiting) // self._window * self._window
        self._rest = waiting[whole:]
        for number, start in enumerate(range(0, whole, self._window), 1):
            ended = self._hear_window(waiting[start : start + self._window])
            if ended or number % SLICE_WINDOWS == 0:
                yield ended

    def _hear_window(self, window: Samples) -> RecordedUtterance | None:
        at = self._heard
        self._heard += len(window)
        self._kept.append(window)
        probability = self._voice.probability(window)
        voiced = self._endpointer.endpointing.voiced(probability, going_on=self._voiced.open_at(at))
        self._voiced.push_window(at, self._heard, voiced, in_turn=self._started is not None)
        for event in self._endpointer.push_window(probability, at, len(window)):
            match event:
                case SpeechStarted():
                    self._started = event.at
                    self._forget(event.at)
                case SpeechStopped():
                    return self._end(event.ended)
        if self._started is None:
            self._forget(self._heard - samples_of(PRE_ROLL_MS))
        else:
            long = self._heard - self._started >= samples_of(LONG_MS)
            self._endpointer.endpointing = SHORT_PAUSES if long else PAUSES
        return None

    def _end(self, voice_end: int) -> RecordedUtterance:
        started, self._started = self._started, None
        assert started is not None, "a stop follows a start"
        pcm = np.concatenate(self._kept)
        at = self._heard - len(pcm)
        # What belongs to the next utterance stays: its voice may have begun before this one's last pause was over.
        self._forget(voice_end)
        self._endpointer.endpointing = PAUSES
        # The prefix was put before the voice only where there was room for it.
        prefix = samples_of(PAUSES.prefix_ms) if started > self._last_end else 0
        self._last_end = min(voice_end, self._length)
        offset = milliseconds_of(started)
        voiced = tuple((offset + start, offset + end) for start, end in self._voiced.take(started, voice_end))
        return RecordedUtterance(at, min(started + prefix, self._last_end), self._last_end, pcm, voiced)

    def _forget(self, before: int) -> None:
        """Let go of whole windows that end before this position."""
        while self._kept and self._heard - (len(self._kept) - 1) * self._window <= before:
            self._kept.popleft()


@dataclass(frozen=True)
class RecordingTranscriber:
    """Hears recordings with the engines of the conversations, as far as these leave room.

    limits: those of the conversations; of `settle_s` see `_settle_s`.
    """

    detector: VoiceDetector
    recognizer: Recognizer
    workers: Workers
    throttle: Throttle
    limits: RecognitionLimits

    async def segments(
        self, pieces: AsyncGenerator[Samples, None], segmenter: Segmenter, language: str
    ) -> AsyncGenerator[Segment, None]:
        """What is said in the recording, utterance by utterance; silence between them is left out. Raises `EngineError`."""
        async with aclosing(pieces):
            async for piece in pieces:
                async for utterance in self._found(segmenter.push_audio(piece)):
                    yield await self._recognize(utterance, language)
        async for utterance in self._found(segmenter.finish()):
            yield await self._recognize(utterance, language)

    async def _found(self, slices: Iterator[RecordedUtterance | None]) -> AsyncGenerator[RecordedUtterance, None]:
        began = time.perf_counter()
        for utterance in slices:
            await self.throttle.rest(began)
            if utterance:
                yield utterance
            began = time.perf_counter()

    async def _recognize(self, utterance: RecordedUtterance, language: str) -> Segment:
        name, call, stall_s = self.recognizer.info.name, self.workers.call, self.limits.stall_s
        stream = await self._open(language)
        try:
            for start in range(0, len(utterance.pcm), LONGEST_PIECE):
                began = time.perf_counter()
                piece = utterance.pcm[start : start + LONGEST_PIECE]
                await call(partial(stream.accept, piece), timeout_s=stall_s, engine=name)
                await self.throttle.rest(began)
            budget = self._settle_s()
            heard = await call(partial(stream.settle, budget), timeout_s=budget + stall_s, engine=name)
        finally:
            stream.close()
        return _segment(utterance, heard.clean())

    async def _open(self, language: str) -> RecognizerStream:
        """A recogniser; waits while conversations need them all. Raises `EngineBusy`."""
        recognizer, name, open_s = self.recognizer, self.recognizer.info.name, self.limits.open_s
        open = partial(getattr(recognizer, "open_recording", recognizer.open), language)
        patience = time.monotonic() + BUSY_S
        while True:
            try:
                return await self.workers.call(open, timeout_s=open_s, engine=name, undo=lambda late: late.close())
            except EngineBusy:
                if time.monotonic() > patience:
                    raise
                await asyncio.sleep(1.0)

    def _settle_s(self) -> float:
        """A second pass is for the conversations first: beside them a file has no more time for it than they have.

        An engine that does not stream has its only pass here.
        """
        return self.limits.settle_s if self.recognizer.info.streams and self.throttle.talking() else SETTLE_S


def _segment(utterance: RecordedUtterance, heard: Recognition) -> Segment:
    offset = milliseconds_of(utterance.at)
    words = tuple(WordTime(word.text, offset + word.start_ms, offset + word.end_ms) for word in heard.words)
    start, end = milliseconds_of(utterance.start), milliseconds_of(utterance.end)
    return Segment(start, max(start, end), heard.text.strip(), heard.language, words, utterance.voiced)
