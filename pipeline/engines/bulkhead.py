"""What stands between the loop and one engine that may be slow, broken or full: a limit of calls, a breaker, counts.

Theory of operation. A call is one utterance, one reply or one clause. It enters, waiting a moment for a place if it
must, and ends once: it worked, failed, or was cancelled by those who asked for it, which says nothing about the engine
unless it had answered. Calls that may not enter are refused, so that the caller can try another engine at once. The breaker
refuses them all for a while after failures in a row:

    CLOSED ──`failures` of them within `within_s`──▶ OPEN ──`pause_s`──▶ HALF_OPEN ──the trial answers──▶ CLOSED
                                                      ▲                      │ the trial fails
                                                      └──────────────────────┘

Half open, one call at a time may try. A refused key opens it at once and for `refused_s`: it takes a person to make a key
right. Calls that time out having been under way together count as one failure: a moment in which the machine had too much
to do stalls all of them. Nothing else remembers failures: engines ask their server whenever they are called. An engine that
is busy is not broken: that is no failure. Source of the pattern: Nygard, Release It!, "Circuit Breaker".
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType

from pipeline.engines.protocols import Role
from pipeline.engines.within import within
from pipeline.errors import EngineBusy, EngineKeyRefused, EngineTimeout, EngineUnavailable, KaikouError


@dataclass(frozen=True, slots=True)
class BulkheadLimits:
    """Bounds of one engine.

    at_once: calls that go on at the same time; waiting: calls that may wait for a place, each for `wait_s`.
    failures, within_s: so many in a row in so long open the breaker. pause_s: until it is tried again; refused_s:
    likewise after a refused key.
    """

    at_once: int = 200
    waiting: int = 50
    wait_s: float = 2.0
    failures: int = 3
    within_s: float = 60.0
    pause_s: float = 15.0
    refused_s: float = 300.0


class BreakerState(StrEnum):
    """Whether calls may enter: all, one to try, none."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class CircuitBreaker:
    """Refuses calls to an engine that fails. Pure: times are clock readings in seconds that the caller passes in."""

    def __init__(self, limits: BulkheadLimits) -> None:
        self._limits = limits
        self._failed_at: deque[float] = deque(maxlen=limits.failures)
        self._open_until: float | None = None
        self._trying = False

    def state(self, now: float) -> BreakerState:
        """Its state at `now`."""
        if self._open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._open_until else BreakerState.HALF_OPEN

    def admits(self, now: float) -> bool:
        """Whether a call may begin. Half open, the one that may is the trial, until `tried`."""
        state = self.state(now)
        if state is BreakerState.HALF_OPEN and not self._trying:
            self._trying = True
            return True
        return state is BreakerState.CLOSED

    def tried(self) -> None:
        """The trial is over, however it went."""
        self._trying = False

    def worked(self, *, trial: bool) -> None:
        """A call worked. One from before the breaker opened does not close it."""
        if trial:
            self._open_until = None
        self._failed_at.clear()

    def failed(self, now: float, *, trial: bool, refused: bool = False, stalled_from: float | None = None) -> bool:
        """A call failed, by a refused key or otherwise. Whether the breaker opens now and was not open before.

        stalled_from: when it began, if it failed by taking too long.
        """
        if stalled_from is not None and self._failed_at and stalled_from < self._failed_at[-1] and not trial:
            return False  # counted already
        self._failed_at.append(now)
        often = len(self._failed_at) == self._limits.failures and now - self._failed_at[0] <= self._limits.within_s
        if not (often or trial or refused):
            return False
        opens = self._open_until is None
        pause_s = self._limits.refused_s if refused else self._limits.pause_s
        self._open_until = max(now + pause_s, self._open_until or now)
        return opens


class Outcome(StrEnum):
    """How a call ended. Busy: the engine itself had no room; refused: it did not get in."""

    WORKED = "worked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    BUSY = "busy"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CallObserver:
    """Who is told. first: seconds until a call's first result; failed: a call failed; opened: so did the breaker."""

    first: Callable[[float], None] = lambda _seconds: None
    failed: Callable[[Exception], None] = lambda _error: None
    opened: Callable[[Exception], None] = lambda _error: None


