"""PocketSphinx: English recognition without any download, in two passes.

It holds the interpreter lock while it works, so every decoder lives in a child process. The streaming pass follows the
microphone with a narrow beam and one decoder for each open utterance; `settle` asks a decoder with a wider beam, which
hears the whole utterance at once and errs a quarter less, if there is time for it.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from models.child import Child
from pipeline.audio import LINE_RATE, Samples
from pipeline.engines import EngineInfo, Recognition
from pipeline.errors import EngineBusy, EngineError, EngineUnavailable, SettingError

NAME = "pocketsphinx"
LANGUAGE = "en"
OPEN_WAIT_S = 2.0
CALL_S = 10.0
"""Bound of one call of the streaming pass, which takes some 30 ms; beyond it the process is replaced."""
SECOND_PASS_S = 60.0
HEARD_LIMIT = 60 * LINE_RATE
"""Samples of an utterance that are kept for the second pass; of a longer one only the streaming text is had."""
TYPICAL_REAL_TIME_FACTOR = 0.25
TYPICAL_CEPSTRAL_MEAN = "52,3,-2,7,-10,2,-8,-3,0,0,1,-1,4"
"""Where the running mean starts: the average over 22 recordings. Its own default is far off and costs the first words."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    processes: int = 4
    """Utterances that can be open at once; each is a process of about 120 MB, started when it is needed."""
    second_pass_processes: int = 1
    """Whole utterances that can be decoded at once."""


def create(settings: Mapping[str, Any]) -> PocketSphinx:
    try:
        chosen = Settings(**settings)
    except TypeError as error:
        raise SettingError(f"{NAME}: {error}") from error
    if min(chosen.processes, chosen.second_pass_processes) < 1:
        raise SettingError(f"{NAME}: at least one process of each kind is needed.")
    if importlib.util.find_spec("pocketsphinx") is None:
        raise EngineUnavailable("PocketSphinx is missing: pip install pocketsphinx.", engine=NAME)
    return PocketSphinx(chosen)


class PocketSphinx:
    """The processes; utterances borrow them."""

    info = EngineInfo(
        name=NAME,
        role="recognizer",
        languages=(LANGUAGE,),
        rate=LINE_RATE,
        note="Basic, and English only: of read speech about every fourth word is wrong, in noise most are. "
        "Good for trying things out; settings can name a better recognizer.",
    )

    def __init__(self, settings: Settings) -> None:
        self._pool = Pool(settings.processes)
        self._second_pass = SecondPass(settings.second_pass_processes)
        threading.Thread(target=self._warm_up, name=f"{NAME}-warm-up", daemon=True).start()

    def open(self, language: str = "") -> Utterance:
        """Start an utterance. The first one waits until the first process has read its model (about a second)."""
        if language.partition("-")[0] not in ("", LANGUAGE):
            raise EngineUnavailable(f"{NAME} understands English only.", engine=NAME)
        child = self._pool.take(OPEN_WAIT_S)
        try:
            child.start()
            child.call("begin", timeout_s=CALL_S)
        except BaseException:
            self._pool.give(child)
            raise
        return Utterance(child, self._pool.give, self._second_pass)

    def close(self) -> None:
        self._pool.close()
        self._second_pass.close()

    def _warm_up(self) -> None:
        try:
            self._pool.first.start()
            self._second_pass.start()
        except EngineError as error:
            log.info("warming up: %s", error)  # whoever opens the first utterance meets it again


class Utterance:
    """One utterance; it has a process to itself until it is closed."""

    def __init__(self, child: Child, give_back: Callable[[Child], None], second_pass: SecondPass) -> None:
        self._child: Child | None = child
        self._give_back = give_back
        self._second_pass = second_pass
        self._heard: bytearray | None = bytearray()
        self._text = ""
        self._busy = threading.Lock()
        self._closed = False
        self._answer: SimpleQueue[str | None] = SimpleQueue()

    def accept(self, pcm: Samples) -> str:
        with self._call() as child:
            self._remember(data := pcm.tobytes())
            self._text = plain(child.call("accept", data, timeout_s=CALL_S))
            return self._text

    def settle(self, budget_s: float) -> Recognition:
        with self._call():
            answer = self._answer = SimpleQueue()
            text = None
            if not self._closed and self._second_pass.submit(self._heard, budget_s, answer.put):
                text = _within(budget_s, answer)
            return Recognition(self._text if text is None else text, LANGUAGE)

    def close(self) -> None:
        self._closed = True
        self._answer.put(None)
