"""Finished items, corrections and usage of a conversation, queued to one writer (now `Metrics.write`).

Entries are frozen values: what happens later to an item is another entry. They pass through a bounded queue to one
writer, which may be slow or fail without the conversation's noticing; what does not fit is lost, counted, and told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias

from pipeline.audio.samples import Samples
from pipeline.conversation.notices import (
    ItemAdded,
    ItemLeft,
    Notice,
    ReplyItemEnded,
    Transcribed,
    TranscriptionFailed,
    TurnTimed,
    TurnTiming,
)
from pipeline.conversation.summary import Summary
from pipeline.conversation.transcript import Item, ItemRole, ItemType, Part, Status, Transcript
from pipeline.engines.protocols import WordTime
from pipeline.engines.workers import stray_cancellation_fails


@dataclass(frozen=True, slots=True)
class ItemSnapshot:
    """An item as it was at a moment; the fields are those of `Item`."""

    id: str
    type: ItemType
    role: ItemRole
    status: Status
    text: str
    spoken: bool
    transcribed: bool
    parts: tuple[Part, ...]
    words: tuple[WordTime, ...]
    voiced: tuple[tuple[int, int], ...]
    audio_ms: int
    call_id: str
    name: str
    whole: str | None
    heard_ms: int | None
    aside: bool
    emotion: str
    sounds: tuple[str, ...]

    @classmethod
    def of(cls, item: Item) -> ItemSnapshot:
        """The item as it is now."""
        values: dict[str, Any] = {field.name: getattr(item, field.name) for field in fields(item)}
        parts = tuple(replace(part, sound=None) for part in item.parts)
        return cls(**values | {"words": tuple(item.words), "parts": parts})

    def restored(self) -> Item:
        """An item that is like it was, and can change again."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return Item(**values | {"words": list(self.words)})


@dataclass(frozen=True, slots=True)
class ItemFinished:
    """An item is complete, but for a spoken turn's words, which follow as a correction. `previous`: the id before it.

    reply_id: of which answer it is; empty for what the person or the client said.
    """

    item: ItemSnapshot
    previous: str | None
    reply_id: str = ""


@dataclass(frozen=True, slots=True)
class ItemCorrected:
    """An item changed: its words are known now, it was cut to what was heard, or it turned out to be no turn."""

    item: ItemSnapshot


@dataclass(frozen=True, slots=True)
class ItemRemoved:
    """The client deleted an item, or the model took it back. One that left a conversation that was full stays said."""

    item_id: str


@dataclass(frozen=True, slots=True)
class SummaryChanged:
    """The summary of the conversation's older part; with the items it makes a conversation that can be gone on with."""

    summary: Summary


@dataclass(frozen=True, slots=True)
class ItemTimed:
    """Where an item sounds on the line of both sides; `end_ms` is None for what the character begins to say."""

    item_id: str
    at_ms: int
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ReplyTimed:
    """Where an answer's time went, once all of it is made."""

    timing: TurnTiming


@dataclass(frozen=True, slots=True)
class ReplyUsage:
    """What one answer took. Tokens are 0 where the model told none, as of an answer that was broken off.

    characters: given to the synthesiser; made_ms, heard_ms: audio that it made, and that the person heard.
    """

    reply_id: str
    status: str
    characters: int
    made_ms: int
    heard_ms: int
    input_tokens: int
    output_tokens: int


Speaker: TypeAlias = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class AudioPassed:
    """Sound of one side, at `rate` Hz; its first sample is heard at `at`, in samples at `LINE_RATE`.

    Both sides share one line of time: the microphone's samples, and the time in which it sends none (`SoundLine`). What
    the character says is told once it was heard.
    """

    speaker: Speaker
    at: int
    pcm: Samples
    rate: int
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class EntriesLost:
    """The writer was too slow, or failed: so many entries before the next one are missing."""

    count: int