class Bulkhead:
    """The bulkhead of one engine, shared by all sessions; `name` is what the settings call it.

    outcomes counts calls; active and waiting are how many there are now. error is the last failure, safe to show;
    failed_at and worked_at are clock readings.
    """

    def __init__(
        self, role: Role, name: str, limits: BulkheadLimits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.role, self.name, self.limits = role, name, limits or BulkheadLimits()
        self.watch = CallObserver()
        self.outcomes = Counter[Outcome]()
        self.active = self.waiting = 0
        self.error = ""
        self.failed_at = self.worked_at = float("-inf")
        self.clock = clock
        self.breaker = CircuitBreaker(self.limits)
        self._refused = False
        self._places = asyncio.Semaphore(self.limits.at_once)

    @property
    def state(self) -> BreakerState:
        """The breaker's state now."""
        return self.breaker.state(self.clock())

    async def enter(self, bound_s: float) -> Call:
        """Begin a call, after waiting for a place `bound_s` at the longest. The call must be ended.

        Raises `EngineUnavailable` while the breaker is open and `EngineBusy` if there is no place.
        """
        if self.state is BreakerState.OPEN:
            raise self._resting()
        if self._places.locked():
            await self._wait(min(bound_s, self.limits.wait_s))
        else:
            await self._places.acquire()
        now = self.clock()
        trial = self.breaker.state(now) is BreakerState.HALF_OPEN
        if not self.breaker.admits(now):
            self._places.release()
            raise self._resting()
        self.active += 1
        return Call(self, trial)

    async def _wait(self, bound_s: float) -> None:
        if self.waiting >= self.limits.waiting:
            raise self._full()
        self.waiting += 1
        try:
            async with within(bound_s):
                await self._places.acquire()
        except TimeoutError:
            raise self._full() from None
        finally:
            self.waiting -= 1

    def _full(self) -> EngineBusy:
        self.outcomes[Outcome.REFUSED] += 1
        return EngineBusy(f"{self.name} has as much to do as it may.", engine=self.name)

    def _resting(self) -> EngineUnavailable:
        self.outcomes[Outcome.REFUSED] += 1
        kind = EngineKeyRefused if self._refused else EngineUnavailable
        return kind(f"{self.name} is left alone for a while: {self.error}", engine=self.name)

    def _left(self, began: float, trial: bool, answered: bool, error: BaseException | None) -> None:
        """A call is over, with the error that ended it, if one did."""
        self.active -= 1
        self._places.release()
        if trial:
            self.breaker.tried()
        match error:
            case None:
                self.outcomes[Outcome.WORKED] += 1
                self._worked(trial)
            case EngineBusy():
                self.outcomes[Outcome.BUSY] += 1
            case Exception():
                self._failed(error, began, trial)
            case _:
                self.outcomes[Outcome.CANCELLED] += 1
                if answered:  # It was interrupted in the middle of its work.
                    self._worked(trial)

    def _worked(self, trial: bool) -> None:
        self.worked_at = self.clock()
        self.breaker.worked(trial=trial)

    def _failed(self, error: Exception, began: float, trial: bool) -> None:
        self.outcomes[Outcome.FAILED] += 1
        self.failed_at = now = self.clock()
        known = isinstance(error, KaikouError)
        self.error = str(error) if known else "Something went wrong inside it; the log says what."
        self._refused = isinstance(error, EngineKeyRefused)
        self.watch.failed(error)
        stalled_from = began if isinstance(error, EngineTimeout) else None
        if self.breaker.failed(now, trial=trial, refused=self._refused, stalled_from=stalled_from):
            self.watch.opened(error)


class Call:
    """One call that got in. As a context manager it ends by how the block is left."""

    __slots__ = ("_answered", "_began", "_bulkhead", "_ended", "_trial")

    def __init__(self, bulkhead: Bulkhead, trial: bool) -> None:
        self._bulkhead, self._trial, self._began = bulkhead, trial, bulkhead.clock()
        self._answered = self._ended = False

    def __enter__(self) -> Call:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.end(error)

    def answered(self) -> None:
        """A result is there; the first one ends a trial, and its time is told."""
        if self._answered:
            return
        self._answered = True
        self._bulkhead.watch.first(self._bulkhead.clock() - self._began)
        if self._trial:
            self._trial = False
            self._bulkhead.breaker.tried()
            self._bulkhead.breaker.worked(trial=True)

    def end(self, error: BaseException | None = None) -> None:
        """Give the place back. `error` is what ended the call; cancellation is no failure. Idempotent."""
        if not self._ended:
            self._ended = True
            self._bulkhead._left(self._began, self._trial, self._answered, error)

    def leave(self) -> None:
        """End a call that could go on: it worked if it has answered, and was cancelled if not."""
        self.end(None if self._answered else asyncio.CancelledError())
