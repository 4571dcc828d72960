"""The engines for whoever begins now, and those before them for as long as somebody uses them.

Theory of operation. A generation is one `LoadedEngines`. Whoever begins something (a session, a request for audio) takes a
lease of the current generation and keeps to it until it ends, so that no engine changes beneath a conversation. `renew`
makes the next generation on a thread; where an engine is chosen as before, it goes on in that one. A generation that is no
longer current is closed with its last lease, without the engines that another one uses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from types import TracebackType
from typing import Any

import structlog

from pipeline.engines.bulkhead import Bulkhead, CallObserver
from pipeline.engines.threads import EngineThreads
from pipeline.errors import EngineTimeout, EngineUnavailable
from server.engines.loaded import LoadedEngines

log = structlog.get_logger("kaikou")

RENEW_S = 300.0
"""How long whoever asks for new engines waits for them: large weights are read from a slow disk, and tried."""

CLOSE_S = 4.0
"""How long the server's end waits for engines that are being made, and then for those that are being closed."""


class Lease:
    """A generation of engines that is there until `end`. As a context manager it gives the engines, and ends itself."""

    def __init__(self, loaded: LoadedEngines, ended: Callable[[LoadedEngines], None]) -> None:
        self.loaded, self._ended = loaded, ended
        self._over = False

    def __enter__(self) -> LoadedEngines:
        return self.loaded

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Nothing of the lease is used any more. Idempotent."""
        if not self._over:
            self._over = True
            self._ended(self.loaded)


class CurrentEngines:
    """All generations of the server's engines. `current` is the newest. `close` ends them."""

    def __init__(self, loaded: LoadedEngines, close_s: float = CLOSE_S) -> None:
        self.current, self._close_s = loaded, close_s
        self._maker = EngineThreads(1)  # not a thread of the loop's own: its end would wait for an engine that hangs
        self._leases = {loaded: 0}  # of every generation that is not closed
        self._renewing = asyncio.Lock()
        self._tasks = set[asyncio.Task[None]]()
        self._observer: Callable[[Bulkhead], CallObserver] = lambda _bulkhead: CallObserver()
        self._closed = False

    @property
    def generations(self) -> list[LoadedEngines]:
        """Those that are not closed, the current one last."""
        return list(self._leases)

    @property
    def bulkheads(self) -> list[Bulkhead]:
        """The bulkheads of all engines that are in use, each once, the current ones last."""
        return list(dict.fromkeys(bulkhead for one in self._leases for bulkhead in one.bulkheads))

    def observe(self, observer: Callable[[Bulkhead], CallObserver]) -> None:
        """Have the calls of every engine observed, also of those to come."""
        self._observer = observer
        for bulkhead in self.bulkheads:
            bulkhead.watch = observer(bulkhead)

    def lease(self) -> Lease:
        """The current engines, to be used until the lease ends. Raises `EngineUnavailable` while the server ends."""
        if self._closed:
            raise EngineUnavailable("The server is stopping.")
        self._leases[self.current] += 1
        return Lease(self.current, self._ended)

    async def renew(self, make: Callable[[LoadedEngines], LoadedEngines] = LoadedEngines.renewed) -> None:
        """Let whoever begins from now on have the engines that `make` makes, on a thread, of the current ones.

        Raises what `make` raises, and then nothing has changed, and `EngineTimeout` after `RENEW_S`; engines that come
        later are taken all the same.
        """
        renewing = self._own(self._renew(make))
        try:
            async with asyncio.timeout(RENEW_S):
                await asyncio.shield(renewing)
        except TimeoutError as error:
            raise EngineTimeout(f"New engines were not ready within {RENEW_S:g} s.") from error

    async def close(self) -> None:
        """End all engines, each once, and wait (bounded) for those that are being made or closed."""
        self._closed = True
        await self._tasks_over()
        while self._leases:
            generation = next(iter(self._leases))
            del self._leases[generation]
            self._own(self._end(generation, self.generations))
        await self._tasks_over()
        self._maker.close()

    async def _tasks_over(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._close_s)
            for task in late:
                task.cancel()

    async def _renew(self, make: Callable[[LoadedEngines], LoadedEngines]) -> None:
        async with self._renewing:
            if self._closed:
                raise EngineUnavailable("The server is stopping.")
            before = self.current
            made = await self._maker.call(partial(make, before)).outcome
            for bulkhead in made.bulkheads:
                if bulkhead not in before.bulkheads:
                    bulkhead.watch = self._observer(bulkhead)
            self._leases[made] = 0
            self.current = made
            self._end_unused()

    def _ended(self, loaded: LoadedEngines) -> None:
        if loaded in self._leases:
            self._leases[loaded] -= 1
            self._end_unused()

    def _end_unused(self) -> None:
        for generation in [one for one, leases in self._leases.items() if not leases and one is not self.current]:
            del self._leases[generation]
            self._own(self._end(generation, self.generations))

    async def _end(self, generation: LoadedEngines, others: Sequence[LoadedEngines]) -> None:
        try:
            await generation.close(others)
        except Exception:
            log.error("engines did not end", exc_info=True)

    def _own(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # who asked for it is told, if anybody still waits
