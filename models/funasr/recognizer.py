"""FunASR: streaming Paraformer while somebody speaks, SenseVoice over what was said, on a GPU or a CPU.

Each of the two has a process of its own (see `models.funasr.networks`) and a bounded queue in front of it; chunks of 600 ms
of all sessions are run together, and so are finished utterances. The second pass tells language, emotion and sounds, and
writes punctuation; when it is late, the streaming text stands.
"""

from __future__ import annotations

import importlib.util
import itertools
import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models.support.batching import Batcher
from models.support.child_process import Child
from models.support.sense_voice import LANGUAGES, merged, recognition
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import EngineInfo, Recognition
from pipeline.errors import EngineError, EngineTimeout, EngineUnavailable, SettingError

T = TypeVar("T")

NAME = "funasr"
STREAMING_LANGUAGES = ("zh", "en")
CHUNK_BYTES = 600 * LINE_RATE // 1000 * 2
"""What the streaming pass hears at once."""
START_S = 120.0
"""Importing torch takes seconds, and reading a gigabyte of weights from a slow disk a minute."""
CHUNKS_S, WHOLE_S = 5.0, 30.0
"""Bounds of one batch; beyond, the process is replaced."""
WAIT_S = 15.0
"""Bound of one call, waiting in the queue included."""
HEARD_LIMIT_BYTES = 60 * LINE_RATE * 2
"""How much of an utterance is kept for the second pass; of a longer one only the streaming text is had."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FunasrOptions:
    weights: str = ""
    """Folder of a streaming Paraformer."""
    second_pass: str = ""
    """Folder of SenseVoiceSmall; without one there is no second pass."""
    vad: str = ""
    """Folder of FSMN-VAD, which cuts pauses out of what the second pass hears."""
    punctuation: str = ""
    """Folder of a CT-Transformer, which punctuates the streaming text; the second pass needs none."""
    device: str = "auto"
    """auto, cpu, cuda, or one of several GPUs as cuda:1."""
    batch: int = 16
    """Chunks, and utterances, that are run at once."""
    batch_wait_ms: float = 8.0
    """How long the first of them waits for others."""
    queue: int = 64
    """Chunks, and utterances, that may wait; beyond, the engine is busy."""
    threads: int = 1
    """CPU threads of each process."""


def create(settings: Mapping[str, Any]) -> FunASR:
    """Raises `EngineUnavailable` when a package or a folder is missing, `SettingError` for settings that are not right.

    What only the processes can know, such as whether there is a GPU, is told when the first utterance is opened.
    """
    try:
        chosen = FunasrOptions(**{name: value for name, value in settings.items() if value is not None})
    except TypeError as error:
        raise SettingError(f"{NAME}: {error}") from error
    if min(chosen.batch, chosen.queue, chosen.threads) < 1 or chosen.batch_wait_ms < 0:
        raise SettingError(f"{NAME}: batch, queue and threads must be at least 1, batch_wait_ms at least 0.")
    if chosen.device not in ("auto", "cpu") and not chosen.device.startswith("cuda"):
        raise SettingError(f"{NAME}: device must be auto, cpu or cuda, not {chosen.device!r}.")
    for package in ("torch", "funasr", "kaldi_native_fbank"):
        if importlib.util.find_spec(package) is None:
            raise EngineUnavailable(
                f"FunASR needs {package}: pip install -r requirements-gpu.txt (on a CPU, too).", engine=NAME
            )
    _need(chosen.weights, "a streaming Paraformer", "funasr-paraformer")
    for folder, what, name in (
        (chosen.second_pass, "SenseVoice", "funasr-sensevoice"),
        (chosen.vad, "FSMN-VAD", "funasr-vad"),
        (chosen.punctuation, "the punctuation model", "funasr-punctuation"),
    ):
        if folder:
            _need(folder, what, name)
    return FunASR(chosen)


def _need(folder: str, what: str, name: str) -> None:
    # Of a missing file FunASR makes random weights, of a missing folder a download.
    if not folder or not all((Path(folder) / file).is_file() for file in ("config.yaml", "model.pt")):
        where = f"“{Path(folder).name}” is not one" if folder else "none is set"
        raise EngineUnavailable(
            f"FunASR needs the folder of {what}; {where}. To get it: python3 run.py models pull {name}", engine=NAME
        )


@dataclass(frozen=True, slots=True)
class UtterancePiece:
    """The next 16-bit samples of an utterance, named by a key that the caller chooses.

    begins: whether they are its first. ends: whether to say what the text were if it ended with them, which are less
    than a chunk; the utterance goes on as if that had not been asked. Otherwise they are `CHUNK_BYTES` long.
    """

    key: int
    begins: bool
    ends: bool
    pcm: bytes


class FunASR:
    """The two processes and the queues in front of them; utterances share both."""

    def __init__(self, settings: FunasrOptions) -> None:
        languages = LANGUAGES if settings.second_pass else STREAMING_LANGUAGES
        note = "" if settings.second_pass else "SenseVoice as its second_pass would make it better and hear emotions."
        self.info = EngineInfo(NAME, "recognizer", languages, LINE_RATE, note=note)
        device, threads = settings.device, settings.threads
        queue = settings.batch, settings.batch_wait_ms / 1000, settings.queue
        self.streaming = Streaming(
            _child("StreamingPass", _absolute(settings.weights), _absolute(settings.punctuation), device, threads),
            *queue,
        )
        self.second_pass: FunasrSecondPass | None = None
        if settings.second_pass:
            child = _child("WholePass", _absolute(settings.second_pass), _absolute(settings.vad), device, threads)
            self.second_pass = FunasrSecondPass(child, *queue)
        for child in self._children:
            threading.Thread(target=_warm_up, args=(child,), name=f"{NAME}-warm-up", daemon=True).start()

    def open(self, language: str = "") -> FunasrStream:
        """Start an utterance; the first ones wait until the models are loaded.

        `language` may be any that is spoken here; which one it is, is heard rather than told.
        """
        if language.partition("-")[0] not in ("", *self.info.languages):
            raise EngineUnavailable(f"{NAME} understands {', '.join(self.info.languages)} only.", engine=NAME)
        self.streaming.child.start()
        return FunasrStream(self.streaming, self.second_pass)

    def close(self) -> None:
        self.streaming.close()
        if self.second_pass:
            self.second_pass.close()

    @property
    def _children(self) -> list[Child]:
        return [self.streaming.child, *([self.second_pass.child] if self.second_pass else [])]


class FunasrStream:
    """One utterance: what is left of its last chunk, and all of its audio for the second pass."""

    def __init__(self, streaming: Streaming, second_pass: FunasrSecondPass | None) -> None:
        self._streaming, self._second_pass = streaming, second_pass
        self._key = streaming.new_key()
        self._heard: bytearray | None = bytearray() if second_pass else None
        self._rest = bytearray()
        self._begun = self._closed = False
        self._text = ""
        self._in_flight: Future[Any] | None = None
        self._calls = threading.Lock()

    def accept(self, pcm: Samples) -> str:
        """Raises `EngineBusy` when too many chunks wait."""
        with self._call():
            data = pcm.tobytes()
            if self._heard is not None:
                self._heard += data
                if len(self._heard) > HEARD_LIMIT_BYTES:
                    self._heard = None
            self._rest += data
            while len(self._rest) >= CHUNK_BYTES:
                chunk = bytes(self._rest[:CHUNK_BYTES])
                future = self._streaming.submit(UtterancePiece(self._key, not self._begun, False, chunk))
                self._begun = True
                self._text = self._result(future, WAIT_S)
                del self._rest[:CHUNK_BYTES]
            return self._text

    def settle(self, budget_s: float) -> Recognition:
        """The second pass's if it comes within `budget_s`, else the streaming text with its last words."""
        with self._call():
            if self._second_pass and self._heard and budget_s > 0:
                try:
                    return self._result(self._second_pass.submit(bytes(self._heard)), budget_s)
                except EngineError as error:
                    if self._closed:
                        raise
                    log.info("second pass: %s", error)
            future = self._streaming.submit(UtterancePiece(self._key, not self._begun, True, bytes(self._rest)))
            return Recognition(self._result(future, WAIT_S))

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if future := self._in_flight:
            future.cancel()
        if self._begun:
            self._streaming.forget(self._key)

    @contextmanager
    def _call(self) -> Iterator[None]:
        with self._calls:
            if self._closed:
                raise EngineError("The utterance is closed.", engine=NAME)
            yield

    def _result(self, future: Future[T], timeout_s: float) -> T:
        self._in_flight = future
        if self._closed:  # `close` may have looked just before
            future.cancel()
        try:
            return future.result(timeout_s)
        except CancelledError:
            raise EngineError("The utterance is closed.", engine=NAME) from None
        except TimeoutError:
            raise EngineTimeout(f"{NAME} did not answer within {timeout_s:g} s.", engine=NAME) from None
        finally:
            self._in_flight = None
            future.cancel()


