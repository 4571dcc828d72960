"""What is known of one person in one talk: facts that hold, what the character said of itself, and what the person wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pipeline.memory.fact import Kind

State: TypeAlias = Literal["on", "paused", "off"]
"""paused: what is known is used, and nothing is learnt; off: neither."""

About: TypeAlias = Literal["person", "character"]

Source: TypeAlias = Literal["asked", "rules", "model", "written", "edited"]
"""asked: "remember that…"; rules, model: found in what was said; written, edited: by the person, on the page."""

STRICTER: Sequence[State] = ("on", "paused", "off")
ALL_CHARACTERS = ""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A fact as it is kept; the fields are those of its row."""

    id: str
    about: About
    character_id: str | None
    shared: bool
    conversation_id: str | None
    line_id: str
    kind: Kind
    topic: str
    text: str
    quote: str
    source: Source
    told_at: int
    valid_from: int
    asked_at: int | None = None

    @classmethod
    def of(cls, row: Any) -> Remembered:
        """The fact of a row."""
        return cls(**{name: getattr(row, name) for name in cls.__dataclass_fields__})

    def known_to(self, character_id: str) -> bool:
        """Whether that character may know it."""
        return self.shared or self.character_id in (None, character_id)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants of a character, or of all. learn_from: nothing is learnt from what was said before that moment."""

    state: State = "on"
    shared: bool = False
    learn_from: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """facts: that hold, names before others, the newest first. last_talks: when the talk before this one with each
    character was, and its id.

    forgotten: ids of lines of this talk from which something was forgotten. closed: ids of facts that hold no more,
    or are too many to be known.
    """

    facts: Sequence[Remembered] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)
    last_talks: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()

    def state(self, character_id: str) -> State:
        """How it is with that character: the stricter one of what was chosen for it, and for all."""
        chosen = (self.choices.get(id, Choice()).state for id in (ALL_CHARACTERS, character_id))
        return max(chosen, key=STRICTER.index)

    def learns(self, character_id: str, said_at: int) -> bool:
        """Whether what that character was told at that moment may be learnt."""
        chosen = (self.choices.get(id, Choice()).learn_from for id in (ALL_CHARACTERS, character_id))
        return self.state(character_id) == "on" and said_at >= max(chosen)

    def shares(self, character_id: str) -> bool:
        """Whether all characters may know what that one is told."""
        default = self.choices.get(ALL_CHARACTERS, Choice())
        return self.choices.get(character_id, default).shared

    def known_to(self, character_id: str, about: About = "person") -> Sequence[Remembered]:
        """What that character may know: of the person, or of itself. Nothing where memory is off."""
        if self.state(character_id) == "off":
            return ()
        if about == "character":
            return [fact for fact in self.facts if fact.about == about and fact.character_id == character_id]
        return [fact for fact in self.facts if fact.about == about and fact.known_to(character_id)]
