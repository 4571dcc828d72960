"""How far an interview or a drill has come, read from the messages.

A step is current once its question was heard, and pending while the line just answered put it to the person. What they
then say is an attempt, unless the character answered with something else first (a digression, after which the question
is put again). After the last step come the closing turns; a question heard after those begins a new round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from models.scripted.intents import Intent
from models.scripted.memory import Talk, key_of, was_heard
from models.scripted.remarks import is_right
from pipeline.characters.character import Character, Plan


@dataclass
class TalkProgress:
    """Where a plan is.

    asked: steps whose question was heard, in order, by id; the last is current.
    attempts: what was said to each step.
    language: the language the current step was asked in.
    closed: closing turns heard so far; over after the last, just_over while that is the line being answered.
    """

    asked: list[str] = field(default_factory=list)
    attempts: dict[str, list[str]] = field(default_factory=dict)
    language: str = ""
    follow_ups: int = 0
    pending: bool = False
    closed: int = 0
    over: bool = False
    just_over: bool = False

    @property
    def current(self) -> str:
        return self.asked[-1] if self.asked else ""


def progress_of(character: Character, talk: Talk) -> TalkProgress:
    """Walk through the talk and find what of the character's plan was heard, in whichever language."""
    progress = TalkProgress()
    signs = _signs(character)
    lines = talk.lines
    for at, turn in enumerate(talk.turns):
        _note(progress, signs.marks, lines[at])
        expected = signs.expects.get(progress.current)
        if expected and is_right(expected, turn.said):
            progress.pending = True
        digressed = at + 1 < len(lines) and any(was_heard(key, lines[at + 1]) for key in signs.digressions)
        aside = digressed or Intent.REPEAT.within(turn.said) or Intent.FINISH.within(turn.said)
        if progress.pending and turn.said and not aside:
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


@dataclass(frozen=True, slots=True)
class _Signs:
    """What to look for in a talk: lines of the plan, lines that are none, and right answers by step."""

    marks: tuple[_Mark, ...]
    digressions: tuple[str, ...]
    expects: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=64)
def _signs(character: Character) -> _Signs:
    exchanges = (exchange for found in character.exchanges.values() for exchange in found)
    steps = (step for plan in character.plan.values() for step in plan.steps)
    return _Signs(
        tuple(mark for language, plan in character.plan.items() for mark in _marks(plan, language)),
        tuple(key_of(line) for exchange in exchanges for line in exchange.says),
        {step.id: step.expects for step in steps if step.expects},
    )


def _marks(plan: Plan, language: str) -> Iterator[_Mark]:
    for step in plan.steps:
        yield from (_Mark(key_of(line), language, step.id) for line in step.ask)
        yield from (_Mark(key_of(r.says), language, step.id, asks=False, follows=True) for r in step.follow_ups)
        if step.model:
            yield _Mark(key_of(step.model), language, step.id, asks=False)
    for number, remarks in enumerate(plan.closing, 1):
        last = number == len(plan.closing)
        yield from (_Mark(key_of(remark.says), language, closing=number, last=last) for remark in remarks)


def _note(progress: TalkProgress, marks: Sequence[_Mark], line: str) -> None:
    """Take in one line of the character."""
    heard = [mark for mark in marks if was_heard(mark.key, line)]
    progress.pending = progress.just_over = False
    for mark in heard:
        if mark.closing > progress.closed:
            progress.closed, progress.over, progress.just_over = mark.closing, mark.last, mark.last
    questions = [mark for mark in heard if mark.step and mark.asks]
    if asked := max(questions, key=lambda mark: line.rfind(mark.key[:8]), default=None):
        if progress.over:
            progress.asked, progress.attempts, progress.follow_ups, progress.closed, progress.over = [], {}, 0, 0, False
        if asked.step != progress.current:
            progress.asked.append(asked.step)
        progress.pending, progress.language = True, asked.language
    elif any(mark.step == progress.current and not mark.asks for mark in heard):
        progress.pending = True
        progress.follow_ups += any(mark.follows for mark in heard)
