"""One practice that is being talked: which move each answer makes, and where the practice stands.

Theory of operation. The person's turn is all that they said since the character was heard last. `known` is asked for each
answer that is prepared, also for those that are dropped again because the person goes on: the move is decided from the state
after the last line that was heard, and only offered. Once the transcript has a line of the character's behind it, of which
something was heard, that line's state is the offer's. So a state belongs to a line of the character's, by its id; a line
that is taken back, because nothing of it was heard, takes its state with it. Nothing here waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pipeline.conversation.known import Asked, Known
from pipeline.conversation.transcript import SILENCE, Item
from pipeline.practice.director.director import Director, Said
from pipeline.practice.director.orders import is_stuck, order_in
from pipeline.practice.director.phrases import joined, tell
from pipeline.practice.director.recast import echoed, instructed
from pipeline.practice.director.state import Move, MoveKind, State, restored
from pipeline.practice.mistake import Mistake
from pipeline.practice.mistakes.mistakes import mistakes_in, most_important
from pipeline.practice.practice import Practice
from pipeline.text.language import language_of

DRAFT = "draft"
"""The id of words that may go on, see `Answering`."""

STATES = 50
"""Lines of the character's whose states are known: more than are ever taken back."""

LONGEST_CORRECTED = 600
"""Characters of a turn that rules look at: some 40 seconds of talking. They take 4 ms then, and 0.5 ms for 100."""

Rating: TypeAlias = Literal["good", "again"]

MOVES_ON: frozenset[MoveKind] = frozenset({"ask", "card", "close"})
SHOWS_BACK: frozenset[MoveKind] = frozenset({"hint", "how_to_say"})
"""Moves after which a card that was asked for counts: it was answered, or it was not known."""

RECAST_IN: frozenset[MoveKind] = frozenset({"ask", "card", "follow_up", "repeat", "answer", "close", "talk"})
"""Moves that answer what was said; the others are about the talk itself."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A move that an answer may make, and how the practice stands then. rating: of the card that was answered."""

    move: Move
    before: State
    after: State
    at_s: float
    rating: Rating | None = None