Entry: TypeAlias = (
    ItemFinished
    | ItemCorrected
    | ItemRemoved
    | SummaryChanged
    | ItemTimed
    | ReplyTimed
    | ReplyUsage
    | AudioPassed
    | EntriesLost
)


class Journal:
    """The queue to one writer. Without a writer nothing is kept; sound is, only if the writer wants `audio`."""

    def __init__(
        self,
        write: Callable[[Entry], Awaitable[None]] | None = None,
        *,
        audio: bool = False,
        longest: int = 1_000,
        longest_audio_s: float = 30.0,
    ) -> None:
        self._write = write
        self.keep_sound(audio)
        self._longest, self._longest_audio_s = longest, longest_audio_s
        self._entries: deque[Entry] = deque()
        self._audio_s = 0.0
        self._lost = 0
        self._filled, self._closed = asyncio.Event(), False

    def keep_sound(self, wanted: bool) -> None:
        """Whether sound is kept from now on: what is heard before, or after it is wanted no more, is in no entry."""
        self.audio = wanted and self._write is not None

    def put(self, entry: Entry) -> None:
        """Queue an entry for the writer; never waits."""
        if self._write is None:
            return
        seconds = _seconds(entry)
        if len(self._entries) >= self._longest or self._audio_s + seconds > self._longest_audio_s:
            self._lost += 1
            return
        self._audio_s += seconds
        self._entries.append(entry)
        self._filled.set()

    def record(self, speaker: Speaker, at: int, pcm: Samples, rate: int, item_id: str = "") -> None:
        """Queue a copy of some sound, if it is to be kept."""
        if not self.audio:
            return
        kept = pcm.copy()
        kept.setflags(write=False)
        self.put(AudioPassed(speaker, at, kept, rate, item_id))

    def note(self, notice: Notice, transcript: Transcript) -> None:
        """Queue what the client is being told, if it is worth keeping."""
        if self._write is None:
            return
        match notice:
            case ItemAdded() if notice.done:
                self.put(ItemFinished(ItemSnapshot.of(notice.item), notice.previous))
            case ReplyItemEnded() if notice.item.id in transcript:
                previous = transcript.previous(notice.item.id)
                self.put(ItemFinished(ItemSnapshot.of(notice.item), previous, notice.reply.id))
            case Transcribed() | TranscriptionFailed() if item := transcript.get(notice.item_id):
                self.corrected(item, transcript)
            case ItemLeft() if notice.taken_back:
                self.put(ItemRemoved(notice.item_id))
            case TurnTimed() if notice.timing.status:
                self.put(ReplyTimed(replace(notice.timing)))
            case _:
                pass

    def corrected(self, item: Item, transcript: Transcript) -> None:
        """Queue an item that changed, unless it is not finished yet or was deleted: then there is nothing to correct."""
        if self._write is not None and item.id in transcript and item.status != "in_progress":
            self.put(ItemCorrected(ItemSnapshot.of(item)))

    async def run(self) -> None:
        """Write until the journal is closed and empty. A writer that fails loses the entry."""
        while self._write is not None and not (self._closed and not self._entries):
            if not self._entries:
                self._filled.clear()
                await self._filled.wait()
                continue
            if (lost := self._lost) and await self._written(EntriesLost(lost)):
                self._lost -= lost
            entry = self._entries.popleft()
            self._audio_s -= _seconds(entry)
            self._lost += not await self._written(entry)

    def close(self) -> None:
        """No more entries will come: `run` ends once all are written."""
        self._closed = True
        self._filled.set()

    async def _written(self, entry: Entry) -> bool:
        assert self._write is not None
        try:
            with stray_cancellation_fails():
                await self._write(entry)
        except Exception:  # noqa: BLE001 — the writer's outermost frame: the conversation does not depend on it
            return False
        return True


def _seconds(entry: Entry) -> float:
    return len(entry.pcm) / entry.rate if isinstance(entry, AudioPassed) else 0.0
