"""One utterance: while somebody speaks, what was said so far is decoded again and again.

Theory of operation. A decode takes a tenth of its audio's time, so a second of new speech is worth a new partial text, if a
slot is free for it (`slots`); audio is taken meanwhile. `settle` decodes all that was said up to the last voice, unless
that was done already. A long utterance is a row of windows (`windows`): the words of closed ones stand, and only the open
one is decoded again.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial, reduce

from models.support.sense_voice import joined
from models.whisper.library import NAME
from models.whisper.network import Decoded, Network
from models.whisper.slots import Slots
from models.whisper.times import words_in
from models.whisper.windows import Stretch, Windows
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.engines.protocols import Recognition
from pipeline.errors import EngineError, EngineTimeout

FIRST_PARTIAL = samples_of(700)
PARTIAL = samples_of(1000)
"""New audio that is worth decoding again; the first words are wanted sooner."""
NEVER = sys.maxsize
LIVE_S = 0.6
"""How far live audio may be ahead of the clock: as much as is kept from before a voice is noticed, and some."""
LATE_S = 8.0
"""How late final words may be before the partial ones have to do."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """Windows to decode: those that were closed since the last time, and the open one, if there is a voice in it."""

    closed: tuple[Stretch, ...]
    open: Stretch | None
    final: bool

    @property
    def extent(self) -> tuple[tuple[int, int], ...]:
        """Where its windows begin and end, the open one last."""
        return (*((one.at, one.end) for one in self.closed), (self.open.at, self.open.end) if self.open else (0, 0))


def decoded(network: Network, languages: Sequence[str], timed: bool, request: Request) -> list[Decoded]:
    """The words of each of its windows; `timed`, with their times in the utterance, but for a partial text. On one that
    loops nobody insists.
    """
    windows = [
        *((closed, True) for closed in request.closed),
        *([(request.open, request.final)] if request.open else []),
    ]
    found = [network.decode(window.pcm, languages, insist=final, timed=timed and final) for window, final in windows]
    return [replace(one, words=words_in(window, one.words)) for one, (window, _) in zip(found, windows, strict=True)]


class WhisperStream:
    """`decode` is called in a slot. At most one request of the utterance is on its way there.

    partials: whether anybody wants to read along. timed: whether what it settles on needs the times of its words, which
    partial texts do not have.
    """

    def __init__(
        self,
        decode: Callable[[Request], list[Decoded]],
        slots: Slots,
        windows: Windows,
        clock: Callable[[], float],
        *,
        partials: bool = True,
        timed: bool = False,
    ) -> None:
        self._decode, self._slots, self._windows = decode, slots, windows
        self._clock, self._opened = clock, clock()
        self._next_partial = FIRST_PARTIAL if partials else NEVER
        self._timed = timed
        self._asked: tuple[Request, Future[list[Decoded]]] | None = None
        self._understood: list[Decoded] = []
        """Of closed windows."""
        self._last: Decoded | None = None
        """Of the open window, when that ended where `_last_extent` does."""
        self._last_extent: tuple[tuple[int, int], ...] = ((0, 0),)
        self._last_final = True
        self._busy = threading.Lock()
        self._closed = False

    def accept(self, pcm: Samples) -> str:
        """Live audio never waits for its words; what comes faster than it was spoken does, or it would have none."""
        with self._call():
            self._windows.push(pcm)
            self._collect(0.0)
            live = self._windows.heard / LINE_RATE < self._clock() - self._opened + LIVE_S
            if self._windows.heard >= self._next_partial:
                self._ask_for_partial(self._slots.offer if live else self._slots.submit)
            if not live:
                self._collect(LATE_S)
            return self._recognition().text

    def settle(self, budget_s: float) -> Recognition:
        """Late words are better than half of them: a partial text stands only after `LATE_S` more."""
        with self._call():
            wanted = self._wanted(final=True)
            if self._asked and self._asked[0].extent == wanted.extent and self._will_do(final=self._asked[0].final):
                self._collect(budget_s + LATE_S)
                wanted = self._wanted(final=True)
            if wanted.extent != self._last_extent or not self._will_do(final=self._last_final):
                self._ask(wanted, self._slots.submit(partial(self._decode, wanted)))
                if not self._collect(budget_s + LATE_S):
                    if not self._last:
                        raise EngineTimeout(f"There were no words after {budget_s + LATE_S:g} s.", engine=NAME)
                    log.warning("the final words took too long; those of a partial text stand")
            return self._recognition()

    def close(self) -> None:
        self._closed = True
        if asked := self._asked:
            asked[1].cancel()

    def _ask_for_partial(self, slot: Callable[[Callable[[], list[Decoded]]], Future[list[Decoded]] | None]) -> None:
        """If there is something new and nothing is on its way."""
        wanted = self._wanted(final=False)
        if self._asked or wanted.extent == self._last_extent:
            return
        if future := slot(partial(self._decode, wanted)):
            self._next_partial = self._windows.heard + PARTIAL
            self._ask(wanted, future)

    def _wanted(self, *, final: bool) -> Request:
        return Request(tuple(self._windows.closed), self._windows.open, final)

    def _ask(self, request: Request, future: Future[list[Decoded]]) -> None:
        if self._asked:
            self._asked[1].cancel()
        self._asked = request, future
        if self._closed:  # `close` may have looked just before
            future.cancel()

    def _collect(self, wait_s: float) -> bool:
        """Take what was decoded, if it is there within `wait_s`. Raises what `EngineError` it failed with."""
        if not self._asked:
            return False
        request, future = self._asked
        try:
            found = future.result(wait_s)
        except CancelledError:
            raise EngineError("The utterance is closed.", engine=NAME) from None
        except TimeoutError:
            return False
        self._asked = None
        closed, last = found[: len(request.closed)], found[len(request.closed) :]
        self._understood += closed
        del self._windows.closed[: len(closed)]
        if request.final or not (last and last[0].loops):
            self._last = last[0] if last else None
            self._last_extent = Request((), request.open, request.final).extent
            self._last_final = request.final
        return True

    def _will_do(self, *, final: bool) -> bool:
        """Whether what was decoded of the same sound is what it settles on."""
        return final or not self._timed

    def _recognition(self) -> Recognition:
        windows = [*self._understood, self._last] if self._last else self._understood
        text = reduce(joined, (window.text for window in windows), "")
        longest = max(windows, key=lambda window: len(window.text), default=None)
        words = tuple(word for window in windows for word in window.words)
        return Recognition(text, longest.language if longest else "", words=words)

    @contextmanager
    def _call(self) -> Iterator[None]:
        with self._busy:
            if self._closed:
                raise EngineError("The utterance is closed.", engine=NAME)
            yield
            if self._closed:
                raise EngineError("The utterance is closed.", engine=NAME)
