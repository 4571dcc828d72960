"""One turn of the person on its way through the recogniser: audio in, partials, a draft in the pause, the final words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.conversation.limits import RecognitionLimits
from pipeline.engines.protocols import Recognition, Recognizer, RecognizerStream
from pipeline.engines.workers import Workers
from pipeline.text.clean import clean

PIECE = samples_of(100)
"""Samples given to the recogniser at once: few thread hops, and partials still ten times a second."""

LONGEST_PIECE = samples_of(500)
"""More than this waits for the next call, so that a call's time bound means something when a lot arrives at once."""


class Utterance:
    """The recognition of one turn. `accept_audio`, `draft` and `close` order; `run` works and reports by callbacks."""

    def __init__(
        self,
        recognizer: Recognizer,
        workers: Workers,
        limits: RecognitionLimits,
        *,
        on_partial: Callable[[str], None],
        on_drafted: Callable[[str], None],
        language: str = "",
        timed: bool = False,
    ) -> None:
        """timed: whether it is worth some time of the recogniser's to know when each word sounds."""
        self._timed = timed
        self._recognizer, self._workers, self._limits, self._language = recognizer, workers, limits, language
        self._on_partial, self._on_drafted = on_partial, on_drafted
        self._queue: list[Samples] = []
        self._queued = self._taken = 0
        self._wake = asyncio.Event()
        self._wants_draft = self._closed = False
        self._draft: Recognition | None = None
        self._pause = 0

    @property
    def seconds(self) -> float:
        """How much audio was heard so far."""
        return (self._taken + self._queued) / LINE_RATE

    @property
    def drafted(self) -> Recognition | None:
        """What was understood up to this pause, if that is known and speech has not gone on since."""
        return self._draft

    def accept_audio(self, pcm: Samples) -> None:
        """Queue more audio of the turn; what exceeds `longest_s` is left out."""
        if self._closed or self.seconds >= self._limits.longest_s:
            return
        self._queue.append(pcm)
        self._queued += len(pcm)
        if self._queued >= PIECE:
            self._wake.set()

    def draft(self) -> None:
        """Ask for the words as they stand, which are final if nothing but silence follows."""
        self._wants_draft, self._draft = True, None
        self._pause += 1
        self._wake.set()

    def resume(self) -> None:
        """Speech goes on: a draft is worth nothing any more."""
        self._wants_draft, self._draft = False, None
        self._pause += 1

    def close(self) -> None:
        """No more audio will come."""
        self._closed = True
        self._wake.set()

    async def run(self) -> Recognition:
        """Recognise until closed. Raises `EngineError`; frees the recogniser in any case."""
        limits, name = self._limits, self._recognizer.info.name
        open = getattr(self._recognizer, "open_timed", self._recognizer.open) if self._timed else self._recognizer.open
        start = partial(open, self._language)
        stream = await self._workers.call(start, timeout_s=limits.open_s, engine=name, undo=lambda late: late.close())
        try:
            return await self._listen(stream, name)
        finally:
            stream.close()

    async def _listen(self, stream: RecognizerStream, name: str) -> Recognition:
        text = ""
        while True:
            await self._more()
            if self._queue:
                pcm = self._take()
                accept = partial(stream.accept, pcm)
                heard = clean(await self._workers.call(accept, timeout_s=self._limits.stall_s, engine=name))
                if heard != text:
                    text = heard
                    self._on_partial(text)
            elif self._closed:
                return self._draft or await self._settle(stream, name)
            elif self._wants_draft:
                self._wants_draft, pause = False, self._pause
                draft = await self._settle(stream, name)
                if pause == self._pause:
                    self._draft = draft
                    self._on_drafted(draft.text)

    async def _more(self) -> None:
        """Wait for a piece of audio or an order; one of them comes, since turns end when the client sends nothing."""
        while not (self._closed or self._wants_draft or self._queued >= PIECE):
            self._wake.clear()
            await self._wake.wait()

    async def _settle(self, stream: RecognizerStream, name: str) -> Recognition:
        budget = self._limits.settle_s
        timeout = budget + self._limits.stall_s
        settled = await self._workers.call(partial(stream.settle, budget), timeout_s=timeout, engine=name)
        return settled.clean()

    def _take(self) -> Samples:
        """The next queued samples, at most `LONGEST_PIECE` of them."""
        pcm = self._queue[0] if len(self._queue) == 1 else np.concatenate(self._queue)
        pcm, rest = pcm[:LONGEST_PIECE], pcm[LONGEST_PIECE:]
        self._queue = [rest] if len(rest) else []
        self._taken, self._queued = self._taken + len(pcm), len(rest)
        return pcm
