"""A character as data: every text is a mapping from BCP 47 primary tag to text, the default language first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

from pipeline.characters.book import Book

T = TypeVar("T")

Texts: TypeAlias = Mapping[str, str]
Lists: TypeAlias = Mapping[str, tuple[str, ...]]
Purpose: TypeAlias = Literal["talk", "practice", "interview", "story"]

CONDITIONS = (
    *("always", "short", "vague", "numbers", "no_numbers", "story", "no_story", "we", "fillers"),
    *("all_good", "some_good"),
)
"""What a `Remark` may depend on; the scripted model decides which hold."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question the character likes to ask, and how it goes on, line after line, from whatever the person answers."""

    ask: str
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a person might say, what the character answers (any of `says`), and how it goes on, line after line."""

    heard: tuple[str, ...]
    says: tuple[str, ...]
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """A line for when one of `CONDITIONS` holds and there is something to say for its placeholders.

    `{quote}`: a piece of what was said; `{good}` of `{total}` sentences were right; `{practise}`: one that was not.
    """

    when: str
    says: str


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a plan, or one sentence of a drill.

    ask: ways to put it, the first one first.
    when: the choice that brings this step in; empty means always.
    expects: answers that are right, each as words that should be heard; empty means any answer is.
    model: the sentence a learner is led to; tip: one remark about it.
    follow_ups: at most one is asked, the first whose condition holds.
    """

    id: str
    ask: tuple[str, ...]
    when: str = ""
    expects: tuple[str, ...] = ()
    model: str = ""
    tip: str = ""
    follow_ups: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """A slip learners often make, and the remark that puts it right in passing."""

    heard: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A talk that leads from a beginning to an end: an interview, or a drill of the language `practises`.

    choices: groups of words that choose steps ("role" -> "teacher" -> words); the last of a group is its default.
    closing: one entry per closing turn; of its remarks the first whose condition holds is said.
    praise, hints, move_on: after a right answer, a first and a second wrong one; hints may hold `{model}`.
    again: words that start the plan anew once it is over.
    """

    steps: tuple[Step, ...]
    closing: tuple[tuple[Remark, ...], ...]
    practises: str = ""
    choices: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    praise: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    move_on: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Character:
    """Someone to talk to. Texts are per language; `voice` is an engine's voice or a wish such as "female-2".

    greetings: what it may say instead of `greeting`. scenario: where and when the talk takes place. instructions: the
    card's own system prompt, in place of who it is told to be; after: what the model is reminded of before it answers.
    nickname: what it is called in texts with `{{char}}`. book: what it recalls when the talk comes to it. speed: 1.0 is
    the voice's own; pitch: semitones up or down.
    engine: "speech_model" for one that hears and speaks itself, "separate" for recogniser, language model and voice; empty
    for what the server's settings say. version: of its file, by a hash.
    phrases: stock phrases by kind. nods go before the next question, no_matter after a no; unclear when nothing could be
    made of what was heard, beyond when only a language model could answer; offer names `{topics}`; recall returns to an
    earlier `{answer}`; hello_name on learning `{name}`, by_name to use it now and then, your_name and no_name when asked
    for it; crisis when someone may hurt themselves; failed when an engine broke down and there is no other answer;
    thinking while a language model thinks before its answer.
    """

    id: str
    languages: tuple[str, ...]
    accent: str
    portrait: str
    name: Texts
    line: Texts
    who: Texts
    manner: Texts
    greeting: Texts
    voice: Texts
    limits: Texts
    topics: Lists
    questions: Mapping[str, tuple[Question, ...]]
    exchanges: Mapping[str, tuple[Exchange, ...]]
    phrases: Mapping[str, Lists]
    plan: Mapping[str, Plan]
    scenario: Texts = field(default_factory=dict)
    greetings: Lists = field(default_factory=dict)
    instructions: Texts = field(default_factory=dict)
    after: Texts = field(default_factory=dict)
    nickname: Texts = field(default_factory=dict)
    book: Book = Book()
    purpose: Purpose = "talk"
    speed: float = 1.0
    pitch: float = 0.0
    engine: str = ""
    version: str = ""

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def default_language(self) -> str:
        return self.languages[0]


def text_in(mapping: Mapping[str, T], language: str) -> T:
    """The entry for `language` ("zh-CN" finds "zh"), else the first, which is the default language's."""
    tag = language.partition("-")[0].lower()
    return mapping[tag] if tag in mapping else next(iter(mapping.values()))


def all_greetings(character: Character, language: str) -> tuple[str, ...]:
    """What it may begin a talk with, the usual one first."""
    further = text_in(character.greetings, language) if character.greetings else ()
    return (text_in(character.greeting, language), *further)
