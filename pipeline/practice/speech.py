"""What a person said in a talk, as it was heard: the ground that every measure and every quote stands on.

Times are milliseconds on the conversation's line, from its beginning, as in the lines of the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time."""

    start_ms: int
    end_ms: int

    @property
    def ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word of a turn: `text` as it stands in the turn's text from the character `at` on; `end` is `at + len(text)`.

    Chinese has no spaces, so that there each character is one. Punctuation belongs to no word.
    """

    text: str
    at: int
    start_ms: int
    end_ms: int

    @property
    def end(self) -> int:
        return self.at + len(self.text)


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """One turn of the person. `text` is what the recogniser made of it, all of it.

    language: BCP 47 primary tag. voiced: where the voice detector heard a voice, in order, not overlapping. words: in
    order; estimated: whether their times are spread over the voice, not the recogniser's. asked_ms: when the character
    before it was heard to its end; None where nothing was said before, or it was interrupted.
    step: of the plan that it answers, by its id; empty where there is none.
    """

    line_id: str
    text: str
    language: str
    start_ms: int
    end_ms: int
    voiced: Sequence[Span] = ()
    words: Sequence[TimedWord] = ()
    estimated: bool = False
    asked_ms: int | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class Clip:
    """Where something was said that is told of: to be read, and to be heard where the sound was kept.

    quote: the words, exactly as they stand in the line's text; empty for a pause.
    """

    line_id: str
    start_ms: int
    end_ms: int
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """All of a talk that measures are made of. character_ms: for how long the character was heard.

    language: of which measures are, a BCP 47 primary tag; empty for the one that was spoken most.
    """

    turns: Sequence[SpokenTurn]
    character_ms: int = 0
    language: str = ""
