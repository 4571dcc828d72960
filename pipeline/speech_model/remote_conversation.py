"""What a speech model's copy of the conversation lacks, compared with ours, which is the truth. Pure.

Before every answer the copy is brought up to date by the steps found here. So one piece of code serves typed lines, tools'
outputs, deletions, interrupted answers, noises that were no turns, and a connection that begins anew: there the copy is
empty, and everything said so far is told as text.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pipeline.conversation.transcript import SILENCE, Item
from pipeline.engines.protocols import Message, ToolCall
from pipeline.prompt.vocal_cues import note


@dataclass(frozen=True, slots=True)
class AddItem:
    """Tell the model of an item of ours, behind its item `after` ("root": first; None: at the end)."""

    item: Item
    message: Message
    after: str | None


@dataclass(frozen=True, slots=True)
class SendTurn:
    """Give the model the sound of a turn it has not heard yet; such an item can only stand at the end."""

    item: Item


@dataclass(frozen=True, slots=True)
class RemoveItem:
    id: str


@dataclass(frozen=True, slots=True)
class TruncateItem:
    """Of the model's own spoken message `id` only `heard_ms` were heard."""

    id: str
    heard_ms: int


Step: TypeAlias = AddItem | SendTurn | RemoveItem | TruncateItem


@dataclass(slots=True)
class OutputItem:
    """One item that the model made in an answer: a call, or a message with so much audio."""

    id: str
    call_id: str = ""
    audio_ms: float = 0.0


@dataclass(slots=True)
class _Copy:
    """An item as the model has it. `text`: what it was told, None if it heard or said it itself."""

    ids: tuple[str, ...]
    text: str | None = None
    audio_ms: int = 0
    cut_ms: int | None = None


@dataclass(slots=True)
class RemoteConversation:
    """The copy: our ids → how the model has the item. `unknown`: ids of its items that our transcript does not have."""

    _copies: dict[str, _Copy] = field(default_factory=dict)
    _unknown: list[str] = field(default_factory=list)

    def __contains__(self, id: str) -> bool:
        return id in self._copies

    def item_added(self, item: Item) -> None:
        """The model was told of the item, under our id."""
        self._copies[item.id] = _Copy((item.id,), item.text)

    def turn_committed(self, id: str, theirs: str) -> None:
        """The model heard our item `id`; it calls it `theirs`."""
        self._copies[id] = _Copy((theirs,))

    def answered(self, outputs: Sequence[OutputItem], items: Sequence[Item]) -> None:
        """The model made `outputs`, of which `items` became part of our conversation, in the same order."""
        calls = {item.call_id: item.id for item in items if item.type == "function_call"}
        messages = [item.id for item in items if item.type == "message"]
        for run in _runs(outputs):
            ours = calls.get(run[0].call_id) if run[0].call_id else (messages.pop(0) if messages else None)
            if ours is None:
                self._unknown += [output.id for output in run]
            else:
                audio_ms = int(sum(output.audio_ms for output in run))
                self._copies[ours] = _Copy(tuple(output.id for output in run), audio_ms=audio_ms)

    def steps(self, items: Sequence[Item], present: Container[str], sounds: Container[str]) -> Iterator[Step]:
        """What makes the copy equal to `items`, the newest of ours; to be taken one by one, since each counts as done.

        present: the ids of all our items that count. sounds: those of which we still have the sound.
        """
        yield from map(RemoveItem, self._unknown)
        self._unknown.clear()
        for id in [id for id in self._copies if id not in present]:
            yield from map(RemoveItem, self._copies.pop(id).ids)
        for item in items:
            if copy := self._copies.get(item.id):
                yield from self._corrected(item, copy)
        yield from self._missing(items, sounds)

    def _corrected(self, item: Item, copy: _Copy) -> Iterator[Step]:
        if copy.text is not None and copy.text != item.text:
            del self._copies[item.id]
            yield from map(RemoveItem, copy.ids)
        heard_ms = item.heard_ms
        if copy.text is not None or heard_ms is None or heard_ms >= min(copy.cut_ms or 10**9, copy.audio_ms):
            return
        if len(copy.ids) == 1 and item.text:
            copy.cut_ms = heard_ms
            yield TruncateItem(copy.ids[0], heard_ms)
        else:
            del self._copies[item.id]
            yield from map(RemoveItem, copy.ids)

    def _missing(self, items: Sequence[Item], sounds: Container[str]) -> Iterator[Step]:
        answered = {item.call_id for item in items if item.type == "function_call_output"}
        called = {item.call_id for item in items if item.type == "function_call"}
        last_known = max((place for place, item in enumerate(items) if item.id in self._copies), default=-1)
        before = "root"
        for place, item in enumerate(items):
            if item.id in self._copies:
                before = self._copies[item.id].ids[-1]
            elif item.id in sounds and (place == len(items) - 1 or not item.text):
                yield SendTurn(item)
            elif message := _message(item, answered, called):
                self.item_added(item)
                yield AddItem(item, message, before if place < last_known else None)
                before = item.id


def text_apart(items: Iterable[Item]) -> list[Item]:
    """The items; of those with both, what is written before what is said: the model is told one, and hears the other."""
    apart = list[Item]()
    for item in items:
        if item.spoken and not all(part.spoken for part in item.parts):
            written, said = ("\n".join(p.text for p in item.parts if p.spoken is spoken) for spoken in (False, True))
            apart.append(replace(item, id=f"{item.id}_text", text=written, spoken=False, parts=()))
            item = replace(item, text=said.strip(), parts=())
        apart.append(item)
    return apart


def _message(item: Item, answered: Container[str], called: Container[str]) -> Message | None:
    """The item as a message; None if it has no words yet. A call goes only with its output, as in `prompt`."""
    if item.type == "function_call":
        call = ToolCall(item.call_id, item.name, item.text)
        return Message("assistant", "", calls=(call,)) if item.call_id in answered else None
    if item.type == "function_call_output":
        return Message("tool", item.text, call_id=item.call_id) if item.call_id in called else None
    text = item.text.strip() or (note("", item.sounds, "en").strip() if SILENCE in item.sounds else "")
    return Message(item.role, text) if text and item.status != "in_progress" else None


def _runs(outputs: Sequence[OutputItem]) -> Iterator[list[OutputItem]]:
    """Calls one by one, messages with their neighbours: those are one message of ours."""
    run: list[OutputItem] = []
    for output in outputs:
        if run and (output.call_id or run[-1].call_id):
            yield run
            run = []
        run.append(output)
    if run:
        yield run