@dataclass(eq=False)
class Live:
    """Of one talk. items: the conversation's, in order; now: seconds, of a clock that nobody sets.

    changed: is called when the practice stands otherwise. before: the moves of an earlier talk that this one goes on with.
    """

    practice: Practice
    items: Callable[[], Sequence[Item]]
    now: Callable[[], float]
    changed: Callable[[], None] = lambda: None
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _moves: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._director = Director(self.practice)
        self._plan = self._director.plan
        records = list(self.before.values())
        self._base = restored(records, list(self._plan.steps))
        self._spent_s = max((float(record.get("at_s", 0)) for record in records), default=0.0)
        self._began: float | None = None
        self._offer: Offer | None = None
        self._known: Sequence[Known] = ()
        self._spoke = False
        self._corrected: tuple[str, Mistake | None] | None = None
        self._states: dict[str, State] = {}
        self._first_heard = _heard_id(self.items())
        self._shown = self._base

    # --- For an answer ------------------------------------------------------------------------------------------------

    def known(self, asked: Asked) -> Sequence[Known]:
        """The next move, for both kinds of models. Asked twice about the same turn it says the same.

        So it does when the model said something and called a function: its answer goes on with what that returned.
        """
        said, turn = self._said(asked.items, asked.language)
        state = self._state(asked.items)
        if not said.text and _has_result(asked.items):
            return self._known
        move = self._director.decide(state, said, self.left_s)
        if move is None:
            over = tell(self.practice.language, "over") if state.over else ""
            return [Known(over, "practice", self.practice.id)] if over else ()
        self._offer = Offer(move, state, state.after(move), self._at_s(), self._rating(state, said, move))
        self._known = self._told(move, turn, self._offer)
        return self._known

    def opening(self) -> str:
        """What the character begins with; where the practice was begun already, the question that is now."""
        state = self._state(self.items())
        if state.over:
            return self.practice.closing
        if not state.opened:
            move = self._director.opening(state)
        else:
            question = self._plan.ask(state.at, state.ways) or self.practice.opening
            move = Move("again", state.at, say=question)
        self._offer = Offer(move, state, state.after(move), self._at_s())
        return move.say

    @property
    def left_s(self) -> float:
        """How much time is left, in seconds."""
        return self._plan.seconds - self._at_s(start=False)

    @property
    def over(self) -> bool:
        """Whether the plan is done, and the closing was said."""
        return self._state(self.items()).over

    @property
    def moves(self) -> dict[str, dict[str, Any]]:
        """Of each line of the person's which step it answered, and the move that followed."""
        return {line: record for line, (_heard, record) in self._moves.items()}

    @property
    def cards(self) -> dict[str, Rating]:
        """How cards that were asked for were answered, by their ids: for the first time, whatever came later."""
        found: dict[str, Rating] = {}
        for record in (*self.before.values(), *self.moves.values()):
            if (rating := record.get("rating")) and (step := self._plan.steps.get(record.get("step", ""))):
                found.setdefault(step.card, rating)
        return found

    @property
    def was_said(self) -> bool:
        """Whether the person said anything in it."""
        return self._spoke or bool(self.before) or any(item.text.strip() for item in _turn(self.items()))

    # --- From the talk ------------------------------------------------------------------------------------------------

    def heard(self) -> None:
        """A line of the character's is finished, changed or gone: the practice may stand otherwise."""
        state = self._state(self.items())
        if state != self._shown:
            self._shown = state
            self.changed()

    def take_back(self, id: str) -> None:
        """Nothing of the character's line of this id was heard: what it answered is still to be answered."""
        self._states.pop(id, None)
        self._moves = {line: made for line, made in self._moves.items() if made[0] != id}
        self.heard()

    def event(self) -> dict[str, Any]:
        """How it stands, as clients are told."""
        state = self._state(self.items())
        step = self._plan.steps.get(state.at)
        shown = step.phrases if step and step.phrases else self.practice.phrases if not self.practice.interview else ()
        steps = [{"id": one.id, "title": one.title, "state": state.of(one.id)} for one in self._plan.steps.values()]
        return {
            "practice_id": self.practice.id,
            "kind": self.practice.kind,
            "step": state.at,
            "steps": steps,
            "left_s": max(0, round(self.left_s)),
            "hint": self._plan.hint(state.at),
            "phrases": [{"text": phrase.text, "meaning": phrase.meaning} for phrase in shown],
            "over": state.over,
        }

    def correction(self, text: str) -> Mistake | None:
        """What is told of one line of the person's, by rules."""
        if not self.reads(text) or self.practice.scene is None:
            return None
        if self._corrected is None or self._corrected[0] != text:
            found = mistakes_in(text[:LONGEST_CORRECTED], self.practice.language, self.practice.own_language)
            hindering = self.practice.scene.correcting == "hindering"
            self._corrected = text, most_important(found, only_hindering=hindering)
        return self._corrected[1]

    def reads(self, text: str) -> bool:
        """Whether a line of the person's is looked at for mistakes at all."""
        correcting, language = self.practice.scene.correcting if self.practice.scene else "end", self.practice.language
        if correcting == "end" or language_of(text, language) != language:
            return False
        return not self._ordered(text)

    # --- Inside -------------------------------------------------------------------------------------------------------

    def _at_s(self, *, start: bool = True) -> float:
        """How long it has been talked; the first words begin it."""
        if self._began is None:
            if not start:
                return self._spent_s
            self._began = self.now()
        return self._spent_s + self.now() - self._began

    def _state(self, items: Sequence[Item]) -> State:
        """How it stands after the last line of the character's that was heard."""
        id = _heard_id(items)
        if not id or id == self._first_heard:
            return self._base
        if id not in self._states:
            self._states[id] = self._heard_offer(items, id)
            while len(self._states) > STATES:
                del self._states[next(iter(self._states))]
        return self._states[id]

    def _heard_offer(self, items: Sequence[Item], id: str) -> State:
        """What the offer makes of the practice now that it was heard; the person's lines before it answered its step."""
        offer, self._offer = self._offer, None
        end = next(place for place in reversed(range(len(items))) if items[place].id == id)
        if offer is None:  # said by the client's order, or written by it
            known = (self._states.get(item.id) for item in reversed(items[:end]))
            return next(filter(None, known), self._base)
        for item in _turn(items[:end]):
            if item.id != DRAFT and (item.text.strip() or SILENCE in item.sounds):
                self._spoke = self._spoke or bool(item.text.strip())
                at_s = round(offer.at_s, 1)
                rating = {"rating": offer.rating} if offer.rating else {}
                self._moves[item.id] = id, {"step": offer.before.at, **offer.move.record(), "at_s": at_s, **rating}
        return offer.after

    def _said(self, items: Sequence[Item], language: str) -> tuple[Said, Sequence[Item]]:
        turn = [item for item in _turn(items) if item.text.strip() and SILENCE not in item.sounds]
        text = joined(self.practice.language, *(item.text.strip() for item in turn))
        last = next((item for item in reversed(items) if _is_heard(item)), None)
        if last is None:
            return Said(text, language), turn
        whole = last.whole if last.whole is not None else last.text
        return Said(text, language, whole.strip(), _heard_question(last)), turn

    def _ordered(self, text: str) -> bool:
        return order_in(text, self.practice.language, self.practice.own_language) is not None

    def _rating(self, state: State, said: Said, move: Move) -> Rating | None:
        """How the card that is asked for now was answered; None where none is, or nothing was said to it."""
        step = self._plan.steps.get(state.at)
        if step is None or not step.card or not said.text.strip() or self._ordered(said.text):
            return None
        if move.kind in SHOWS_BACK or (move.kind == "skip" and is_stuck(said.text)):
            return "again"
        if move.kind not in MOVES_ON or not said.heard_question:
            return None
        return "good" if not state.hints and self._plan.shows(state.at, said.text) else "again"

    def _told(self, move: Move, turn: Sequence[Item], offer: Offer) -> Sequence[Known]:
        """The move in words, with the right form of what was said wrong."""
        language, say, instruction = self.practice.language, move.say, move.instruction
        if turn and move.kind in RECAST_IN and (mistake := self.correction(turn[-1].text)):
            echo = echoed(mistake, turn[-1].text, language, offer.before.total + 1)
            say = joined(language, echo, say) if say else ""
            instruction = joined(language, instruction, instructed(mistake, language))
        if not instruction:
            return ()
        return [
            Known(
                instruction,
                "practice",
                self.practice.id,
                say=say,
                answer_first=move.answer_first,
                speed=offer.after.speed,
            )
        ]


def _is_heard(item: Item) -> bool:
    return item.type == "message" and item.role == "assistant" and bool(item.text.strip())


def _heard_id(items: Sequence[Item]) -> str:
    """The last line of the character's of which something was heard."""
    return next((item.id for item in reversed(items) if _is_heard(item)), "")


def _turn(items: Sequence[Item]) -> Sequence[Item]:
    """What the person said since then."""
    start = next((place + 1 for place in reversed(range(len(items))) if _is_heard(items[place])), 0)
    return [item for item in items[start:] if item.type == "message" and item.role == "user" and not item.aside]


def _has_result(items: Sequence[Item]) -> bool:
    """Whether a function returned something since the character was heard."""
    start = next((place + 1 for place in reversed(range(len(items))) if _is_heard(items[place])), 0)
    return any(item.type == "function_call_output" for item in items[start:])


def _heard_question(line: Item) -> bool:
    """Whether anything of the last sentence of a line was heard; it is the question. None was of an answer that failed."""
    if line.whole is None:
        return line.status != "incomplete"
    whole = line.whole.rstrip()
    ends = [place + 1 for place, letter in enumerate(whole[:-1]) if letter in ".!?。！？"]
    return len(line.text.strip()) > (ends[-1] if ends else 0)
