"""A starter set of a test's own: entries, rules, and a puller that waits, fails and goes on as it is told."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import KaikouError
from server.starter.starter import Starter, StarterState

WAIT_S = 30.0
MB = 1_000_000


@dataclass(frozen=True)
class Given:
    """An entry of a catalogue."""

    name: str
    engine: str
    part: str
    languages: tuple[str, ...]
    libraries: tuple[str, ...]
    rank: int = 1
    cores: int = 1
    lead_cores: int = 1
    gpu: bool = False
    mb: int = 10
    publisher: str = "somebody"
    licence: str = "MIT; and more"
    good_for: str = "tests"


def entry(name: str, part: str, languages: tuple[str, ...], **about: Any) -> Given:
    return Given(name, f"engine_of_{name}", part, languages, (f"lib_{name}",), **about)


EARS, VOICE = entry("ears", "recognizer", ("zh", "en")), entry("voice", "synthesizer", ("en",))


@dataclass
class Rules:
    """Everything is missing that was not fetched yet."""

    entries: Sequence[Given] = (EARS, VOICE)
    stopped: bool = False
    fetched: list[str] = field(default_factory=list)
    refuses: bool = False
    unreadable: bool = False

    def remember(self, *, stopped: bool) -> None:
        if self.refuses:
            raise PermissionError("read-only")
        self.stopped = stopped

    def missing(self) -> Sequence[Given]:
        if self.unreadable:
            raise PermissionError("unreadable")
        return [one for one in self.entries if one.name not in self.fetched]


class Stopped(KaikouError):
    code = "stopped"


class Hub:
    """Where the entries come from. Each pull fetches half and then waits for `go_on`, unless it is told to stop.

    fails: what is raised instead, by name, each once. stubborn: pulls do not stop.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.fails: dict[str, list[Exception]] = {}
        self.stubborn = False
        self.pulled = list[str]()
        self.threads = list[threading.Thread]()
        self.niceness = list[int]()
        self._going = threading.Event()

    def go_on(self) -> None:
        self._going.set()

    def puller(self, listener: Any, stopped: Callable[[], bool]) -> Pull:
        return Pull(self, listener, stopped)

    def wait(self, stopped: Callable[[], bool]) -> None:
        while not self._going.wait(0.005):
            if stopped() and not self.stubborn:
                raise Stopped("Stopped.")


class Pull:
    def __init__(self, hub: Hub, listener: Any, stopped: Callable[[], bool]) -> None:
        self._hub, self._listener, self._stopped = hub, listener, stopped

    def pull(self, name: str) -> bool:
        hub = self._hub
        hub.pulled.append(name)
        hub.threads.append(threading.current_thread())
        hub.niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if os.name == "posix" else 0)
        if failing := hub.fails.get(name):
            raise failing.pop(0)
        self._listener.says(f"{name}: from somebody")
        self._listener.progress(name, 5 * MB, 10 * MB)
        hub.wait(self._stopped)
        self._listener.progress(name, 10 * MB, 10 * MB)
        hub.rules.fetched.append(name)
        return True


class Engines:
    """Notes that it was asked to renew, and what was there by then."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.renewed = list[list[str]]()
        self.fails: Exception | None = None
        self.on_renew: Callable[[], None] = lambda: None

    async def renew(self) -> None:
        self.renewed.append(list(self.rules.fetched))
        self.on_renew()
        if self.fails:
            raise self.fails


async def until(true: Callable[[], bool]) -> None:
    """Waits for what other threads bring about."""
    async with asyncio.timeout(WAIT_S):
        while not true():
            await asyncio.sleep(0.005)


@dataclass
class Scene:
    """A starter at work."""

    starter: Starter
    rules: Rules
    hub: Hub
    engines: Engines

    async def half_way(self, name: str = "ears") -> None:
        await until(lambda: any(one.entry.name == name and one.done for one in self.starter.fetching))

    async def state(self, state: StarterState) -> None:
        await until(lambda: self.starter.state is state)


@asynccontextmanager
async def starting(
    *,
    stopped: bool = False,
    unreadable: bool = False,
    retry_s: float = 1800.0,
    stop_s: float = 20.0,
    fails: dict[str, list[Exception]] | None = None,
) -> AsyncIterator[Scene]:
    """A starter that runs until the block is left."""
    rules = Rules(stopped=stopped, unreadable=unreadable)
    hub, engines = Hub(rules), Engines(rules)
    hub.fails = fails or {}
    starter = Starter(rules, hub.puller, retry_s, stop_s)
    async with starter.running(engines):  # type: ignore[arg-type]
        yield Scene(starter, rules, hub, engines)
    hub.go_on()