class Streaming:
    """The way to the streaming pass: chunks of all sessions, in batches."""

    def __init__(self, child: Child, size: int, wait_s: float, queue: int) -> None:
        self.child = child
        self._keys = itertools.count()
        self._ended: deque[int] = deque()
        self._batcher: Batcher[UtterancePiece | None, str] = Batcher(
            self._run, size=size, wait_s=wait_s, queue=queue, name=NAME
        )

    def new_key(self) -> int:
        return next(self._keys)

    def submit(self, piece: UtterancePiece) -> Future[str]:
        """The text of the utterance so far. Raises `EngineBusy`."""
        return self._batcher.submit(piece)

    def forget(self, key: int) -> None:
        """Free what is remembered of an utterance, soon."""
        others = bool(self._ended)
        self._ended.append(key)
        if not others:  # else the process is about to be told
            with suppress(EngineError):  # without room in the queue, the next batch tells it
                self._batcher.submit(None)

    def close(self) -> None:
        self._batcher.close()
        self.child.close()

    def _run(self, batch: Sequence[UtterancePiece | None]) -> list[str | Exception]:
        ended = [self._ended.popleft() for _ in range(len(self._ended))]
        texts = iter(self.child.call("accept_pieces", ended, [piece for piece in batch if piece], timeout_s=CHUNKS_S))
        return [next(texts) if piece else "" for piece in batch]


