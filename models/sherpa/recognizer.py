"""Recognition by sherpa-onnx on a CPU: a streaming Zipformer or Paraformer, and SenseVoice as a second pass.

Theory of operation. A network is loaded once; an utterance is a stream of it, which holds all state. A few threads
decode (the library lets go of the interpreter lock), each taking together whatever streams wait: eight Zipformer
streams in one call take half the time of eight calls. The streaming networks see ahead, so `settle` follows the last
sample with as much silence as they need to have heard it. What speaks after that is heard as after a pause. The second
pass hears the whole utterance anew, and gives punctuation, language, emotion and sounds; when it is not done within
the budget, the words of the first pass stand.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import numpy as np

from models.sherpa.library import NAME, Folder, checked_provider, cores, library
from models.sherpa.networks import FirstPass, SherpaSecondPass, Stream
from models.support.sense_voice import LANGUAGES as SENSE_VOICE_LANGUAGES
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import EngineInfo, Recognition
from pipeline.errors import EngineBusy, EngineError, EngineTimeout, EngineUnavailable, SettingError

T = TypeVar("T")

FIRST_PASS_S = 10.0
"""Bound of one piece, which takes some 10 to 50 ms."""
ALONE_S = 30.0
"""How long an utterance may take when there is no first pass whose words could stand instead."""
HEARD_LIMIT = 120 * LINE_RATE
"""How much of an utterance the second pass can have; of a longer one it hears the beginning."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SherpaRecognizerOptions:
    weights: str = ""
    """A folder with a streaming network, or with SenseVoice alone."""
    second_pass: str = ""
    """A folder with SenseVoice, which hears finished utterances again."""
    threads: int = 0
    """Cores that recognition may use; 0 for half of them."""
    provider: str = "cpu"
    languages: tuple[str, ...] = ()
    """What the streaming network understands; empty to guess from its tokens."""


def create(settings: Mapping[str, Any]) -> SherpaRecognizer:
    """Load the networks. Raises `EngineUnavailable` naming what is missing, `SettingError` for a setting that is wrong."""
    try:
        chosen = SherpaRecognizerOptions(**{key: value for key, value in settings.items() if value not in ("", None)})
    except TypeError as error:
        raise SettingError(f"{NAME}: {error}") from error
    checked_provider(chosen.provider)
    if chosen.threads < 0:
        raise SettingError(f"{NAME}: threads cannot be negative.")
    return SherpaRecognizer(chosen)


class SherpaRecognizer:
    """The networks and the threads that decode; utterances are streams."""

    def __init__(self, settings: SherpaRecognizerOptions) -> None:
        sherpa = library()
        threads = settings.threads or max(1, cores() // 2)
        folder = Folder(settings.weights, "zipformer-zh-en")
        second = Folder(settings.second_pass, "sensevoice") if settings.second_pass else None
        self._first: FirstPass | None = None
        self._second: SherpaSecondPass | None = None
        if second or folder.find("??coder*.onnx"):
            self._first = FirstPass(sherpa, folder, settings.provider, threads, tuple(settings.languages))
        else:
            second = folder
        try:
            self._second = SherpaSecondPass(sherpa, second, settings.provider, threads) if second else None
        except EngineError:
            self.close()
            raise
        self.info = _info(self._first, self._second)

    def open(self, language: str = "") -> SherpaStream:
        known = self.info.languages
        if language and known and language.partition("-")[0] not in known:
            raise EngineUnavailable(f"These weights understand {', '.join(known)} only.", engine=NAME)
        return SherpaStream(self._first, self._second)

    def close(self) -> None:
        for network in (self._first, self._second):
            if network:
                network.batcher.close()


def _info(first: FirstPass | None, second: SherpaSecondPass | None) -> EngineInfo:
    languages = first.languages if first else SENSE_VOICE_LANGUAGES
    note = ""
    if not first:
        note = "No words before a pause: python3 run.py models pull zipformer-zh-en adds them."
    elif not second:
        note = "Without punctuation, emotion and sounds: python3 run.py models pull sensevoice adds them."
    times = bool(second or (first and first.times_words))
    return EngineInfo(NAME, "recognizer", languages, LINE_RATE, note=note, times_words=times, streams=first is not None)


class SherpaStream:
    """One utterance: a stream of the first pass, and its audio for the second."""

    def __init__(self, first: FirstPass | None, second: SherpaSecondPass | None) -> None:
        self._first, self._second = first, second
        self._stream = first.open() if first else None
        self._heard: list[Samples] = []
        self._samples = 0
        self._settled: Recognition | None = None
        self._in_flight: list[Future[Any]] = []
        self._busy = threading.Lock()
        self._closed = False

    def accept(self, pcm: Samples) -> str:
        with self._call():
            self._settled = None
            if self._second and self._samples < HEARD_LIMIT:
                self._heard.append(pcm)
            self._samples += len(pcm)
            if not (self._first and self._stream):
                return ""
            self._stream.accept_audio(pcm)
            self._decode(self._first, self._stream)
            return self._stream.text()

    def settle(self, budget_s: float) -> Recognition:
        with self._call():
            if not self._samples:
                return Recognition("")
            if not self._settled:
                self._settled = self._best(budget_s)
            return self._settled

    def close(self) -> None:
        self._closed = True
        for future in tuple(self._in_flight):
            future.cancel()
        if self._busy.acquire(blocking=False):
            self._stream, self._heard, self._settled = None, [], None
            self._busy.release()

    def _best(self, budget_s: float) -> Recognition:
        deadline = monotonic() + budget_s
        if not (self._first and self._stream):
            assert self._second
            return self._result(self._second.submit(np.concatenate(self._heard)), ALONE_S)
        opinion: Future[Recognition] | None = None
        if self._second:
            with suppress(EngineBusy):
                opinion = self._kept(self._second.submit(np.concatenate(self._heard)))
        self._stream.follow_with_silence()
        self._decode(self._first, self._stream)
        words = self._first.recognition(self._stream)
        try:
            return self._result(opinion, deadline - monotonic()) if opinion else words
        except EngineTimeout:
            return words
        except EngineError as error:
            self._still_open()
            log.warning("second pass: %s", error)
            return words

    def _decode(self, first: FirstPass, stream: Stream) -> None:
        if not stream.ready():
            return
        try:
            self._result(first.batcher.submit(stream), FIRST_PASS_S)
        except EngineTimeout:
            self.close()  # a thread may still be at work on the stream, so that nobody else may touch it any more
            raise

    def _result(self, future: Future[T], timeout_s: float) -> T:
        """Raises `EngineTimeout`, or whatever `EngineError` it failed with."""
        try:
            return self._kept(future).result(max(0.0, timeout_s))
        except CancelledError:
            raise EngineError("The utterance is closed.", engine=NAME) from None
        except TimeoutError:
            future.cancel()
            raise EngineTimeout(f"The recogniser took longer than {timeout_s:g} s.", engine=NAME) from None

    def _kept(self, future: Future[T]) -> Future[T]:
        """Have `close` end the wait for it too."""
        self._in_flight.append(future)
        if self._closed:
            future.cancel()
        return future

    def _still_open(self) -> None:
        if self._closed:
            raise EngineError("The utterance is closed.", engine=NAME)

    @contextmanager
    def _call(self) -> Iterator[None]:
        try:
            with self._busy:
                self._still_open()
                yield
        finally:
            self._in_flight.clear()
            if self._closed:  # `close` found us busy and left the rest to us
                self.close()
