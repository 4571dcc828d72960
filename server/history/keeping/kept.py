"""A conversation while it goes on: what its journal tells becomes lines that are still to be written. Pure.

What changes before it was written is written once, as it is then; so a disk that is slow for a while has less to do
afterwards, not more. What does not fit into `MOST_LINES` and `MOST_CHARACTERS` is lost, and that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from pipeline.audio.samples import LINE_RATE
from pipeline.characters.character import Character, text_in
from pipeline.conversation.journal import (
    AudioPassed,
    Entry,
    ItemCorrected,
    ItemFinished,
    ItemRemoved,
    ItemSnapshot,
    ItemTimed,
    ReplyTimed,
    ReplyUsage,
    SummaryChanged,
)
from pipeline.conversation.notices import TurnTiming
from pipeline.conversation.summary import Summary

T = TypeVar("T")

MOST_LINES, MOST_CHARACTERS = 1_000, 4_000_000
"""That wait to be written, of one conversation; half an hour of quick talk, but for what a client pastes."""

RECENT = 32
"""Lines whose timing may still come."""

ENDS_MS = 40
"""By how much a recording may be longer than what it records: its last frame is whole, and one follows."""

PREVIEW = 200


@dataclass(frozen=True, slots=True)
class About:
    """Who is talked to, in which language, and whether it is a conversation at all: dictation is none."""

    character: Character
    language: str
    talks: bool = True

    def columns(self) -> Mapping[str, str]:
        """As the row of a conversation has it."""
        character = self.character
        name = text_in(character.name, self.language)
        who = {"character_id": character.id, "character_name": name, "character_version": character.version}
        return {**who, "language": self.language}


@dataclass(frozen=True, slots=True)
class Opened:
    """Which conversation is written, and from where on. `started_at`, by the wall clock, is when this attempt began.

    offset_ms: how long the conversation was before; its lines go on from there.
    """

    id: str
    person_id: str
    started_at: int
    attempt: int = 1
    offset_ms: int = 0
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is now. Times are milliseconds since the conversation began, `created_at` is one since 1970.

    `at_ms`: when it was heard first; of what sounds nowhere, whose `end_ms` is None, when it came.
    """

    item: ItemSnapshot
    created_at: int
    at_ms: int
    reply_id: str = ""
    end_ms: int | None = None
    timing: TurnTiming | None = None

    @property
    def said(self) -> str:
        """All of it, heard or not."""
        return self.item.text if self.item.whole is None else self.item.whole

    @property
    def shown(self) -> bool:
        """Whether a person said it, or was to hear it: neither a call, nor instructions, nor a listener's "mm-hm"."""
        item = self.item
        spoken = item.type == "message" and item.role in ("user", "assistant") and not item.aside
        return spoken and bool(self.said.strip())

    @property
    def characters(self) -> int:
        """About how much memory it takes."""
        return len(self.said) + 40 * len(self.item.words) + 16 * len(self.item.voiced)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written of one conversation in one transaction."""

    opened: Opened
    about: About
    preview: str
    lines: Sequence[Line]
    removed: Sequence[str]
    length_ms: int
    updated_at: int
    ended: str
    is_new: bool
    summary: Summary | None = None


class KeptConversation:
    """One conversation's changes. `about` is asked as they come.

    `tell` is told whether it is kept, and if not, why: at most once for each change of that.
    """

    def __init__(
        self,
        opened: Opened,
        about: Callable[[], About],
        tell: Callable[[bool, str], None],
        clock: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self.opened = opened
        self._about, self._tell, self._clock, self._changed = about, tell, clock, changed
        self._began = clock()
        self._begun = False
        self._pending: dict[str, Line] = {}
        self._removed: dict[str, None] = {}
        self._recent: dict[str, Line] = {}
        self._times: dict[str, tuple[int, int | None]] = {}
        self._heard: dict[str, tuple[int, int]] = {}
        self._characters = 0
        self._preview = self._told = self._ended = ""
        self._updated_ms = self._sound_ms = 0
        self._finished = False
        self._summary: Summary | None = None
        self.lost = 0
        """Lines that there was no room for."""
        self.given_up = ""
        """Why no more of it will be kept."""

    async def write(self, entry: Entry) -> None:
        """Take what the journal tells; never waits."""
        if self.given_up or not self._about().talks:
            return
        match entry:
            case ItemFinished():
                self._put(self._line(entry.item, entry.reply_id))
            case ItemCorrected():
                self._put(self._line(entry.item, ""))
            case ItemRemoved():
                self._pending.pop(entry.item_id, None)
                self._recent.pop(entry.item_id, None)
                self._removed[entry.item_id] = None
            case SummaryChanged():
                self._summary = entry.summary
            case ItemTimed():
                self._times[entry.item_id] = entry.at_ms, entry.end_ms
                _forget(self._times)
                return
            case AudioPassed():
                self._passed(entry)
                return
            case ReplyUsage():
                heard = [line for line in self._recent.values() if line.reply_id == entry.reply_id]
                for line in heard:
                    self._put(self._line(line.item, line.reply_id))
                if not heard:
                    return
            case ReplyTimed():
                first = next((line for line in self._recent.values() if line.reply_id == entry.timing.reply_id), None)
                if first is None:
                    return
                self._put(replace(first, timing=entry.timing))
            case _:
                return
        self._updated_ms = self._elapsed_ms
        self._changed()

    def end(self, why: str) -> None:
        """Nothing more comes. `why`: a word such as "left"."""
        self._ended = why
        self._changed()

    @property
    def over(self) -> bool:
        """Whether it ended, and nothing is left to be written."""
        return bool(self._ended) and not self.changed

    @property
    def changed(self) -> bool:
        """Whether there is something to write: not before the person said something, or deleted what was said earlier."""
        if self.given_up or self._finished:
            return False
        if not self._begun:
            said = any(line.shown and line.item.role == "user" for line in self._pending.values())
            return said or bool(self.opened.continues and self._removed)
        return bool(self._pending or self._removed or self._ended or self._summary)

    def changes(self) -> Changes:
        """What is to be written now; to be given to `written` when it was."""
        lines = list(self._pending.values())
        said = (line.said for line in lines if line.shown and line.item.role == "user")
        self._preview = self._preview or next(said, "").strip()[:PREVIEW]
        opened = self.opened
        at = self._elapsed_ms if self._ended else self._updated_ms
        return Changes(
            opened,
            self._about(),
            self._preview,
            lines,
            list(self._removed),
            opened.offset_ms + max(self._updated_ms, self._sound_ms),
            opened.started_at + at,
            self._ended,
            not (self._begun or self.opened.continues),
            self._summary,
        )

    def written(self, changes: Changes) -> None:
        """These are in the database now."""
        self._begun = True
        for line in changes.lines:
            if self._pending.get(line.item.id) is line:
                del self._pending[line.item.id]
                self._characters -= line.characters
        for id in changes.removed:
            self._removed.pop(id, None)
        if self._summary is changes.summary:
            self._summary = None
        self._finished = bool(changes.ended)
        self.tell("" if not self.lost else "behind")

    def give_up(self, reason: str) -> None:
        """No more of it can be kept."""
        self.given_up = reason
        self._pending.clear()
        self._removed.clear()
        self.tell(reason)

    def tell(self, reason: str) -> None:
        """Tell that it is kept (""), or why not, if that was not told last."""
        if reason != self._told:
            self._told = reason
            self._tell(not reason, reason)

    @property
    def _elapsed_ms(self) -> int:
        return round((self._clock() - self._began) * 1000)

    def _passed(self, entry: AudioPassed) -> None:
        """Where sound that is recorded was really heard."""
        starts, ends = (
            1000 * at // LINE_RATE for at in (entry.at, entry.at + len(entry.pcm) * LINE_RATE // entry.rate)
        )
        self._sound_ms = max(self._sound_ms, ends + ENDS_MS)
        if entry.speaker == "assistant":
            known = self._heard.get(entry.item_id)
            self._heard[entry.item_id] = (known[0] if known else starts), ends
            self._times[entry.item_id] = self._heard[entry.item_id]
            _forget(self._heard)

    def _line(self, item: ItemSnapshot, reply_id: str) -> Line:
        before = self._recent.get(item.id)
        created_at = before.created_at if before else self.opened.started_at + self._elapsed_ms
        came_ms = self.opened.offset_ms + created_at - self.opened.started_at
        line = Line(item, created_at, came_ms, reply_id, timing=before.timing if before else None)
        if before and not reply_id:
            line = replace(line, reply_id=before.reply_id)
        if item.id in self._times:
            at_ms, end_ms = self._times[item.id]
            # Of sound that is recorded, the last is told some time after it was heard; a pause makes it end later.
            heard_ms = item.audio_ms if item.heard_ms is None else min(item.heard_ms, item.audio_ms)
            end_ms = max(end_ms or 0, at_ms + heard_ms)
            offset = self.opened.offset_ms
            line = replace(line, at_ms=offset + at_ms, end_ms=offset + end_ms)
            self._sound_ms = max(self._sound_ms, end_ms)
        return line

    def _put(self, line: Line) -> None:
        id = line.item.id
        before = self._pending.get(id)
        characters = self._characters + line.characters - (before.characters if before else 0)
        if characters > MOST_CHARACTERS or (before is None and len(self._pending) >= MOST_LINES):
            self.lost += 1
            self.tell("behind")
            return
        self._characters = characters
        self._pending[id] = self._recent[id] = line
        self._removed.pop(id, None)
        _forget(self._recent)


def _forget(recent: dict[str, T]) -> None:
    for id in list(islice(recent, max(0, len(recent) - RECENT))):
        del recent[id]
