"""How many syntheses compute at once, whose turn it is, and how one is ended in the middle.

Theory of operation. A network is run on the thread that asks for the next chunk; onnxruntime lets go of the interpreter
lock. As many run at once as the machine has cores for; the others wait, and queue up again for each run. Clauses that are
heard already go first, since a gap in the middle of a word is worse than a wait before it; otherwise it goes by the order
in which they came. A clause may be cancelled from any thread: it leaves the queue, or its run ends within milliseconds.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from pipeline.engines.protocols import SpeechChunk
from pipeline.errors import EngineBusy, EngineError

WAIT_S = 5.0
"""Bound of all waits for a place before a clause is heard, and of each one after that: before the engine is taken for dead,
so that another one may speak."""
LONGEST_QUEUE = 64


class Cancellation:
    """Whether a clause is still wanted. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None
        self._cancelled = False
        self.heard = False
        """Whether some of the clause was given away already."""
        self.waited_s = 0.0
        """For places, until now."""

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
    """Room for so many runs at once."""

    def __init__(self, room: int, engine: str) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._free = room
        self._heard: deque[threading.Event] = deque()
        self._new: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._heard) + len(self._new)

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
            if self.waiting >= LONGEST_QUEUE:
                raise EngineBusy("Too many voices want to speak at once.", engine=self._engine)
            given = threading.Event()
            queue = self._heard if cancellation.heard else self._new
            queue.append(given)
        began = monotonic()
        with cancellation.ending(given.set):
            given.wait(wait_s if cancellation.heard else max(0.0, wait_s - cancellation.waited_s))
        cancellation.waited_s += monotonic() - began
        with self._lock:
            if given not in queue:
                return
            queue.remove(given)
        if cancellation.cancelled:
            raise EngineError("The clause was cancelled.", engine=self._engine)
        raise EngineBusy(f"No voice was free within {wait_s:g} s.", engine=self._engine)

    def _release(self) -> None:
        with self._lock:
            if self.waiting:
                (self._heard or self._new).popleft().set()
            else:
                self._free += 1


class Clause(Iterator[SpeechChunk]):
    """A clause's chunks, each made when it is asked for. `cancel` may come from another thread in the middle of that."""

    def __init__(self, chunks: Callable[[Cancellation], Iterator[SpeechChunk]]) -> None:
        self._cancellation = Cancellation()
        self._chunks = chunks(self._cancellation)

    def __next__(self) -> SpeechChunk:
        chunk = next(self._chunks)
        self._cancellation.heard = True
        return chunk

    def cancel(self) -> None:
        """End it now, whatever thread is at work on it."""
        self._cancellation.cancel()

    def close(self) -> None:
        """Free everything; not while a chunk is being made."""
        self._cancellation.cancel()
        self._chunks.close()  # type: ignore[attr-defined]
