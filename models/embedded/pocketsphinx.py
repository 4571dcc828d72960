"""PocketSphinx: English recognition without any download, in two passes.

It holds the interpreter lock while it works, so every decoder lives in a child process. The streaming pass follows the
microphone with a narrow beam and one decoder for each open utterance; `settle` asks a decoder with a wider beam, which
hears the whole utterance at once and errs a seventh less, if there is time for it.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeAlias

import numpy as np

from models.support.child_process import Child
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import EngineInfo, Recognition, WordTime
from pipeline.errors import EngineBusy, EngineError, EngineUnavailable, SettingError

NAME = "pocketsphinx"
LANGUAGE = "en"
CALL_S = 10.0
"""Bound of one call of the streaming pass, which takes some 30 ms; beyond it the process is replaced."""
SECOND_PASS_S = 60.0
HEARD_LIMIT_BYTES = 60 * LINE_RATE * 2
"""How much of an utterance is kept for the second pass; of a longer one only the streaming text is had."""
TYPICAL_REAL_TIME_FACTOR = 0.25
TYPICAL_CEPSTRAL_MEAN = (52.0, 3.0, -2.0, 7.0, -10.0, 2.0, -8.0, -3.0, 0.0, 0.0, 1.0, -1.0, 4.0)
"""The average over 22 recordings."""
MEAN_BLOCK_BYTES = LINE_RATE // 2 * 2
FRAME_MS = 10

Heard: TypeAlias = tuple[str, list[tuple[str, int, int]]]
"""The raw text of a hypothesis, and its words and marks with their first and last frames."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PocketsphinxOptions:
    processes: int = 4
    """Utterances that can be open at once; each is a process of about 150 MB, started when it is needed."""
    second_pass_processes: int = 1
    """Whole utterances that can be decoded at once."""
    open_wait_s: float = 2.0
    """How long an utterance waits for a process when all are in use."""


def create(settings: Mapping[str, Any]) -> PocketSphinx:
    try:
        chosen = PocketsphinxOptions(**settings)
    except TypeError as error:
        raise SettingError(f"{NAME}: {error}") from error
    if min(chosen.processes, chosen.second_pass_processes) < 1:
        raise SettingError(f"{NAME}: at least one process of each kind is needed.")
    if importlib.util.find_spec("pocketsphinx") is None:
        raise EngineUnavailable(
            "PocketSphinx is not there: its package is for Python 3.11 and 3.13. "
            "Whisper hears far better: python3 run.py models pull starter",
            engine=NAME,
        )
    return PocketSphinx(chosen)


class PocketSphinx:
    """The processes; utterances borrow them."""

    info = EngineInfo(
        name=NAME,
        role="recognizer",
        languages=(LANGUAGE,),
        rate=LINE_RATE,
        note="Basic, and English only: nearly every third word is wrong, in noise most are. "
        "Good for trying things out; better recognizers come with `python3 run.py models pull recommended`.",
        times_words=True,
    )

    def __init__(self, settings: PocketsphinxOptions) -> None:
        self._open_wait_s = settings.open_wait_s
        self._pool = Pool(settings.processes)
        self._second_pass = PocketsphinxSecondPass(settings.second_pass_processes)
        threading.Thread(target=self._warm_up, name=f"{NAME}-warm-up", daemon=True).start()

    def open(self, language: str = "") -> PocketsphinxStream:
        """Start an utterance. It waits while a new process reads its model, which takes about a second."""
        if language.partition("-")[0] not in ("", LANGUAGE):
            raise EngineUnavailable(f"{NAME} understands English only.", engine=NAME)
        child = self._pool.take(self._open_wait_s)
        try:
            child.start()
            child.call("begin", timeout_s=CALL_S)
        except BaseException:
            self._pool.give(child)
            raise
        return PocketsphinxStream(child, self._pool.give, self._second_pass)

    def close(self) -> None:
        self._pool.close()
        self._second_pass.close()

    def _warm_up(self) -> None:
        try:
            self._pool.first.start()
            self._second_pass.start()
        except EngineError as error:
            log.info("warming up: %s", error)  # whoever opens the first utterance meets it again


