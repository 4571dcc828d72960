"""The sound of answers on its way into the journal: told once it was heard, at the places where it was.

Theory of operation. Each piece that leaves for the client waits here until it was heard. What a player that reports says of
its position is exact, and between two reports nothing is told; of one that reports nothing the position is what the clock
says. What was heard between two positions followed on what was heard before; if the player stood still before and plays now,
it ended just now. For half a second longer what was heard can still be cut, since
clients say a moment after an interruption where they really stopped.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from pipeline.answering.reply import Reply
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.conversation.context import Context
from pipeline.conversation.notices import ReplyAudio
from pipeline.conversation.transcript import Item
from pipeline.listening.listening import Listening
from pipeline.listening.sound_line import Moment

CUT_WITHIN = samples_of(500)
"""On the line of both sides: how long after its end what was heard can still be cut."""

LEAST = samples_of(100)
"""How much of a piece is told before the rest of it: a killed server loses what waits."""

TOLD_MS = 500
"""How much is heard, by the clock, before it is told: by then a player that reports has reported."""

MOST_MS = 120_000
"""Sound of one answer that waits to be heard; what a server sends further ahead than this is not recorded."""


@dataclass(slots=True)
class Piece:
    """Some sound of an item, from `from_ms` of its answer on. `at`: where it was heard, once that is known."""

    item_id: str
    pcm: Samples
    rate: int
    from_ms: float
    at: float = 0.0

    @property
    def to_ms(self) -> float:
        """Where in its answer it ends."""
        return self.from_ms + len(self.pcm) * 1000 / self.rate

    @property
    def ends(self) -> float:
        """Where on the line it ends."""
        return self.at + len(self.pcm) * LINE_RATE / self.rate

    def split(self, ms: float) -> tuple[Piece | None, Piece | None]:
        """What of it comes before `ms` of its answer, and what after; None where that is not a sample."""
        samples = min(max(0, round((ms - self.from_ms) * self.rate / 1000)), len(self.pcm))
        before, after = replace(self, pcm=self.pcm[:samples]), replace(self, pcm=self.pcm[samples:])
        after.from_ms = before.to_ms
        return before if samples else None, after if samples < len(self.pcm) else None


@dataclass(slots=True)
class HeardSound:
    """One answer's. Positions in the answer are milliseconds, `at` is the line of both sides: now, at the beginning."""

    _at: float
    _sent: deque[Piece] = field(default_factory=deque)
    _heard: deque[Piece] = field(default_factory=deque)
    _ms: float = 0.0
    _moved: bool = False

    def sent(self, piece: Piece) -> None:
        """It left for the client. What was sent for the same time before was taken back."""
        _cut(self._sent, piece.from_ms)
        if not self._sent or piece.to_ms - self._sent[0].from_ms <= MOST_MS:
            self._sent.append(piece)

    def reached(self, ms: float, place: tuple[float, float], playing: bool) -> None:
        """The player is at `ms` of the answer, playing on from there or standing; that lies between two positions."""
        length = (ms - self._ms) * LINE_RATE / 1000
        at = min(max(self._at + max(0.0, length), place[0]), place[1])
        if ms > self._ms:
            self._hear(ms, at - length if playing and not self._moved else self._at)
        self._moved = ms > self._ms
        self._ms, self._at = max(ms, self._ms), at

    def stopped(self, ms: float) -> None:
        """The player stopped at `ms`: nothing after it was heard, and all before it was."""
        if ms > self._ms:
            self._hear(ms, self._at)
        self._ms = ms
        _cut(self._heard, ms)

    def certain(self, at: float) -> Iterator[Piece]:
        """What was heard so long before `at` that nothing will be cut of it, the last of it `LEAST` at a time."""
        until = at - CUT_WITHIN
        while self._heard and (self._heard[0].ends <= until or self._heard[0].at <= until - LEAST):
            piece = self._heard.popleft()
            if piece.ends > until:
                heard, rest = piece.split(piece.from_ms + (until - piece.at) * 1000 / LINE_RATE)
                if heard and rest:
                    rest.at, piece = heard.ends, heard
                    self._heard.appendleft(rest)
            yield piece

    @property
    def waits(self) -> bool:
        """Whether something that was heard is still to be told."""
        return bool(self._heard)

    @property
    def reached_ms(self) -> float:
        """The last position that is known."""
        return self._ms

    def _hear(self, ms: float, at: float) -> None:
        """What was sent up to `ms` was heard, from `at` on."""
        while self._sent and self._sent[0].from_ms < ms:
            heard, rest = self._sent.popleft().split(ms)
            if heard:
                heard.at = at + (heard.from_ms - self._ms) * LINE_RATE / 1000
                self._heard.append(heard)
            if rest:
                self._sent.appendleft(rest)
                return


