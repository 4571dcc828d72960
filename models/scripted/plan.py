"""How far an interview or a drill has come, and its next line. Derived from the messages, like everything here.

A step is current once its question was heard. What the person then says is an attempt at it, unless the character
answered with something else first (a digression, after which the question is put again). A step is left after an
attempt that is right, a second one that is not, or a follow-up; after the last step come the closing turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from models.scripted.intents import Intent
from models.scripted.memory import Talk, key_of, was_heard
from models.scripted.remarks import best_quote, first_that_holds, holds_of_all, is_right
from models.scripted.words import squash
from pipeline.character import Character, Plan, Step

FOLLOW_UPS = 3
"""Follow-up questions in one interview, so that it ends in reasonable time."""

ATTEMPTS = 2


@dataclass
class Progress:
    """Where a plan is.

    asked: steps whose question was heard, in order, by id.
    current: the last of them; pending while the line just answered put it to the person.
    attempts: what was said to each step.
    language: the language the current step was asked in.
    closed: closing turns heard so far; over after the last, just_over while that is the line being answered.
    """

    asked: list[str] = field(default_factory=list)
    attempts: dict[str, list[str]] = field(default_factory=dict)
    language: str = ""
    follow_ups: int = 0
    closed: int = 0
    over: bool = False
    just_over: bool = False
    pending: bool = False

    @property
    def current(self) -> str:
        return self.asked[-1] if self.asked else ""


def progress_of(character: Character, talk: Talk) -> Progress:
    """Walk through the talk and find what of the character's plan was heard, in whichever language."""
    progress = Progress()
    marks = _marks(character)
    digressions = [key_of(line) for exchanges in character.exchanges.values() for e in exchanges for line in e.says]
    lines = [squash(turn.line) for turn in talk.turns]
    expects = {step.id: step.expects for plan in character.plan.values() for step in plan.steps if step.expects}
    for at, turn in enumerate(talk.turns):
        _note(progress, marks, lines[at])
        digressed = at + 1 < len(lines) and any(was_heard(key, lines[at + 1]) for key in digressions)
        expected = expects.get(progress.current)
        if expected and is_right(expected, turn.said):
            progress.pending = True
        if progress.pending and turn.said and not digressed and not Intent.REPEAT.within(turn.said):
            progress.attempts.setdefault(progress.current, []).append(turn.said)
    return progress


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line of the plan as it shows in the talk. `step` is empty for a closing turn, whose number is `closing`."""

    key: str
    language: str
    step: str = ""
    asks: bool = True
    follows: bool = False
    closing: int = 0
    last: bool = False


def _marks(character: Character) -> list[_Mark]:
    return [mark for language, plan in character.plan.items() for mark in _marks_of(plan, language)]


def _marks_of(plan: Plan, language: str) -> Iterator[_Mark]:
    for step in plan.steps:
        for line in step.ask:
            yield _Mark(key_of(line), language, step.id)
        if step.model:
            yield _Mark(key_of(step.model), language, step.id, asks=False)
        for remark in step.follow_ups:
            yield _Mark(key_of(remark.says), language, step.id, asks=False, follows=True)
    for number, turn in enumerate(plan.closing, 1):
        for remark in turn:
            yield _Mark(key_of(remark.says), language, closing=number, last=number == len(plan.closing))


def _note(progress: Progress, marks: list[_Mark], line: str) -> None:
    """Take in one line of the character."""
    heard = [mark for mark in marks if was_heard(mark.key, line)]
    progress.pending = progress.just_over = False
    for mark in heard:
        if mark.closing > progress.closed:
            progress.closed, progress.over, progress.just_over = mark.closing, mark.last, mark.last
    asked = max(
        (mark for mark in heard if mark.step and mark.asks), key=lambda mark: line.rfind(mark.key[:8]), default=None
    )
    if asked and progress.over:
        progress.asked, progress.attempts, progress.follow_ups, progress.closed, progress.over = [], {}, 0, 0, False
    if asked and asked.step != progress.current:
        progress.asked.append(asked.step)
    if asked:
        progress.pending, progress.language = True, asked.language
    elif any(mark.step == progress.current and not mark.asks for mark in heard):
        progress.pending = True
        progress.follow_ups += any(mark.follows for mark in heard)


class Lead:
    """A character leading its plan in one language."""

    def __init__(self, character: Character, plan: Plan, progress: Progress, talk: Talk) -> None:
        self._plan, self.progress, self._talk = plan, progress, talk
        self._steps = {step.id: step for step in plan.steps}
        self._plans = list(character.plan.values())

    @property
    def step(self) -> Step | None:
        return self._steps.get(self.progress.current)

    @property
    def expected(self) -> bool:
        """Whether the person just gave a drill's expected answer, whatever else it might be taken for."""
        step = self.step
        return bool(self.progress.pending and step and step.expects and is_right(step.expects, self._talk.said))

    def again(self) -> str:
        """The current question once more, in other words where the file has them; the next if it has been answered."""
        step = self.step
        answered = (
            step
            and not step.expects
            and self.progress.attempts.get(step.id, [])[: -1 if self.progress.pending else None]
        )
        return self._talk.freshest(step.ask) if step and not answered else self._next()

    def line(self, nod: str) -> str:
        """What comes next. `nod` is a word of acknowledgement; drills use praise instead."""
        said, step = self._talk.said, self.step
        if self.progress.closed or Intent.FINISH.within(said):
            return self._close()
        if step is None or not self.progress.pending:
            return f"{nod} {self.again()}"
        tries = len(self.progress.attempts.get(step.id, ()))
        skips = Intent.SKIP.within(said)
        if step.expects:
            if is_right(step.expects, said):
                return f"{self._talk.freshest(self._plan.praise)} {self._next()}"
            if tries < ATTEMPTS:
                return self._talk.freshest(self._plan.hints).replace("{model}", f"{step.model} {step.tip}".strip())
            return f"{self._talk.freshest(self._plan.move_on)} {self._next()}"
        remark = first_that_holds(step.follow_ups, said)
        if remark and tries < ATTEMPTS and not skips and self.progress.follow_ups < FOLLOW_UPS:
            return f"{nod} {remark.says}"
        return f"{nod} {self._next()}"

    def wants_again(self) -> bool:
        """Whether the person, once the plan is over, asks to begin anew."""
        said = squash(self._talk.said)
        asks = any(squash(word) in said for plan in self._plans for word in plan.again)
        return self.progress.over and (asks or (self.progress.just_over and Intent.AGREE.within(self._talk.said)))

    def evades(self) -> bool:
        """Whether the current question is for a choice, and what was said names none of its options."""
        return bool(
            self.step and self.step.id in self._plan.choices and not self._option(self.step.id, self._talk.said)
        )

    def start(self) -> str:
        """The first step's question, for another round."""
        return self._talk.freshest(self._plan.steps[0].ask)

    def _next(self) -> str:
        heard = [said for attempts in self.progress.attempts.values() for said in attempts] or [self._talk.said]
        chosen = {group: self._chosen(group, heard) for group in self._plan.choices}
        picked = {option or list(self._plan.choices[group])[-1] for group, option in chosen.items()}
        for step in self._plan.steps:
            told_already = bool(chosen.get(step.id))
            if step.id not in self.progress.asked and not told_already and (not step.when or step.when in picked):
                return self._talk.freshest(step.ask)
        return self._close()

    def _chosen(self, group: str, heard: list[str]) -> str:
        """The option of a group that the person named: in answer to the step of that name, else anywhere; or nothing."""
        texts = self.progress.attempts.get(group) or ([] if group in self.progress.asked else heard)
        return self._option(group, " ".join(texts))

    def _option(self, group: str, text: str) -> str:
        text = f" {text.casefold()}"
        found: dict[str, int] = {}
        for plan in self._plans:
            for option, words in plan.choices.get(group, {}).items():
                places = [at for word in words if (at := _place(word, text)) >= 0]
                if places:
                    found[option] = min(places)
        return min(found, key=lambda option: found[option]) if found else ""

    def _close(self) -> str:
        turn = self._plan.closing[min(self.progress.closed, len(self._plan.closing) - 1)]
        said = [text for attempts in self.progress.attempts.values() for text in attempts]
        drilled = [
            self._steps[id_] for id_ in self.progress.attempts if id_ in self._steps and self._steps[id_].expects
        ]
        missed = [step for step in drilled if not self._did(step)]
        good = [text for step in drilled for text in self.progress.attempts[step.id] if is_right(step.expects, text)]
        counts = len(drilled) - len(missed), len(drilled)
        remark = next((remark for remark in turn if holds_of_all(remark.when, said, *counts)), turn[-1])
        return _filled(
            remark.says,
            {
                "quote": best_quote(good or said, remark.when),
                "practise": (missed or drilled or [Step("", ("",))])[-1].model,
                "good": str(counts[0]),
                "total": str(counts[1]),
            },
        )

    def _did(self, step: Step) -> bool:
        return any(is_right(step.expects, text) for text in self.progress.attempts[step.id])


def _place(word: str, text: str) -> int:
    """Where an option's word begins in `text`; English words must begin there, so "it" is not in "with"."""
    return text.find(f" {word}" if word.isascii() else word)


def _filled(line: str, values: Mapping[str, str]) -> str:
    """`line` with its placeholders filled. Not `str.format`, which would let a file reach into objects."""
    for name, value in values.items():
        line = line.replace(f"{{{name}}}", value)
    return line
