"""What is told of practices, and what is sent to make one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from pipeline.practice.practice import (
    Correcting,
    Goal,
    InterviewSetup,
    LanguageSetup,
    Level,
    Practice,
    PracticeKind,
    QuestionKind,
    Seniority,
    Strictness,
)
from server.api.endpoint import Body, Described
from server.api.moments import Moment
from server.api.paging import PageQuery
from server.practice.values import practice_of

LONGEST_DOCUMENT = 20_000

State = Literal["ready", "going", "over"]
Language = Literal["en", "zh"]
NotFitted = Literal["too_slow", "unusable", "model_failed"]
Document = Annotated[str, Field(max_length=LONGEST_DOCUMENT)]
TemplateId = Annotated[str, Field(max_length=64)]


class InterviewChoice(Body):
    """What is chosen for an interview."""

    role: Annotated[TemplateId, Field(min_length=1)]
    """The id of a role, built-in or of one's own."""
    seniority: Seniority = "middle"
    questions: QuestionKind = "behavioural"
    minutes: Annotated[int, Field(ge=5, le=60)] = 20
    strictness: Strictness = "neutral"
    advert: Document = ""
    resume: Document = ""

    def setup(self) -> InterviewSetup:
        return InterviewSetup(**self.model_dump())


class SceneChoice(Body):
    """What is chosen for practising a language."""

    scene: TemplateId = ""
    """The id of a scene, built-in or of one's own; without one it is free talk."""
    level: Level = "B1"
    goal: Goal = "small_talk"
    correcting: Correcting = "hindering"
    speed: Annotated[float, Field(ge=0.5, le=1.5)] = 1.0
    subtitles: bool = True
    hints: bool = True
    minutes: Annotated[int, Field(ge=3, le=60)] = 10

    def setup(self) -> LanguageSetup:
        return LanguageSetup(**self.model_dump())


class NewPractice(Body):
    """What is practised. Of `interview` and `scene` the one of its kind is read."""

    kind: PracticeKind
    language: Language
    """What is spoken."""
    own_language: Language = "en"
    """In which things are explained, and the report is written."""
    character_id: Annotated[str, Field(max_length=64)] = ""
    """With whom; without it whoever is good at it."""
    interview: InterviewChoice | None = None
    scene: SceneChoice | None = None


class PracticeQuery(PageQuery):
    """Which practices."""

    kind: PracticeKind | Literal[""] = ""
    language: Annotated[str, Field(max_length=8)] = ""
    conversation: Annotated[str, Field(max_length=64)] = ""
    """That was talked in this conversation."""


class PhraseTold(Described):
    """Something worth being able to say."""

    text: str
    meaning: str


class StepTold(Described):
    """A question, or a part of a scene."""

    id: str
    title: str
    """In one's own language."""
    ask: Sequence[str]
    """Ways in which it is asked."""
    hint: str
    phrases: Sequence[PhraseTold]
    card: str
    """The id of a card that is due and is asked for here; empty for all else."""


class ListedPractice(Described):
    """A practice in a list."""

    id: str
    kind: PracticeKind
    language: str
    character_id: str
    title: str
    state: State
    """`ready`: it can be begun; `going`; `over`."""
    conversation_id: str | None
    """In which it was talked; null before, and when that was deleted or is not kept yet."""
    created_at: Moment
    began_at: Moment | None
    ended_at: Moment | None

    @classmethod
    def of(cls, row: Any) -> ListedPractice:
        """What is told of a row."""
        return cls(**_fields(row))


class PlannedPractice(ListedPractice):
    """A practice with its plan."""

    own_language: str
    minutes: int
    interview: InterviewChoice | None
    scene: SceneChoice | None
    place: str
    you: str
    they: str
    opening: str
    closing: str
    steps: Sequence[StepTold]
    phrases: Sequence[PhraseTold]
    due: Mapping[str, str]
    """Further cards that are due: front to back."""

    @classmethod
    def of(cls, row: Any) -> PlannedPractice:
        """What is told of a row. Raises `Conflict` for one that an older version kept otherwise."""
        practice = practice_of(row.practice)
        return cls(**_fields(row), **_plan(practice))


class Replanned(Described):
    """What became of a plan that the language model was to fit to advert and CV."""

    practice: PlannedPractice
    made_by: Literal["model", "rules"]
    """`rules`: the plan is as it was."""
    reason: NotFitted | Literal[""]
    """Why it is as it was: the model took too long, wrote no plan that can be used, or could not be asked."""


def _fields(row: Any) -> dict[str, Any]:
    named = ("id", "kind", "language", "character_id", "title", "state", "created_at", "began_at", "ended_at")
    told = {name: getattr(row, name) for name in named}
    return {**told, "conversation_id": row.conversation_id if row.talk_is_kept else None}


def _plan(practice: Practice) -> dict[str, Any]:
    named = ("own_language", "minutes", "place", "you", "they", "opening", "closing", "due")
    return {
        **{name: getattr(practice, name) for name in named},
        "interview": InterviewChoice(**asdict(practice.interview)) if practice.interview else None,
        "scene": SceneChoice(**asdict(practice.scene)) if practice.scene else None,
        "phrases": [PhraseTold(**asdict(phrase)) for phrase in practice.phrases],
        "steps": [
            StepTold(
                id=step.id,
                title=step.title,
                ask=step.ask,
                hint=step.hint,
                phrases=[PhraseTold(**asdict(phrase)) for phrase in step.phrases],
                card=step.card,
            )
            for step in practice.steps
        ],
    }
