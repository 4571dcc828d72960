"""What the parts of one session share: its settings, its transcript, its way to the client, its tasks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from pipeline.conversation.config import Engines, Observer, SessionConfig
from pipeline.conversation.journal import Journal
from pipeline.conversation.limits import SessionLimits
from pipeline.conversation.notices import ItemLeft
from pipeline.conversation.outbox import Outbox
from pipeline.conversation.playback import Playback
from pipeline.conversation.transcript import Transcript
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError, KaikouError


class Context:
    """Shared by a session's `Listening` and `Answering`; made and owned by the `Session`.

    attached: whether the client is connected just now. spawn: runs work as a task of the session, which ends with it at
    the latest.
    """

    def __init__(
        self,
        config: SessionConfig,
        engines: Engines,
        workers: Workers,
        limits: SessionLimits,
        observer: Observer,
        now: Callable[[], float],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        journal: Journal,
    ) -> None:
        self.config, self.engines, self.workers, self.limits, self.observer = config, engines, workers, limits, observer
        self.now, self.spawn, self.journal = now, spawn, journal
        self.playback: Callable[[float], Playback] = Playback
        self.active_at = now()
        self.attached = True
        self._told: Exception | None = None
        self.outbox = Outbox(limits.queued_audio_s, note=lambda notice: journal.note(notice, self.transcript))
        self.transcript = Transcript(limits.items, left=lambda item: self.outbox.put(ItemLeft(item.id)))

    def new_id(self, kind: str) -> str:
        """A fresh id such as "item_…" (at most 32 characters)."""
        return f"{kind}_{secrets.token_hex(10)}"

    def touch(self) -> None:
        """Restart the idle clock: the person or the client did something."""
        self.active_at = self.now()

    def failure(self, role: str, error: Exception) -> KaikouError:
        """The error as the client may see it; the observer gets it as it is, once if it goes on to end the answer."""
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        if error is not self._told:
            self.observer.engine_failed(role, error)
        hidden = "Something went wrong inside the server; the next turn is not affected."
        shown = error if isinstance(error, KaikouError) else EngineError(hidden, code="server_error")
        self._told = shown
        return shown
