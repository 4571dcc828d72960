"""A client behind a network: a microphone and a player with clocks of their own, and what was truly heard when.

Time is the client's, in seconds. What it knows is the truth that a recording is compared with.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conversation.notices import (
    Notice,
    PlaybackPaused,
    PlaybackResumed,
    PlaybackStopped,
    ReplyAudio,
    ReplyEnded,
    ReplyItemEnded,
)
from pipeline.session import Session

STEP = 1_024
"""Samples in a message of the microphone."""

STEP_S = STEP / LINE_RATE
REPORT_S = 0.2
PREBUFFER_S = 0.06
LOUD = 20_000


@dataclass(slots=True)
class Playing:
    """An item in the player."""

    id: str
    rate: int
    pcm: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    played: int = 0
    complete: bool = False

    @property
    def ms(self) -> float:
        return self.played * 1000 / self.rate


@dataclass(slots=True)
class FarClient:
    """Sends what `say` holds, plays what arrives. `player_ppm`: how much faster than the microphone's its clock runs."""

    session: Session
    player_ppm: float = 0.0
    sends: bool = True
    """False: it sends nothing, as one whose button is not pressed."""
    to_say: deque[Samples] = field(default_factory=deque)
    said_s: list[float] = field(default_factory=list)
    heard_s: list[float] = field(default_factory=list)
    cut_s: list[float] = field(default_factory=list)
    now: float = 0.0
    reports: list[tuple[float, str, float, bool]] = field(default_factory=list)
    _items: deque[Playing] = field(default_factory=deque)
    _paused: bool = False
    _waiting: bool = True
    _reported_ms: float = 0.0

    # --- What it says -------------------------------------------------------------------------------------------------

    def microphone(self) -> Samples:
        """The next message's samples; loud ones begin what is said."""
        pcm = self.to_say.popleft() if self.to_say else np.zeros(STEP, np.int16)
        loud = np.flatnonzero(np.abs(pcm) > LOUD)
        if self.sends and len(loud):
            self.said_s.append(self.now + float(loud[0]) / LINE_RATE)
        return pcm

    # --- What it is told ----------------------------------------------------------------------------------------------

    def told(self, notice: Notice) -> None:
        match notice:
            case ReplyAudio():
                self._item(notice.item.id, notice.rate).pcm = np.concatenate(
                    (self._item(notice.item.id, notice.rate).pcm, notice.pcm)
                )
            case ReplyItemEnded():
                for item in self._items:
                    if item.id == notice.item.id:
                        item.complete = True
            case PlaybackPaused():
                self._paused = True
                self._report(self.now)
            case PlaybackResumed():
                self._paused = False
            case PlaybackStopped():
                self._flush()
            case ReplyEnded() if notice.reply.status == "cancelled":
                self._flush()

    def _flush(self) -> None:
        self.cut_s.append(self.now)
        self._paused = True
        self._report(self.now)
        self._items.clear()
        self._paused, self._waiting = False, True

    def _item(self, id: str, rate: int) -> Playing:
        for item in self._items:
            if item.id == id:
                return item
        self._items.append(Playing(id, rate))
        return self._items[-1]

    # --- What it hears ------------------------------------------------------------------------------------------------

    def plays(self) -> None:
        """Play for one step, which begins now."""
        left_s = STEP_S
        while left_s > 1e-9 and self._items and not self._paused:
            item, at = self._items[0], self.now + STEP_S - left_s
            speed = item.rate * (1 + self.player_ppm / 1e6)
            there = len(item.pcm) - item.played
            if self._waiting:
                if there < PREBUFFER_S * item.rate and not item.complete:
                    return
                self._waiting = False
                self._report(at)
            count = min(there, round(left_s * speed))
            piece = item.pcm[item.played : item.played + count]
            self.heard_s += [at + float(index) / speed for index in np.flatnonzero(np.abs(piece) > LOUD)]
            item.played += count
            left_s -= count / speed
            if count == there:
                self._ran_out(item, self.now + STEP_S - left_s)
            elif item.ms - self._reported_ms >= REPORT_S * 1000:
                self._report(self.now + STEP_S - left_s)
            if count < 1:
                return

    def _ran_out(self, item: Playing, at: float) -> None:
        self._waiting = True
        self._report(at)
        if item.complete:
            self._items.popleft()
            self._reported_ms = 0.0

    def _report(self, at: float) -> None:
        if self._items:
            item = self._items[0]
            self.reports.append((at, item.id, item.ms, not self._paused and not self._waiting))
            self._reported_ms = item.ms
