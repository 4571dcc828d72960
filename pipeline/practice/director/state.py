"""Where a practice stands, as the fold of its moves, so that it can be restored from them. Pure.

    open ──ask──▶ now ──answered──▶ done
                   └──skip, time──▶ skipped

One step at most is "now". A move says where the talk stands after it, and what becomes of the step before; nothing else
changes the state. A move counts once the person heard something of it (see `Live`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

MoveKind: TypeAlias = Literal[
    "open",
    "ask",
    "card",
    "follow_up",
    "repeat",
    "unheard",
    "skip",
    "again",
    "slower",
    "explain",
    "translate",
    "how_to_say",
    "hint",
    "stuck",
    "interrupt",
    "answer",
    "time",
    "talk",
    "close",
]
StepState: TypeAlias = Literal["open", "now", "done", "skipped"]
Fate: TypeAlias = Literal["now", "done", "skipped"]

KINDS: tuple[MoveKind, ...] = get_args(MoveKind)
FATES: tuple[Fate, ...] = get_args(Fate)

OTHER_WORDS: frozenset[MoveKind] = frozenset({"repeat", "stuck", "explain"})
"""Moves that put the question in the next of its ways."""

SLOWER = 0.85
"""What one "slower" makes of the voice's speed. Slower than `SLOWEST` of it no voice is easier to follow."""
SLOWEST = 0.7


@dataclass(frozen=True, slots=True)
class Move:
    """What the character does next.

    step: where the talk stands then, by the step's id; "" before the first and after the last. fate: of the step before.
    skipped: further steps that are left out for want of time. follow: of a follow-up what it asks for.
    instruction: for a language model; say: for a scripted one, exact. answer_first: whether a scripted one first answers
    what the person said. told_time: whether it says how long is left.
    """

    kind: MoveKind
    step: str = ""
    fate: Fate = "now"
    skipped: tuple[str, ...] = ()
    follow: str = ""
    instruction: str = ""
    say: str = ""
    answer_first: bool = False
    told_time: bool = False

    def record(self) -> dict[str, Any]:
        """What of it is kept, as JSON; `restored` reads it."""
        kept: dict[str, Any] = {"move": self.kind, "to": self.step, "fate": self.fate}
        optional = {"skipped": list(self.skipped), "follow": self.follow, "told_time": self.told_time}
        return kept | {name: value for name, value in optional.items() if value}


@dataclass(frozen=True, slots=True)
class State:
    """See the theory of operation. `at`: the step that is now.

    follow_ups, moves, ways, hints: at this step: which were asked, how many moves were made, how often the question was put
    in other words, and how many hints were given.
    """

    at: str = ""
    done: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    moves: int = 0
    ways: int = 0
    hints: int = 0
    total: int = 0
    speed: float = 1.0
    opened: bool = False
    told_time: bool = False
    over: bool = False

    def after(self, move: Move) -> State:
        """How it stands once the move was heard."""
        total, told = self.total + 1, self.told_time or move.told_time
        if move.kind == "close":
            return replace(self._left(move), over=True, opened=True, total=total)
        opened = self.opened or move.kind != "talk"
        if move.step != self.at:
            return replace(self._left(move), opened=opened, total=total, told_time=told)
        return replace(
            self,
            follow_ups=(*self.follow_ups, move.follow) if move.kind == "follow_up" else self.follow_ups,
            moves=self.moves + 1,
            ways=self.ways + (move.kind in OTHER_WORDS),
            hints=self.hints + (move.kind == "hint"),
            speed=max(SLOWEST, self.speed * SLOWER) if move.kind == "slower" else self.speed,
            total=total,
            opened=opened,
            told_time=told,
        )

    def _left(self, move: Move) -> State:
        """The next step, and what became of the one before."""
        done, skipped = self.done, (*self.skipped, *move.skipped)
        if self.at and move.fate == "skipped":
            skipped = (*skipped, self.at)
        elif self.at:
            done = (*done, self.at)
        return replace(self, at=move.step, done=done, skipped=skipped, follow_ups=(), moves=0, ways=0, hints=0)

    def of(self, step: str) -> StepState:
        """How a step stands."""
        if step == self.at:
            return "now"
        return "done" if step in self.done else "skipped" if step in self.skipped else "open"


def restored(records: Iterable[Mapping[str, Any]], steps: Sequence[str]) -> State:
    """The state after the moves that were kept, by their time; what cannot be read is passed over.

    A turn of several lines has its move at each of them. The opening is at none: the step that a move comes from tells it.
    """
    state, before = State(), None
    for record in sorted(records, key=_at_s):
        if record == before:
            continue
        before = record
        if (at := str(record.get("step", ""))) in steps and at != state.at:
            state = state.after(Move("open", at))
        to = str(record.get("to", ""))
        kind = next((known for known in KINDS if known == record.get("move")), None)
        fate = next((known for known in FATES if known == record.get("fate", "now")), None)
        if kind is None or fate is None or (to and to not in steps):
            continue
        left_out = tuple(step for step in record.get("skipped", ()) if step in steps)
        told = bool(record.get("told_time"))
        state = state.after(Move(kind, to, fate, left_out, str(record.get("follow", "")), told_time=told))
    return state


def _at_s(record: Mapping[str, Any]) -> float:
    at_s = record.get("at_s", 0)
    return float(at_s) if isinstance(at_s, int | float) else 0.0
