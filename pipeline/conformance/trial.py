"""An engine on trial: how it is made, what it is given, and the event loop and threads that it is used on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Any, TypeAlias, cast

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition, Role, SpeechChunk, SynthesisRequest
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError

PATIENCE_S = 60.0
"""Bound of any one call: a check fails by its own measure, never by this one."""

TRIES = 5
"""How often a time is measured. The best counts, since other work on the machine only ever makes it worse."""

THREADS = 4


class Nonconformity(AssertionError):
    """An engine does not keep to its contract, or is not what it says it is."""


def require(holds: bool, otherwise: str) -> None:
    """Raise `Nonconformity` unless it holds."""
    if not holds:
        raise Nonconformity(otherwise)


def babble(seconds: float = 3.0, hertz: float = 120.0) -> Samples:
    """A buzz in syllables at 16 kHz: nobody's words, but voiced sound that comes and goes."""
    at = np.arange(int(seconds * LINE_RATE)) / LINE_RATE
    voice = sum(np.sin(2 * np.pi * hertz * harmonic * at) / harmonic for harmonic in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3.5 * at), 0, None)
    return cast(Samples, (6_000 * voice * syllables).astype(np.int16))


@dataclass(frozen=True)
class Subject:
    """An engine, and what it is given.

    make: returns the engine, or an asynchronous context manager that gives it (with the server it talks to, say).
    speech: some seconds at 16 kHz of what a recogniser understands. text: a clause for a synthesiser in `language`, of a
    dozen words or so. meaningful: False for an engine whose weights are random, or which only hums: then nobody asks
    whether durations and pitches are a person's. deterministic: whether the same request gives the same result.
    cancel_s: how long after cancelling it may be busy. cycles: how many sessions are abandoned in search of leaks.
    settle_s: how long after the last of them what is ending may take to end.
    """

    role: Role
    make: Callable[[], Any]
    name: str = ""
    language: str = "en"
    speech: Samples = field(default_factory=babble)
    text: str = "I think we could walk along the river before it starts raining."
    meaningful: bool = True
    deterministic: bool = True
    cancel_s: float = 0.1
    cycles: int = 200
    settle_s: float = 3.0


class Trial:
    """A subject's engine, made once for all checks and closed at the end. `with Trial(subject) as trial:`."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.engine: Any = None
        self.workers = Workers(THREADS)
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()

    def __enter__(self) -> Trial:
        try:
            self.engine = self._runner.run(self._make())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def run(self, check: Check) -> None:
        """Raises `Nonconformity`, or whatever else the engine lets out."""
        self._runner.run(_awaited(check(self)))

    # --- What checks do with the engine -------------------------------------------------------------------------------

    async def open(self, language: str = "") -> Any:
        """A stream of a recogniser."""
        return await self.workers.call(partial(self.engine.open, language), timeout_s=PATIENCE_S)

    async def accept(self, stream: Any, pcm: Samples) -> str:
        """The partial text after `pcm`."""
        return await self.workers.call(partial(stream.accept, pcm), timeout_s=PATIENCE_S)

    async def settle(self, stream: Any) -> Recognition:
        """The best text, with all the time in the world."""
        return await self.workers.call(partial(stream.settle, PATIENCE_S), timeout_s=2 * PATIENCE_S)

    def speak(self, request: SynthesisRequest) -> AsyncGenerator[SpeechChunk, None]:
        """The clause's chunks; to be closed."""
        return self.workers.iterate(partial(self.engine.speak, request), timeout_s=PATIENCE_S)

    # --- Its life -----------------------------------------------------------------------------------------------------

    async def _make(self) -> Any:
        made = self.subject.make()
        if isinstance(made, AbstractAsyncContextManager):
            return await self._stack.enter_async_context(made)
        if hasattr(made, "aclose"):
            self._stack.push_async_callback(made.aclose)
        else:
            self._stack.callback(made.close)
        return made

    def _end(self) -> None:
        try:
            self._runner.run(self._stack.aclose())
        finally:
            self.workers.close()
            self._runner.close()


Check: TypeAlias = Callable[[Trial], Awaitable[None]]
"""One thing that must be true of an engine. Raises `Nonconformity`."""


async def _awaited(check: Awaitable[None]) -> None:
    await check


async def first_of(chunks: AsyncGenerator[Any, None]) -> tuple[Any, float]:
    """The first item of an iterator, which is then closed, and how many seconds it took to come; None if there is none."""
    began = perf_counter()
    async with aclosing(chunks):
        item = await anext(chunks, None)
        return item, perf_counter() - began


async def engine_error_or(work: Awaitable[Any], what: str) -> None:
    """Whatever `work` returns is fine, and so is an `EngineError`; any other is not."""
    try:
        await work
    except EngineError:
        pass
    except Exception as error:
        raise Nonconformity(f"{what} raised {type(error).__name__}: engines raise EngineErrors") from error
