"""What was said and what was heard: the conversation's items in order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pipeline.audio.samples import Samples
from pipeline.engines.protocols import WordTime
from pipeline.errors import InvalidRequest
from pipeline.text.word_times import heard_text

ItemType: TypeAlias = Literal["message", "function_call", "function_call_output"]
ItemRole: TypeAlias = Literal["user", "assistant", "system"]
Status: TypeAlias = Literal["in_progress", "completed", "incomplete"]


SILENCE = "silence"
"""Among the `sounds` of an item without words: the person said nothing for so long that they were spoken to again."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a client's message: what is written in it, or said.

    transcribed: whether the words are known; until then `text` is what the client says of them. sound: at `LINE_RATE`,
    until it was heard.
    """

    text: str = ""
    spoken: bool = False
    transcribed: bool = True
    sound: Samples | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class Item:
    """One entry of a conversation.

    text: what a message says, a call's JSON arguments, or a function's output.
    spoken: whether the message is (or was) audio; `text` is then its transcript.
    transcribed: whether a spoken message's words are known yet.
    parts: what a client's message consists of, whose texts are joined in `text`; empty for all other items.
    words: where each word sounds on the item's own line. Of what the character spoke, they join to `text`; of what the
    person spoke, they are the recogniser's, which may be written otherwise or be none at all.
    voiced: from when to when a voice was heard on that line, in milliseconds; none in turns that the client ended.
    audio_ms: how much audio of the item was made.
    whole: the text before it was cut to what was heard; None while it is uncut. heard_ms: where it was cut.
    aside: whether it was only a listener's "uh-huh", a noise or an echo; kept for the client, not shown to the model.
    emotion, sounds: how the person sounded and what else was heard (see `Recognition`); the model gets a note of it.
    """

    id: str
    type: ItemType = "message"
    role: ItemRole = "user"
    status: Status = "completed"
    text: str = ""
    spoken: bool = False
    transcribed: bool = True
    parts: tuple[Part, ...] = ()
    words: list[WordTime] = field(default_factory=list)
    voiced: tuple[tuple[int, int], ...] = ()
    audio_ms: int = 0
    call_id: str = ""
    name: str = ""
    whole: str | None = None
    heard_ms: int | None = None
    aside: bool = False
    emotion: str = ""
    sounds: tuple[str, ...] = ()

    def write(self, text: str) -> None:
        """More text, while the item is in progress; what comes after a cut was not heard."""
        if self.whole is None:
            self.text += text
        else:
            self.whole += text

    def truncate(self, heard_ms: int) -> None:
        """Keep only the text that was heard in the first `heard_ms` of the item's audio; more than there is means all.

        The whole is kept beside it, so that a better figure (the client's, after our own estimate) may still correct it.
        """
        if self.whole is None:
            self.whole = self.text
        self.heard_ms = heard_ms
        self.text = heard_text(self.words, self.whole, heard_ms)


class Transcript:
    """The items of one conversation, in order, by id. Past `longest` of them the oldest leave; `left` is told of each."""

    def __init__(self, longest: int = 2_000, left: Callable[[Item], None] = lambda _item: None) -> None:
        self._items: dict[str, Item] = {}
        self._order: list[str] = []
        self._longest, self._left = longest, left

    def __iter__(self) -> Iterator[Item]:
        return (self._items[id] for id in self._order)

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, id: str) -> bool:
        return id in self._items

    def get(self, id: str) -> Item | None:
        """The item called `id`, if it is there."""
        return self._items.get(id)

    def previous(self, id: str) -> str | None:
        """The id before `id`; None for the first."""
        index = self._order.index(id)
        return self._order[index - 1] if index else None

    @property
    def awaits_output(self) -> bool:
        """Whether a function was called since the person's last words whose output is not there."""
        outputs = set[str]()
        for item in map(self._items.__getitem__, reversed(self._order)):
            match item.type:
                case "function_call_output":
                    outputs.add(item.call_id)
                case "function_call" if item.call_id not in outputs:
                    return True
                case "message" if item.role == "user":
                    return False
        return False

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Insert at the end, after the item `after`, or first (`"root"`); return the id before it.

        Of a full conversation the oldest item leaves first. Raises `InvalidRequest` for an id that is taken or an
        unknown `after`, which changes nothing.
        """
        if item.id in self._items:
            raise InvalidRequest(
                f"Item with id '{item.id}' already exists; leave the id out to get a new one.",
                code="item_create_duplicate_item_id",
                param="item.id",
            )
        if after not in (None, "root") and after not in self._items:
            raise InvalidRequest(
                f"There is no item '{after}' to insert after.",
                code="item_create_invalid_previous_item_id",
                param="previous_item_id",
            )
        self._make_room(item)
        index = len(self._order)
        if after is not None:  # What it names may just have left: then this item is the oldest.
            index = self._order.index(after) + 1 if after in self._items else 0
        self._items[item.id] = item
        self._order.insert(index, item.id)
        return self._order[index - 1] if index else None

    def _make_room(self, new: Item) -> None:
        """Let the oldest items leave until `new` fits. A call leaves with its output; what is being written stays."""
        while len(self._order) >= self._longest:
            may_leave = (item for item in self if item.status != "in_progress" and not _are_one_call(item, new))
            if (oldest := next(may_leave, None)) is None:
                return
            for item in [item for item in self if item is oldest or _are_one_call(item, oldest)]:
                self.remove(item.id)
                self._left(item)

    def remove(self, id: str) -> bool:
        """Delete an item; whether it was there."""
        if self._items.pop(id, None) is None:
            return False
        self._order.remove(id)
        return True

    @property
    def said(self) -> list[Item]:
        """The items that are for the model, in order."""
        return [item for item in self if not item.aside]


def _are_one_call(one: Item, other: Item) -> bool:
    """Whether they are a call and its output."""
    return bool(one.call_id) and one.call_id == other.call_id