class PocketsphinxStream:
    """One utterance; it has a process to itself until it is closed."""

    def __init__(self, child: Child, give_back: Callable[[Child], None], second_pass: PocketsphinxSecondPass) -> None:
        self._child: Child | None = child
        self._give_back = give_back
        self._second_pass = second_pass
        self._heard: bytearray | None = bytearray()
        self._text = ""
        self._busy = threading.Lock()
        self._closed = False
        self._answer: SimpleQueue[Heard | None] = SimpleQueue()

    def accept(self, pcm: Samples) -> str:
        with self._call() as child:
            data = pcm.tobytes()
            if self._heard is not None:
                self._heard += data
                if len(self._heard) > HEARD_LIMIT_BYTES:
                    self._heard = None
            self._text = plain(child.call("accept", data, timeout_s=CALL_S))
            return self._text

    def settle(self, budget_s: float) -> Recognition:
        with self._call() as child:
            answer = self._answer = SimpleQueue()
            heard: Heard | None = None
            if self._heard and not self._closed and self._second_pass.submit(bytes(self._heard), budget_s, answer.put):
                with suppress(Empty):
                    heard = answer.get(timeout=budget_s)
            if heard:
                return Recognition(plain(heard[0]), LANGUAGE, words=words_of(heard[1]))
            words: tuple[WordTime, ...] = ()
            with suppress(EngineError):  # the text is known without them
                words = words_of(child.call("words", timeout_s=CALL_S))
            return Recognition(self._text, LANGUAGE, words=words)

    def close(self) -> None:
        self._closed = True
        self._answer.put(None)
        if self._busy.acquire(blocking=False):
            child, self._child = self._child, None
            self._busy.release()
            if child:
                self._give_back(child)

    @contextmanager
    def _call(self) -> Iterator[Child]:
        try:
            with self._busy:
                if self._closed or self._child is None:
                    raise EngineError("The utterance is closed.", engine=NAME)
                yield self._child
        finally:
            if self._closed:  # `close` found us busy and left the process to us
                self.close()


class Pool:
    """Decoders for the streaming pass, made when they are needed; the last used goes first."""

    def __init__(self, size: int) -> None:
        self.first = _child("StreamingDecoder")
        self._size = size
        self._all = [self.first]
        self._idle = [self.first]
        self._closed = False
        self._changed = threading.Condition()

    def take(self, wait_s: float) -> Child:
        """One that nobody uses. Raises `EngineBusy` when there is none within `wait_s`."""
        with self._changed:
            if not self._changed.wait_for(self._ready, wait_s):
                raise EngineBusy(f"All {self._size} decoders of {NAME} are in use.", engine=NAME)
            if self._closed:
                raise EngineError(f"{NAME} is closed.", engine=NAME)
            if self._idle:
                return self._idle.pop()
            self._all.append(_child("StreamingDecoder"))
            return self._all[-1]

    def give(self, child: Child) -> None:
        with self._changed:
            self._idle.append(child)
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for child in self._all:
            child.close()

    def _ready(self) -> bool:
        return bool(self._idle) or len(self._all) < self._size or self._closed


class PocketsphinxSecondPass:
    """Decodes whole utterances, if that fits a budget. What it learns about its own speed outlives the utterance."""

    def __init__(self, size: int) -> None:
        self._children = [_child("WholeDecoder") for _ in range(size)]
        self._idle: SimpleQueue[Child] = SimpleQueue()
        for child in self._children:
            self._idle.put(child)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix=NAME)
        self._real_time_factor = TYPICAL_REAL_TIME_FACTOR

    def start(self) -> None:
        """Start the first process and wait for it; without it, the first utterances would have no second pass."""
        self._children[0].start()

    def submit(self, pcm: bytes, budget_s: float, report: Callable[[Heard | None], None]) -> bool:
        """Have `report` called with what was heard, or with None after a failure; False when `budget_s` will not do."""
        seconds = len(pcm) / 2 / LINE_RATE
        if seconds * self._real_time_factor > budget_s:
            # A stall of the machine must not switch the second pass off for ever.
            self._real_time_factor += 0.05 * (TYPICAL_REAL_TIME_FACTOR - self._real_time_factor)
            return False
        try:
            self._threads.submit(self._decode, pcm, seconds, monotonic() + budget_s, report)
        except RuntimeError:  # closed
            return False
        return True

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for child in self._children:
            child.close()

    def _decode(self, pcm: bytes, seconds: float, deadline: float, report: Callable[[Heard | None], None]) -> None:
        heard: Heard | None = None
        child = self._idle.get()
        try:
            child.start()
            began = monotonic()
            if began + seconds * self._real_time_factor <= deadline:  # else it waited too long for the one before
                heard = child.call("decode", pcm, timeout_s=SECOND_PASS_S)
                self._real_time_factor += 0.3 * ((monotonic() - began) / seconds - self._real_time_factor)
        except EngineError as error:
            log.warning("second pass: %s", error)
        finally:
            self._idle.put(child)
            report(heard)


