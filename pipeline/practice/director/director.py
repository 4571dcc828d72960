"""Decides what the character does next in a practice. Pure: state, what was said and the time go in, a move comes out.

Theory of operation. An order of the person's goes first, then the end of the time, then what is wrong with the answer:
nothing was said, the question was not heard, they are stuck, they asked something themselves. Then an answer has its
follow-ups, and the talk goes on to the next step that there is time for. Every step ends after `MOST_MOVES`, whatever is
said, so that every practice ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.practice.director.conditions import holds, length
from pipeline.practice.director.orders import Order, OrderKind, is_stuck, names_practice, order_in
from pipeline.practice.director.phrases import joined, language_name, own, say, tell
from pipeline.practice.director.plan import Plan
from pipeline.practice.director.state import Fate, Move, MoveKind, State
from pipeline.practice.practice import Practice, PracticeStep
from pipeline.text.language import language_of

MOST_MOVES = 10
"""At one step; with the next it goes on, whatever was said."""

MOST_FOLLOW_UPS = {"friendly": 1, "neutral": 2, "pressure": 2}
"""At one question, by the interview's strictness."""

FOLLOW_UPS = {
    "behavioural": ("short", "we", "vague", "no_numbers", "long"),
    "technical": ("short", "vague", "long"),
    "case": ("short", "vague", "no_numbers", "long"),
}
"""What may be missing of an answer, by the kind of the questions; what matters most first."""

FOLLOW_UP_S = 45.0
"""A follow-up is asked only where each question that is left has so much time."""

PRESSED_WORDS = 110
"""Under pressure, somebody who says more than this is interrupted: some 45 seconds."""

SHORT_REPLY = 4
"""Words in a scene below which an answer without any of the step's words is asked for once more."""

OF_A_STEP: frozenset[OrderKind] = frozenset({"rephrase", "explain", "hint", "skip"})
"""Orders that mean nothing to the plan where no step is: the model sees to them."""

OF_A_SCENE: frozenset[OrderKind] = frozenset({"hint", "skip", "stop"})
"""Orders that may also be what the scene is about: "Please stop here" in a taxi, "Can you help me?" in a street."""

LONGEST_QUESTION = 25
"""Words up to which somebody who ends in a question mark wants an answer."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the person said since they last heard the character.

    text: empty where they were silent. language: BCP 47 primary tag. last_line: what the character said last, all of it.
    heard_question: whether anything of the question in it was heard.
    """

    text: str = ""
    language: str = "en"
    last_line: str = ""
    heard_question: bool = True


