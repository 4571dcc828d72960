"""How many syntheses compute at once, whose turn it is, and how one is ended in the middle.

Theory of operation. A network is run on the thread that asks for the next chunk; onnxruntime lets go of the interpreter
lock. As many run at once as the machine has cores for; the others wait in the order in which they came, and queue up
again for each run, so that a long clause does not hold up a short one for longer than a run. A clause may be cancelled
from any thread: it leaves the queue, or its run ends within a few milliseconds.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.engines.protocols import SpeechChunk
from pipeline.errors import EngineBusy, EngineError

WAIT_S = 5.0
"""Bound of a wait for a place: before anybody takes the engine for dead, so that another one may speak."""
LONGEST_QUEUE = 64


class Cancellation:
    """Whether a clause is still wanted. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        """End what is being done for the clause. Idempotent."""
        with self._lock:
            self._cancelled = True
            if self._end:
                self._end()

    @contextmanager
    def ending(self, end: Callable[[], object]) -> Iterator[None]:
        """Within it, `cancel` calls `end`; so does the beginning, where the clause is cancelled already."""
        with self._lock:
            self._end = end
            if self._cancelled:
                end()
        try:
            yield
        finally:
            with self._lock:
                self._end = None


class Places:
    """Room for so many runs at once, first come, first served."""

    def __init__(self, room: int, engine: str) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._free = room
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def place(self, cancellation: Cancellation, wait_s: float = WAIT_S) -> Iterator[None]:
        """Hold one of the places. Raises `EngineBusy` where too many wait or the wait takes too long."""
        self._acquire(cancellation, wait_s)
        try:
            yield
        finally:
            self._release()

    def _acquire(self, cancellation: Cancellation, wait_s: float) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if len(self._waiting) >= LONGEST_QUEUE:
                raise EngineBusy("Too many voices want to speak at once.", engine=self._engine)
            given = threading.Event()
            self._waiting.append(given)
        with cancellation.ending(given.set):
            given.wait(wait_s)
        with self._lock:
            if given not in self._waiting:
                return
            self._waiting.remove(given)
        if cancellation.cancelled:
            raise EngineError("The clause was cancelled.", engine=self._engine)
        raise EngineBusy(f"No voice was free within {wait_s:g} s.", engine=self._engine)

    def _release(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


class Clause(Iterator[SpeechChunk]):
    """A clause's chunks, each made when it is asked for. `cancel` may come from another thread in the middle of that."""

    def __init__(self, chunks: Callable[[Cancellation], Iterator[SpeechChunk]]) -> None:
        self._cancellation = Cancellation()
        self._chunks = chunks(self._cancellation)

    def __next__(self) -> SpeechChunk:
        return next(self._chunks)

    def cancel(self) -> None:
        """End it now, whatever thread is at work on it."""
        self._cancellation.cancel()

    def close(self) -> None:
        """Free everything; not while a chunk is being made."""
        self._cancellation.cancel()
        self._chunks.close()  # type: ignore[attr-defined]
