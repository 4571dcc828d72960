"""What is told of a report. Each of its parts has contents of its own; they are kept as they are told."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import ConfigDict
from typing_extensions import TypedDict

from pipeline.practice import speech
from pipeline.practice.measure import Measure
from server.api.endpoint import Described

PartName: TypeAlias = Literal["next", "measures", "vocabulary", "mistakes", "understood", "questions", "rubric"]

Reason: TypeAlias = Literal[
    "",
    "no_speech",
    "too_little",
    "no_language_model",
    "model_failed",
    "model_too_slow",
    "model_unusable",
    "interrupted",
]


class Clip(Described):
    """Where something was said, to be read, and to be heard where the sound was kept."""

    model_config = ConfigDict(from_attributes=True)

    line_id: str
    start_ms: int
    """On the conversation's line of time."""
    end_ms: int
    quote: str
    """The words, exactly as they stand in the line; empty for a pause."""

    @classmethod
    def of(cls, clip: speech.Clip) -> Clip:
        return cls.model_validate(clip)


class MeasureTold(Described):
    """One measure of how somebody spoke. What it is says `/api/practice/measures`."""

    id: str
    value: float | None
    """Null where there is too little to measure."""
    count: int
    """Of what it is made, such as pauses or words."""
    estimated: bool
    """Whether the times of words were spread over the voice instead of heard."""
    missing: str
    """Why there is no value."""
    clips: list[Clip]
    previous: float | None
    """In the last practice of this kind and language that has one."""

    @classmethod
    def of(cls, measure: Measure, previous: float | None) -> MeasureTold:
        return cls(
            id=measure.id,
            value=measure.value,
            count=measure.count,
            estimated=measure.estimated,
            missing=measure.missing,
            clips=[Clip.of(clip) for clip in measure.clips],
            previous=previous,
        )


class Measures(Described):
    """How somebody spoke."""

    items: list[MeasureTold]


class NewWord(Described):
    """A word that the person had not said in a practice before."""

    word: str
    level: str
    clip: Clip


class LevelShare(Described):
    """How much of what was said is of a level."""

    level: str
    count: int
    share: float
    """Of the words whose level is known, from 0 to 1."""


LevelRange = TypedDict("LevelRange", {"from": str, "to": str, "evidence": list[str]})
"""From which level to which somebody may be, never one alone; evidence: sentences that say what that is read from."""


class Vocabulary(Described):
    """The words that somebody used."""

    items: list[MeasureTold]
    new_words: list[NewWord]
    levels: list[LevelShare]
    range: LevelRange | None
    """From which level to which somebody may be, with what that is read from; null where too little was said."""


class MistakeTold(Described):
    """Something that would be said otherwise."""

    said: str
    better: str
    reason: str
    """One sentence, in the person's own language."""
    clip: Clip
    hinders: bool
    """Whether it makes the sentence hard to understand."""
    source: Literal["rules", "model"]


class MistakeGroup(Described):
    """The mistakes of one kind."""

    kind: str
    """A name of ERRANT's for English, of our own table for Chinese."""
    label: str
    count: int
    previous: int | None
    """How many there were in the last practice of this kind and language."""
    items: list[MistakeTold]


class Improved(Described):
    """A kind of mistakes that became rarer: how many for 100 words."""

    kind: str
    label: str
    before: float
    now: float


class Mistakes(Described):
    """What would be said otherwise, by kind, the commonest first."""

    groups: list[MistakeGroup]
    per_100: float | None
    """Mistakes for 100 words, or 100 characters of Chinese; null where fewer were said."""
    better: list[Improved]


class MisheardTold(Described):
    """A word of a known text that the recogniser took for another one."""

    expected: str
    heard: str
    clip: Clip


class Understood(Described):
    """How well somebody was understood: no score of sounds, which needs to know how each of them was."""

    items: list[MisheardTold]
    known: int
    """Sentences whose words were known beforehand; where it is 0, nothing can be said."""


class StructureTold(Described):
    """Which parts of an answer are there, with the words that show them."""

    situation: Clip | None
    task: Clip | None
    action: Clip | None
    result: Clip | None


class StrengthTold(Described):
    """What is strong in an answer, and the words that it is about."""

    text: str
    clip: Clip


class Text(Described):
    """A sentence or more, in the language of its reader."""

    text: str


class QuestionTold(Described):
    """A question, and what became of it."""

    step: str
    title: str
    asked: bool
    answered: bool
    clips: list[Clip]
    """The answer."""
    structure: StructureTold | None
    """Null where it was no question about something that the person did."""
    strength: StrengthTold | None
    change: Text | None
    """The one thing to change."""
    stronger: Text | None
    """The person's own answer put better, without anything that they did not say; `[…]` is for them to fill."""


class Questions(Described):
    """All questions of the plan, in its order."""

    items: list[QuestionTold]


class DimensionTold(Described):
    """One side of how an interview went."""

    id: str
    label: str
    low: int
    high: int
    """From 1 to 5; they differ where the language model judged differently when it was asked again."""
    anchors: list[str]
    """What 1 to 5 stand for."""
    why: str
    evidence: list[Clip]


class Rubric(Described):
    """How the answers were, by at most six dimensions."""

    dimensions: list[DimensionTold]
    impression: Text | None


class NextTold(Described):
    """Something to do next, and what it is read from."""

    text: str
    why: str
    clips: list[Clip]


class Next(Described):
    """At most three things to do next."""

    items: list[NextTold]


class Missing(Described):
    """Why a part is not there."""

    reason: Reason


Content: TypeAlias = Measures | Vocabulary | Mistakes | Understood | Questions | Rubric | Next

CONTENTS: dict[PartName, type[Content]] = {
    "next": Next,
    "measures": Measures,
    "vocabulary": Vocabulary,
    "mistakes": Mistakes,
    "understood": Understood,
    "questions": Questions,
    "rubric": Rubric,
}


class Part(Described):
    """A part of a report."""

    state: Literal["waiting", "ready", "missing"]
    content: Content | Missing | None
    """Null while it is waited for."""
    made_by: Literal["", "rules", "model"]
    reason: Reason
    """Why it is missing, or, where rules made it, why the language model did not; empty while that may still come."""


class Report(Described):
    """The report on a practice."""

    practice_id: str
    conversation_id: str | None
    """In which it was talked."""
    state: Literal["none", "making", "ready"]
    """`making`: what is there may still be completed."""
    reason: Literal["", "not_talked", "going", "not_kept", "not_made"]
    """Why there is none: the talk was not begun, goes on, was not kept or is deleted, or nobody asked yet."""
    job_id: str | None
    """The job that makes it, or made it last: `/api/jobs/{id}/events` tells how far it is."""
    parts: dict[PartName, Part]