class Director:
    """Of one practice. It keeps nothing: the state is the caller's."""

    def __init__(self, practice: Practice) -> None:
        self.practice, self.plan = practice, Plan(practice)
        self._language = practice.language
        self._by_order: Mapping[OrderKind, Callable[[State, Said, Order, float], Move]] = {
            "again": self._again,
            "slower": self._slower,
            "rephrase": lambda state, said, order, left_s: self._reword(state, "repeat"),
            "explain": self._explain,
            "translate": self._translate,
            "how_to_say": self._how_to_say,
            "hint": lambda state, said, order, left_s: self._hint(state),
            "skip": lambda state, said, order, left_s: self._on(state, left_s, fate="skipped", kind="skip"),
            "stop": lambda state, said, order, left_s: self._close(state, "skipped"),
            "time": self._tell_time,
        }

    def opening(self, state: State) -> Move:
        """The first words: the practice's own opening and the first question."""
        first = self._next(state)
        ask = self.plan.ask(first.id) if first else ""
        asked = first and not self._asks_already(first) and self._ask_line(first, ask)
        text = joined(self._language, self.practice.opening.strip(), asked or "")
        return Move(
            "open",
            first.id if first else "",
            instruction=tell(self._language, "open", text=text),
            say=text or say(self._language, "thanks", 1),
        )

    def _asks_already(self, first: PracticeStep) -> bool:
        """Whether a scene's opening is its first question, as "What can I get you?" is."""
        opening = self.practice.opening.strip()
        return any(ask in opening for ask in first.ask) or (
            not self.plan.is_interview and opening.endswith(("?", "？"))
        )

    def decide(self, state: State, said: Said, left_s: float) -> Move | None:
        """The next move; None where the talk is free: the practice is over, or never had steps. left_s: seconds."""
        if state.over:
            return None
        if not state.opened and not said.last_line:
            return self.opening(state)
        if order := self._order(state, said):
            if not state.at and order.kind in OF_A_STEP:
                return Move("talk")
            if order.kind in ("stop", "skip") or state.moves < MOST_MOVES or not state.at:
                return self._by_order[order.kind](state, said, order, left_s)
        if left_s <= 0:
            return self._close(state, "done" if said.text and state.at else "skipped")
        if not state.at and not self._next(state):
            return Move("talk") if not self.plan.steps else self._close(state, "done")
        if not state.at:
            return self._on(state, left_s)
        return self._of_answer(state, said, left_s)

    def _order(self, state: State, said: Said) -> Order | None:
        """What is ordered; nothing by words that the scene wants to hear, unless they name the practice itself."""
        order = order_in(said.text, self.practice.language, self.practice.own_language)
        if order and order.kind in OF_A_SCENE and not self.plan.is_interview and not names_practice(said.text):
            return None if self.plan.names(state.at, said.text) or self.plan.is_phrase(said.text) else order
        return order

    # --- Orders -------------------------------------------------------------------------------------------------------

    def _again(self, state: State, said: Said, _order: Order, _left_s: float) -> Move:
        line = self._last(state, said)
        return self._stay(state, "again", line, text=line)

    def _slower(self, state: State, said: Said, _order: Order, _left_s: float) -> Move:
        line = self._last(state, said)
        return self._stay(state, "slower", joined(self._language, say(self._language, "slower"), line), text=line)

    def _explain(self, state: State, said: Said, order: Order, _left_s: float) -> Move:
        if order.about:
            known = self.plan.meaning(order.about) or own(self.practice.own_language, "no_phrase")
            line = joined(self._language, known, self._question(state))
            return self._stay(state, "explain", line, name="explain_word", text=order.about, ask=self._question(state))
        ask, step = self._question(state, 1), self.plan.steps.get(state.at)
        if step and step.hint:
            example = joined(self._language, say(self._language, "example"), step.hint)
        else:
            example = own(self.practice.own_language, "about_step", title=self.plan.title(state.at))
        return self._stay(state, "explain", joined(self._language, ask, example), ask=ask)

    def _translate(self, state: State, said: Said, _order: Order, _left_s: float) -> Move:
        line, tongue = said.last_line or self._question(state), self.practice.own_language
        if meaning := self.plan.meaning(line):
            told = own(tongue, "translate", meaning=meaning)
        else:
            told = own(tongue, "no_translation", title=self.plan.title(state.at))
        return self._stay(state, "translate", told, text=line, own=language_name(tongue, self._language))

    def _how_to_say(self, state: State, said: Said, order: Order, _left_s: float) -> Move:
        return self._help_to_say(state, order.about)

    def _tell_time(self, state: State, _said: Said, _order: Order, left_s: float) -> Move:
        minutes, ask = self._minutes(left_s), self._question(state)
        back = say(self._language, "back") if ask else ""
        line = joined(self._language, say(self._language, "time", minutes=minutes), back, ask)
        return self._stay(state, "time", line, minutes=minutes, ask=ask)

    # --- Of an answer -------------------------------------------------------------------------------------------------

    def _of_answer(self, state: State, said: Said, left_s: float) -> Move:
        """What follows from what was said to the question that is now, or from nothing's having been said."""
        if state.moves >= MOST_MOVES:
            return self._on(state, left_s, fate="done" if said.text.strip() else "skipped")
        if not said.text.strip():
            return self._after_silence(state, left_s)
        if not said.heard_question:
            ask = self._question(state)
            line = joined(self._language, say(self._language, "unheard"), ask)
            return self._stay(state, "unheard", line, ask=ask)
        if is_stuck(said.text):
            return self._hint(state) if self._may_hint(state) else self._on(state, left_s, fate="skipped", kind="skip")
        if self._in_own_language(said):
            return self._help_to_say(state, said.text)
        if self._asks(state, said):
            ask = self._question(state)
            back = joined(self._language, say(self._language, "back") if self.plan.is_interview else "", ask)
            return replace(self._stay(state, "answer", back, ask=ask), answer_first=True)
        if self.plan.is_interview:
            return self._interviewed(state, said, left_s)
        return self._practised(state, said, left_s)

    def _interviewed(self, state: State, said: Said, left_s: float) -> Move:
        setup = self.practice.interview
        strictness = setup.strictness if setup else "neutral"
        if strictness == "pressure" and length(said.text) > PRESSED_WORDS:
            return self._on(state, left_s, kind="interrupt")
        each_s = left_s / (1 + sum(1 for _step in self._open(state)))
        if len(state.follow_ups) >= MOST_FOLLOW_UPS[strictness] or each_s < FOLLOW_UP_S or self._is_card(state):
            return self._on(state, left_s)
        for missing in FOLLOW_UPS[setup.questions if setup else "behavioural"]:
            if missing not in state.follow_ups and holds(missing, said.text):
                return self._follow_up(state, missing)
        return self._on(state, left_s)

    def _practised(self, state: State, said: Said, left_s: float) -> Move:
        if self.plan.shows(state.at, said.text) or length(said.text) >= SHORT_REPLY:
            step = self.plan.steps[state.at]
            chats = not step.words and not step.card and length(said.text) < SHORT_REPLY
            if chats and not state.follow_ups and not self.practice.place:
                return self._follow_up(state, "more")
            return self._on(state, left_s)
        if not state.ways:
            return self._reword(state, "repeat")
        return self._hint(state) if self._may_hint(state) else self._on(state, left_s)

    def _after_silence(self, state: State, left_s: float) -> Move:
        if self.practice.kind == "language" and self._may_hint(state):
            return self._hint(state)
        if not state.ways:
            return self._reword(state, "stuck")
        return self._hint(state) if self._may_hint(state) else self._on(state, left_s, fate="skipped", kind="skip")

    def _follow_up(self, state: State, missing: str) -> Move:
        ask = say(self._language, missing, state.total)
        missed = tell(self._language, missing)
        return replace(self._stay(state, "follow_up", ask, text=missed, ask=ask), follow=missing)

    def _reword(self, state: State, kind: MoveKind) -> Move:
        ask = self._question(state, 1)
        return self._stay(state, kind, joined(self._language, say(self._language, kind), ask), ask=ask)

    def _may_hint(self, state: State) -> bool:
        return not state.hints and bool(self.plan.hint(state.at))

    def _hint(self, state: State) -> Move:
        hint = self.plan.hint(state.at) or self._question(state, 1)
        line = joined(self._language, say(self._language, "hint", state.hints), hint)
        return self._stay(state, "hint", line, hint=hint)

    def _help_to_say(self, state: State, meaning: str) -> Move:
        if phrase := self.plan.phrase_for(meaning):
            line = say(self._language, "how_to_say", text=phrase)
        else:
            hint = "" if state.moves % 2 else self.plan.hint(state.at)  # in turns with the question
            tried = joined(self._language, say(self._language, "hint", 1), hint) if hint else self._question(state)
            line = joined(self._language, own(self.practice.own_language, "no_phrase"), tried)
        return self._stay(state, "how_to_say", line, text=meaning)

    def _in_own_language(self, said: Said) -> bool:
        """Whether somebody who practises a language fell back into their own."""
        mine, practised = self.practice.own_language, self.practice.language
        theirs = mine != practised and language_of(said.text, practised) == mine
        return self.practice.kind == "language" and theirs and length(said.text) > 1

    def _asks(self, state: State, said: Said) -> bool:
        """Whether it is a question to the character, and no answer to its own."""
        asked = said.text.rstrip().endswith(("?", "？")) and length(said.text) <= LONGEST_QUESTION
        if self.plan.is_interview:
            return asked
        return asked and not self.plan.names(state.at, said.text)

    # --- On to the next -----------------------------------------------------------------------------------------------

    def _on(self, state: State, left_s: float, *, fate: Fate = "done", kind: MoveKind = "ask") -> Move:
        """To the next step that there is time for, or to the end."""
        steps = list(self._open(state))
        if not steps:
            return self._close(state, fate)
        step = steps[0]
        skipped: tuple[str, ...] = ()
        if left_s < self.plan.need_s(step):
            return self._close(state, fate)
        if len(steps) > 1 and left_s < 2 * self.plan.need_s(step) and not steps[-1].card:
            step, skipped = steps[-1], tuple(one.id for one in steps[:-1])
        ask = self.plan.ask(step.id)
        before = self._acknowledging(state, kind)
        near = self.plan.is_interview and not state.told_time and left_s <= self.plan.near_end_s
        minutes = self._minutes(left_s)
        if near:
            name = "last" if len(steps) == 1 or skipped else "time"
            before = joined(self._language, before, say(self._language, name, minutes=minutes))
        if step.card and kind == "ask":
            kind = "card"
        instruction = tell(self._language, kind, ask=ask)
        if near:
            instruction = joined(self._language, instruction, tell(self._language, "last", minutes=minutes))
        line = joined(self._language, before, self._ask_line(step, ask))
        return Move(kind, step.id, fate, skipped, "", instruction, line, told_time=near)

    def _acknowledging(self, state: State, kind: MoveKind) -> str:
        if not state.at:
            return ""
        if kind in ("skip", "interrupt"):
            return say(self._language, kind, len(state.done))
        return say(self._language, "thanks" if self.plan.is_interview else "scene", len(state.done))

    def _ask_line(self, step: PracticeStep, ask: str) -> str:
        return say(self._language, "due", ask=ask) if step.card else ask

    def _close(self, state: State, fate: Fate) -> Move:
        closing = self.practice.closing.strip() or tell(self._language, "closing")
        skipped = tuple(step.id for step in self._open(state))
        return Move("close", "", fate, skipped, "", tell(self._language, "close", closing=closing), closing)

    def _next(self, state: State) -> PracticeStep | None:
        return next(self._open(state), None)

    def _open(self, state: State) -> Iterator[PracticeStep]:
        return (step for id, step in self.plan.steps.items() if state.of(id) == "open" and self.plan.ask(id))

    # --- What stays ---------------------------------------------------------------------------------------------------

    def _stay(self, state: State, kind: MoveKind, line: str, name: str = "", **told: str) -> Move:
        """A move at the step that is now. name: of the instruction, if it is not the kind's."""
        told.setdefault("language", language_name(self._language, self._language))
        return Move(kind, state.at, instruction=tell(self._language, name or kind, **told), say=line)

    def _last(self, state: State, said: Said) -> str:
        """The last line; of one that led up to the question only that."""
        _before, question, after = said.last_line.partition(self._question(state) or "\n")
        return question + after or said.last_line or self._question(state)

    def _question(self, state: State, more: int = 0) -> str:
        """The question that is now; `more` ways further. What stands on a card is wrong, so it is asked about, not said."""
        ask = self.plan.ask(state.at, state.ways + more)
        return say(self._language, "card_again", ask=ask) if ask and self._is_card(state) else ask

    def _is_card(self, state: State) -> bool:
        step = self.plan.steps.get(state.at)
        return bool(step and step.card)

    def _minutes(self, left_s: float) -> str:
        whole = round(left_s / 60)
        if whole < 1:
            return say(self._language, "seconds")
        return say(self._language, "one_minute" if whole == 1 else "some_minutes", minutes=str(whole))