def _cut(pieces: deque[Piece], ms: float) -> None:
    """Leave out what comes after `ms` of the answer."""
    while pieces and pieces[-1].to_ms > ms:
        before, _after = pieces.pop().split(ms)
        if before:
            pieces.append(before)
            return


class HeardAnswers:
    """The answers of one session whose sound is to be kept, until all that was heard of them is in the journal."""

    def __init__(self, context: Context, listening: Listening) -> None:
        self._context, self._listening = context, listening
        self._sounds: dict[str, tuple[Reply, HeardSound]] = {}
        self._over: set[str] = set()
        self._player_reports = False
        self._unplaced: deque[tuple[Moment, Callable[[tuple[int, int]], None]]] = deque()
        """What happened, in order, from the first on whose place is not known yet."""

    def leaves(self, reply: Reply, audio: ReplyAudio) -> None:
        """A piece is about to leave for the client."""
        if self._context.journal.audio:
            if (sound := self._sound(reply)) is None:
                sound = HeardSound(self._listening.position_at(self._context.now()))
                self._sounds[reply.record.id] = reply, sound
            self._follow(reply, sound)
            sound.sent(Piece(audio.item.id, audio.pcm, audio.rate, reply.playback.sent_ms))

    def reported(self, reply: Reply) -> None:
        """The client said where its player is, and the answer's `Playback` knows it."""
        self._player_reports = True
        if sound := self._sound(reply):
            self._reach(reply, sound)

    def stopped(self, item: Item, own_ms: float) -> None:
        """The client said where in the item its player stopped for good; nothing if that item is told already."""
        for reply, sound in self._sounds.values():
            if item in reply.record.items:
                self._stop(sound, reply.line_position(item, own_ms))

    def interrupted(self, reply: Reply, heard_ms: float) -> None:
        """The answer is not heard any further than this, as far as is known yet."""
        if sound := self._sound(reply):
            self._follow(reply, sound)
            self._stop(sound, heard_ms)
            self._end(reply)

    def over(self, reply: Reply) -> None:
        """The answer was heard to its end."""
        if sound := self._sound(reply):
            self._reach(reply, sound)
            self._end(reply)

    def tell(self, *, all: bool = False) -> None:
        """Put what was heard for certain into the journal, or at the end of the session all that was heard."""
        if not self._sounds:
            return
        for id, (reply, sound) in self._sounds.items():
            if id not in self._over:
                self._reach(reply, sound) if all else self._follow(reply, sound)
        self._place(all)
        at = math.inf if all else self._listening.position_at(self._context.now())
        for id, (_reply, sound) in list(self._sounds.items()):
            for piece in sound.certain(at):
                self._context.journal.record("assistant", round(piece.at), piece.pcm, piece.rate, piece.item_id)
            if (id in self._over and not sound.waits) or not self._context.journal.audio:
                del self._sounds[id]
                self._over.discard(id)

    def _sound(self, reply: Reply) -> HeardSound | None:
        return self._sounds[reply.record.id][1] if reply.record.id in self._sounds else None

    def _follow(self, reply: Reply, sound: HeardSound) -> None:
        """Go by the clock where the player reports nothing."""
        now, playback = self._context.now(), reply.playback
        moved_ms = playback.position(now) - sound.reached_ms
        if not self._player_reports and (moved_ms >= TOLD_MS or not playback.runs(now)):
            self._reach(reply, sound)

    # --- In order -----------------------------------------------------------------------------------------------------

    def _reach(self, reply: Reply, sound: HeardSound) -> None:
        now = self._context.now()
        ms, playing = reply.playback.position(now), reply.playback.runs(now)
        self._then(lambda place: sound.reached(ms, place, playing))

    def _stop(self, sound: HeardSound, ms: float) -> None:
        self._then(lambda _place: sound.stopped(ms))

    def _end(self, reply: Reply) -> None:
        self._then(lambda _place: self._over.add(reply.record.id))

    def _then(self, happened: Callable[[tuple[int, int]], None]) -> None:
        self._unplaced.append((self._listening.moment(), happened))
        self._place()

    def _place(self, all: bool = False) -> None:
        """Have happen what has a place by now; `all`: the rest of it by the clock."""
        while self._unplaced:
            moment, happened = self._unplaced[0]
            place = self._listening.place(moment) or ((moment.by_clock, moment.by_clock) if all else None)
            if place is None:
                return
            self._unplaced.popleft()
            happened(place)
