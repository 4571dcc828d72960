"""A practice as it was chosen and planned: frozen values between the store, the director, the report and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

PracticeKind: TypeAlias = Literal["interview", "language"]

QuestionKind: TypeAlias = Literal["behavioural", "technical", "case"]
Seniority: TypeAlias = Literal["entry", "middle", "senior"]
Strictness: TypeAlias = Literal["friendly", "neutral", "pressure"]
"""pressure: quicker, and long answers are interrupted politely."""

Level: TypeAlias = Literal["A1", "A2", "B1", "B2", "C1"]
"""About what somebody can do in a language, by the names of the Common European Framework; their own guess."""

Goal: TypeAlias = Literal["travel", "work", "exam", "small_talk"]
Correcting: TypeAlias = Literal["all", "hindering", "end"]
"""Every mistake; only what hinders understanding; nothing until the report."""


@dataclass(frozen=True, slots=True)
class InterviewSetup:
    """What was chosen for an interview. `role`: the id of a role's file, or of one's own.

    advert, resume: as they were pasted, or taken out of a file; each of at most 20,000 characters.
    """

    role: str
    seniority: Seniority = "middle"
    questions: QuestionKind = "behavioural"
    minutes: int = 20
    strictness: Strictness = "neutral"
    advert: str = ""
    resume: str = ""


@dataclass(frozen=True, slots=True)
class LanguageSetup:
    """What was chosen for practising a language. `scene`: the id of a scene's file, of one's own, or "" for free talk.

    speed: of the character's voice.
    """

    scene: str
    level: Level = "B1"
    goal: Goal = "small_talk"
    correcting: Correcting = "hindering"
    speed: float = 1.0
    subtitles: bool = True
    hints: bool = True
    minutes: int = 10


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something worth being able to say, in the language that is practised, and what it means in the person's own."""

    text: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class PracticeStep:
    """One question of an interview, or one part of a scene.

    title: what is shown of it; a few words, in the person's own language. ask: ways to put it, the first one first, in
    the practice's language. hint: what one could say, for who is stuck. phrases: what may be needed in it.
    listen_for: what a good answer has in it, in a few words each, for the report. words: that show that it was answered
    (a scene); empty where any answer does.
    card: the id of a card that is due and is asked for here; such a step is no part of the plan that was chosen.
    """

    id: str
    title: str
    ask: Sequence[str]
    hint: str = ""
    phrases: Sequence[Phrase] = ()
    listen_for: Sequence[str] = ()
    words: Sequence[str] = ()
    card: str = ""


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice, planned. It belongs to one person and is talked once.

    language: BCP 47 primary tag of what is spoken; own_language: of what is explained to the person, and of the report.
    character_id: with whom. title, place: what it is, and where it plays (a scene's own words, or the role); you, they:
    the roles of both. opening: how the character begins; closing: how it ends. phrases: of the whole scene. due: further
    cards (front → back) that are to be worked in.
    """

    id: str
    kind: PracticeKind
    language: str
    own_language: str
    character_id: str
    title: str
    interview: InterviewSetup | None = None
    scene: LanguageSetup | None = None
    place: str = ""
    you: str = ""
    they: str = ""
    opening: str = ""
    closing: str = ""
    steps: Sequence[PracticeStep] = ()
    phrases: Sequence[Phrase] = ()
    due: Mapping[str, str] = field(default_factory=dict)

    @property
    def minutes(self) -> int:
        setup = self.interview or self.scene
        return setup.minutes if setup else 0