class FunasrSecondPass:
    """The way to the second pass: finished utterances of all sessions, in batches."""

    def __init__(self, child: Child, size: int, wait_s: float, queue: int) -> None:
        self.child = child
        name = f"{NAME}'s second pass"
        self._batcher: Batcher[bytes, Recognition] = Batcher(
            self._run, size=size, wait_s=wait_s, queue=queue, name=name
        )

    def submit(self, pcm: bytes) -> Future[Recognition]:
        """The recognition of a whole utterance of 16-bit samples. Raises `EngineBusy`."""
        return self._batcher.submit(pcm)

    def close(self) -> None:
        self._batcher.close()
        self.child.close()

    def _run(self, utterances: Sequence[bytes]) -> list[Recognition | Exception]:
        decoded = self.child.call("decode", list(utterances), timeout_s=WHOLE_S)
        return [merged([recognition(tagged) for tagged in pieces]) for pieces in decoded]


def _child(model: str, *arguments: Any) -> Child:
    return Child(f"models.funasr.networks:{model}", args=arguments, name=NAME, start_timeout_s=START_S)


def _warm_up(child: Child) -> None:
    try:
        child.start()
    except EngineError as error:
        log.warning("warming up: %s", error)  # whoever opens an utterance meets it again


def _absolute(folder: str) -> str:
    return str(Path(folder).absolute()) if folder else ""
