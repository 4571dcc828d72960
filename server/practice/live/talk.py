"""The practice of one talk, if there is one: begun and left by the client, fed by the journal, told to the client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipeline.conversation.journal import Entry, ItemCorrected, ItemFinished, ItemRemoved, ItemSnapshot
from pipeline.conversation.known import Asked, Known
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import ChatModel
from pipeline.practice.mistake import Mistake
from pipeline.practice.practice import Practice
from server.practice.live.correcting import correction_by_model
from server.practice.live.live import Live, Rating

TICK_S = 15.0
"""How often the client hears how long is left."""

LINES = 500
"""Of the person's, of which it is known that they were looked at."""


class Changes(Protocol):
    """What waits for the database, and what may take long."""

    async def begin(
        self, practice_id: str, person_id: str, conversation_id: str
    ) -> tuple[Practice, Mapping[str, Mapping[str, Any]]]:
        """The practice, and the moves of it that were kept. Raises `NotFound`, `Conflict`."""
        ...

    def keep(self, talk: PracticeTalk) -> None: ...

    def finish(self, talk: PracticeTalk, live: Live) -> None: ...

    def count(self, talk: PracticeTalk, card_id: str, rating: Rating) -> None: ...

    def own(self, work: Coroutine[Any, Any, None]) -> None: ...


@dataclass(frozen=True, slots=True)
class Around:
    """The talk itself. items: the transcript's; tell: the client of an event. model: that writes, if there is one."""

    person_id: str
    conversation_id: str
    items: Callable[[], Sequence[Item]]
    tell: Callable[[Mapping[str, Any]], None]
    model: ChatModel | None = None


@dataclass(eq=False)
class PracticeTalk:
    """See `server.protocol.practising.Practising`. corrections: those that the client was told of, in order."""

    around: Around
    changes: Changes
    now: Callable[[], float] = time.monotonic
    live: Live | None = None
    corrections: list[dict[str, Any]] = field(default_factory=list)
    _counted: set[str] = field(default_factory=set)
    _seen: dict[str, None] = field(default_factory=dict)
    _unread: ItemSnapshot | None = None
    _reading: bool = False
    _tick: asyncio.TimerHandle | None = None

    @property
    def practice(self) -> Practice | None:
        """What is practised now."""
        return self.live.practice if self.live else None

    # --- From the client ----------------------------------------------------------------------------------------------

    async def take(self, practice_id: str | None) -> None:
        """Practise this from now on; None: nothing. Raises `NotFound` and `Conflict`, which change nothing."""
        if (practice_id or None) == (self.practice.id if self.practice else None):
            return
        around, live = self.around, None
        if practice_id:
            begun, moves = await self.changes.begin(practice_id, around.person_id, around.conversation_id)
            live = Live(begun, around.items, self.now, self._changed, moves)
        self.leave()
        self.live, self._counted = live, set(live.cards if live else ())
        if live:
            asyncio.get_running_loop().call_soon(self._tell)

    def leave(self) -> None:
        """It is over, wherever it stands."""
        if self.live:
            self.changes.finish(self, self.live)
        self.live, self.corrections, self._unread = None, [], None
        if self._tick:
            self._tick.cancel()
            self._tick = None

    def opening(self) -> str:
        """What the character begins with."""
        return self.live.opening() if self.live else ""

    async def known(self, asked: Asked) -> Sequence[Known]:
        """What the character does next."""
        return self.live.known(asked) if self.live else ()

    # --- From the talk ------------------------------------------------------------------------------------------------

    async def write(self, entry: Entry) -> None:
        """Take what the journal tells; never waits for the database."""
        if self.live is None:
            return
        match entry:
            case ItemFinished() | ItemCorrected() if entry.item.type == "message" and entry.item.role == "user":
                self._said(entry.item)
            case ItemFinished() | ItemCorrected() if entry.item.type == "message" and entry.item.role == "assistant":
                if not entry.item.text.strip():
                    self.live.take_back(entry.item.id)
                self.live.heard()
                self._read()
            case ItemRemoved():
                self.live.take_back(entry.item_id)
            case _:
                pass

    def _said(self, item: ItemSnapshot) -> None:
        """A line of the person's is final: what rules find is told at once, the model reads what they do not."""
        final = item.transcribed and not item.aside and item.text.strip()
        if not final or item.id in self._seen or self.live is None or self.live.over:
            return
        self._seen[item.id] = None
        while len(self._seen) > LINES:
            del self._seen[next(iter(self._seen))]
        if mistake := self.live.correction(item.text):
            self._correct(item.id, mistake)
        elif self.live.reads(item.text):
            self._unread = item

    def _read(self) -> None:
        """Have the model look for a mistake in the person's last line, now that its answer is made."""
        item, model, live = self._unread, self.around.model, self.live
        if item is None or model is None or live is None or self._reading:
            return
        self._unread, self._reading = None, True
        self.changes.own(self._read_by(model, live, item))

    async def _read_by(self, model: ChatModel, live: Live, item: ItemSnapshot) -> None:
        try:
            mistake = await correction_by_model(model, item.text, live.practice)
        finally:
            self._reading = False
        if mistake and live is self.live:
            self._correct(item.id, mistake)

    def _correct(self, item_id: str, mistake: Mistake) -> None:
        told = {name: getattr(mistake, name) for name in ("at", "said", "better", "reason", "kind")}
        self.corrections.append({"line_id": item_id, **told, "hinders": mistake.hinders, "source": mistake.source})
        self.around.tell({"type": "kaikou.correction", "item_id": item_id, **told})

    def _changed(self) -> None:
        self._tell()
        if self.live:
            for card_id, rating in self.live.cards.items():
                if card_id not in self._counted:
                    self._counted.add(card_id)
                    self.changes.count(self, card_id, rating)
        self.changes.keep(self)

    def _tell(self) -> None:
        """Tell how it stands, and again after a while, as the time goes on."""
        if self._tick:
            self._tick.cancel()
            self._tick = None
        if self.live:
            self.around.tell({"type": "kaikou.practice", **self.live.event()})
            if not self.live.over:
                self._tick = asyncio.get_running_loop().call_later(TICK_S, self._tell)