def plain(raw: str) -> str:
    """The words of a hypothesis, without marks (`<sil>`, `[NOISE]`, `++UM++`) and pronunciation numbers (`a(2)`)."""
    return " ".join(re.sub(r"<[^>]*>|\[[^\]]*\]|\+\+[^+]*\+\+|\(\d+\)", "", raw).split())


def words_of(frames: Sequence[tuple[str, int, int]]) -> tuple[WordTime, ...]:
    """The words of a hypothesis without its marks, in milliseconds of the utterance."""
    found = ((plain(raw), first * FRAME_MS, (last + 1) * FRAME_MS) for raw, first, last in frames)
    return tuple(WordTime(*word) for word in found if word[0])


def _child(decoder: str) -> Child:
    return Child(f"models.embedded.pocketsphinx:{decoder}", name=NAME)


# --- In the children -------------------------------------------------------------------------------------------------


class StreamingDecoder:
    """Follows one utterance at a time, with a narrow beam."""

    def __init__(self) -> None:
        self._decoder = _decoder(maxhmmpf=5000, maxwpf=10)
        self._mean = CepstralMean()
        self._begun = False

    def begin(self) -> None:
        """Start an utterance; the one before, whoever spoke it, leaves no trace."""
        if self._begun:
            self._decoder.end_utt()
        self._mean.reset()
        self._decoder.set_cmn(str(self._mean))
        self._decoder.start_utt()
        self._begun = True

    def accept(self, pcm: bytes) -> str:
        """Take 16-bit samples; the raw text so far."""
        if self._mean.update(pcm):
            self._decoder.set_cmn(str(self._mean))
        if pcm:  # it takes no empty buffer
            self._decoder.process_raw(pcm)
        return _raw_text(self._decoder)

    def words(self) -> list[tuple[str, int, int]]:
        """The words so far; see `Heard`."""
        return _frames(self._decoder)


class WholeDecoder:
    """Hears whole utterances, with a wider beam."""

    def __init__(self) -> None:
        self._decoder = _decoder(maxhmmpf=10_000, maxwpf=20)

    def decode(self, pcm: bytes) -> Heard:
        """What is said in an utterance of 16-bit samples."""
        self._decoder.start_utt()
        try:
            self._decoder.process_raw(pcm, full_utt=True)
        finally:
            self._decoder.end_utt()
        return _raw_text(self._decoder), _frames(self._decoder)


class CepstralMean:
    """The mean of an utterance's features as they arrive, which the streaming pass subtracts from them.

    PocketSphinx itself waits eight seconds before it revises the mean. Revising it every half second takes the word
    error rate from 0.35, with the mean carried over from the utterance before, to 0.31, for 8 ms per second of audio.
    """

    def __init__(self) -> None:
        # The library reveals features only by their mean; of what makes it compute one, spotting a keyword is cheapest.
        self._decoder = _decoder(lm=None, keyphrase="a", kws_threshold=1.0, ds=4, topn=1)
        self.reset()

    def __str__(self) -> str:
        return ",".join(f"{value:g}" for value in self._sum / self._seconds)

    def reset(self) -> None:
        """Begin with what is typical, as if it had been heard for a second."""
        self._sum = np.array(TYPICAL_CEPSTRAL_MEAN)
        self._seconds = 1.0
        self._block = bytearray()

    def update(self, pcm: bytes) -> bool:
        """Take 16-bit samples; whether that changed the mean."""
        self._block += pcm
        if len(self._block) < MEAN_BLOCK_BYTES:
            return False
        self._decoder.start_utt()
        self._decoder.process_raw(bytes(self._block), no_search=True, full_utt=True)
        mean = np.array([float(value) for value in self._decoder.get_cmn().split(",")])
        self._decoder.end_utt()
        seconds = len(self._block) / 2 / LINE_RATE
        self._block.clear()
        if not np.isfinite(mean).all():  # digital silence, as microphones that gate noise send, has no mean
            return False
        self._sum += mean * seconds
        self._seconds += seconds
        return True


def _decoder(**settings: Any) -> Any:
    from pocketsphinx import Decoder  # only the children pay for it

    return Decoder(fwdflat=False, loglevel="FATAL", **settings)


def _raw_text(decoder: Any) -> str:
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""


def _frames(decoder: Any) -> list[tuple[str, int, int]]:
    return [(one.word, one.start_frame, one.end_frame) for one in decoder.seg() or ()]
