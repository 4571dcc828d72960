"""What waits for the client: notices in order, bounded in seconds of audio, with a way to take audio back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from pipeline.conversation.notices import Notice, ReplyAudio, ReplyRecord


class Outbox:
    """One session's queue towards its client. One task takes; anybody may put. `audio_left` is told of audio that was taken.

    Only audio is bounded by waiting (`wait_for_room`), since audio is what grows; everything else is small and follows from
    what the client sent, and a client that does not read at all meets `longest` and is closed.
    """

    def __init__(
        self, audio_s: float, longest: int = 4_000, note: Callable[[Notice], None] = lambda _notice: None
    ) -> None:
        self._notices: deque[Notice] = deque()
        self._audio_s = 0.0
        self._most_audio_s = audio_s
        self._longest, self._note = longest, note
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self.overflowed = False
        self.audio_left: Callable[[ReplyAudio], None] = lambda _audio: None

    def put(self, notice: Notice) -> None:
        """Queue a notice, and let `note` see it. Past the longest queue nothing more is taken and `overflowed` says so."""
        self._note(notice)
        if len(self._notices) >= self._longest:
            self.overflowed = True
        else:
            self._notices.append(notice)
            self._count(notice, 1)
        self._filled.set()

    async def wait_for_room(self) -> None:
        """Wait until less audio is queued than may be."""
        await self._drained.wait()

    async def take(self) -> Notice:
        """The next notice; waits for one."""
        while not self._notices:
            self._filled.clear()
            await self._filled.wait()
        notice = self._notices.popleft()
        self._count(notice, -1)
        if isinstance(notice, ReplyAudio):
            self.audio_left(notice)
        return notice

    def drop_audio(self, reply: ReplyRecord) -> float:
        """Take back the queued audio of a reply; return how many milliseconds that was."""
        kept, dropped = deque[Notice](), 0.0
        for notice in self._notices:
            if isinstance(notice, ReplyAudio) and notice.reply is reply:
                dropped += len(notice.pcm) / notice.rate
                self._count(notice, -1)
            else:
                kept.append(notice)
        self._notices = kept
        return dropped * 1000

    def _count(self, notice: Notice, sign: int) -> None:
        if isinstance(notice, ReplyAudio):
            self._audio_s += sign * len(notice.pcm) / notice.rate
            if self._audio_s >= self._most_audio_s:
                self._drained.clear()
            else:
                self._drained.set()
