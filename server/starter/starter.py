"""Fetches the starter set in the background, and has the server use what has arrived.

Theory of operation. One task, in the application's lifespan, goes round: find out what is missing, fetch it entry by entry
on a thread, have the engines renewed after each (a conversation that goes on keeps its own), and wait: after a failure for
`RETRY_S`, else until a press on the page. `stop` stops a download; what came stays on the disk, and `start` goes on there.

    ABSENT ─────────────────────────────▶ nothing is missing, or the settings say no
    FETCHING ──all are in use──▶ DONE      ──stop──▶ STOPPED ──start──▶ FETCHING
        └──────an entry failed──▶ FAILED   ──after `RETRY_S`, or start──▶ FETCHING
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import structlog

from pipeline.engines import registry
from pipeline.errors import KaikouError
from server.engines.current import CurrentEngines
from server.starter.rules import StarterEntry, StarterRules

log = structlog.get_logger("kaikou")

RETRY_S = 1800.0
"""How long after a failure it is tried again: a machine that was started without a network has one by then, perhaps."""

NICENESS = 5
"""Of the thread that fetches: checksums and unpacking keep a core busy for seconds, and conversations go first."""

STOP_S = 5.0
"""How long the end of a download is waited for; what asks a network again and again ends sooner."""


class StarterState(StrEnum):
    """Where it stands."""

    ABSENT = "absent"
    FETCHING = "fetching"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


class Puller(Protocol):
    """Fetches an entry and installs it. Blocks."""

    def pull(self, name: str) -> bool: ...


MakePuller = Callable[[Any, Callable[[], bool]], Puller]
"""Makes one, from its listener (see `models.downloads.pull.ProgressListener`) and what says whether it is to stop."""


class Rules(Protocol):
    """What is to be fetched; see `StarterRules`."""

    @property
    def stopped(self) -> bool: ...
    def remember(self, *, stopped: bool) -> None: ...
    def missing(self) -> Sequence[StarterEntry]: ...


class _NoRules:
    stopped = False

    def remember(self, *, stopped: bool) -> None:
        """There is nothing to remember."""

    def missing(self) -> Sequence[StarterEntry]:
        return ()


class _NoPuller:
    def pull(self, name: str) -> bool:
        return False


@dataclass
class Fetching:
    """One entry on its way, and the listener of its pull, which is told on other threads. Bytes; total is 0 if unknown.

    installed: it lies on the disk; in_use: whoever begins now has it.
    """

    entry: StarterEntry
    done: int = 0
    total: int = 0
    installed: bool = False
    in_use: bool = False

    def says(self, line: str) -> None:
        log.info("starter set", about=line)

    def progress(self, doing: str, done: int, total: int) -> None:
        self.done, self.total = done, total


@dataclass
class Starter:
    """The starter set of this server. `run` is its life; the rest is what the page shows and presses."""

    rules: Rules
    puller: MakePuller
    retry_s: float = RETRY_S
    stop_s: float = STOP_S
    state: StarterState = StarterState.ABSENT
    error: str = ""
    fetching: list[Fetching] = field(default_factory=list)
    """What was missing at the last look, in the order in which it is fetched."""
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _halt: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._look()

    @asynccontextmanager
    async def running(self, engines: CurrentEngines) -> AsyncIterator[None]:
        """Owns the work: it has ended when the block is left, or is left behind after `STOP_S`."""
        task = asyncio.create_task(self._run(engines))
        try:
            yield
        finally:
            self._halt.set()
            task.cancel()
            await asyncio.wait({task})

    @property
    def at_work(self) -> bool:
        """Whether something is being fetched."""
        return self.state is StarterState.FETCHING

    def described(self) -> str:
        """What it fetches, from whom, under which licence and how much, for a person."""
        entries = [one.entry for one in self.fetching]
        origins = [f"{entry.publisher}, {entry.licence.partition(';')[0]}" for entry in entries]
        names = ", ".join(f"{entry.name} ({origin})" for entry, origin in zip(entries, origins, strict=True))
        return f"{names}: about {sum(entry.mb for entry in entries)} MB"

    def stop(self) -> None:
        """Fetch no more, at the next start either."""
        if self.state in (StarterState.FETCHING, StarterState.FAILED):
            self.state = StarterState.STOPPED
            self._halt.set()
            self._remember(stopped=True)

    def start(self) -> None:
        """Go on after a stop or a failure."""
        if self.state in (StarterState.STOPPED, StarterState.FAILED):
            self._remember(stopped=False)
            self._look()
            self._asked.set()

    @classmethod
    def of(cls, rules: StarterRules) -> Starter:
        """What the rules say, from the places in the settings."""
        weights = rules.settings.weights

        def puller(listener: Any, stopped: Callable[[], bool]) -> Puller:
            made: Puller = registry.weights_puller(weights.folder, weights.mirrors, weights.hub, listener, stopped)
            return made

        return cls(rules, puller)

    @classmethod
    def of_nothing(cls) -> Starter:
        """For a server that fetches nothing, whatever is missing."""
        return cls(_NoRules(), lambda _listener, _stopped: _NoPuller())

    # --- The work -----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Find out what there is to do: what is missing, and what arrived and could not be used yet."""
        unused = [one for one in self.fetching if one.installed and not one.in_use]
        self.error, self.fetching = "", unused
        try:
            self.fetching = [*unused, *map(Fetching, self.rules.missing())]
            missing = StarterState.STOPPED if self.rules.stopped else StarterState.FETCHING
            self.state = missing if self.fetching else StarterState.ABSENT
        except (KaikouError, OSError) as error:  # a folder that cannot be read, say
            self.error, self.state = _told(error), StarterState.FAILED
            log.warning("starter set: not looked for, and everything works as before", error=self.error)

    async def _run(self, engines: CurrentEngines) -> None:
        while True:
            self._asked.clear()
            if self.state is StarterState.FETCHING:
                self._halt = threading.Event()
                await self._fetch(engines, self._halt)
            with suppress(TimeoutError):
                async with asyncio.timeout(self.retry_s if self.state is StarterState.FAILED else None):
                    await self._asked.wait()
            if self.state is StarterState.FAILED:
                self._look()

    async def _fetch(self, engines: CurrentEngines, halt: threading.Event) -> None:
        """Fetch and use each entry; one that fails keeps none of the others from arriving."""
        errors = dict[str, str]()
        for one in [one for one in self.fetching if not one.in_use]:
            name = one.entry.name
            try:
                if not one.installed:
                    await self._pull(one, halt)
                    one.installed = True
                await engines.renew()
                one.in_use = True
                log.info("starter set: in use from the next conversation on", weights=name)
            except (KaikouError, OSError) as error:
                errors[name] = _told(error)
            except Exception:
                log.error("starter set: something went wrong", weights=name, exc_info=True)
                errors[name] = "Something went wrong; the server's log says what."
            if halt.is_set() and not all(one.in_use for one in self.fetching):
                return
        if errors:
            log.warning("starter set: not all of it arrived, and everything works as before", errors=errors)
        self.error = next(iter(errors.values()), "")
        self.state = StarterState.FAILED if errors else StarterState.DONE

    async def _pull(self, one: Fetching, halt: threading.Event) -> None:
        """Pull on a thread that ends with the process: a download that does not stop must not hold up the server's end."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Exception | None] = loop.create_future()

        def pull() -> None:
            error = None
            _yield_to_conversations()
            try:
                self.puller(one, halt.is_set).pull(one.entry.name)
            except Exception as failure:  # noqa: BLE001 — handed on to the task
                error = failure
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(ended.set_result, error)

        threading.Thread(target=pull, name="starter set", daemon=True).start()
        try:
            await asyncio.wait({ended})
        except asyncio.CancelledError:
            halt.set()
            await asyncio.wait({ended}, timeout=self.stop_s)
            raise
        if error := ended.result():
            raise error

    def _remember(self, *, stopped: bool) -> None:
        try:
            self.rules.remember(stopped=stopped)
        except OSError as error:
            log.warning("starter set: the press will be forgotten", error=str(error))


def _yield_to_conversations() -> None:
    """Give this thread, and those that it starts, a lower priority. On Linux only: elsewhere it would be the process."""
    if sys.platform == "linux":
        this = threading.get_native_id()
        with suppress(OSError):  # it is fetched all the same
            os.setpriority(os.PRIO_PROCESS, this, max(NICENESS, os.getpriority(os.PRIO_PROCESS, this)))


def _told(error: KaikouError | OSError) -> str:
    """What went wrong, for a person: the system's words without its number."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)
