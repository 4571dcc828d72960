"""What an answer consists of on its way to the person: clauses, their audio, text, calls, usage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pipeline.audio.samples import Samples
from pipeline.engines.protocols import Retracted, TextDelta, ToolCall, Usage, WordTime

Modality: TypeAlias = Literal["audio", "text"]

GUESSED_MS_PER_CHARACTER = 65
"""How long speech takes before its synthesis says so; good enough to cut a clause that is interrupted at once."""


@dataclass(slots=True)
class SpokenClause:
    """A clause whose audio is being made. `words` are on its own line: guessed at first, exact when `timed`.

    unwritten: likewise of what is heard and no part of the text, such as a filler.
    """

    text: str
    duration_ms: float = 0.0
    words: list[WordTime] = field(default_factory=list)
    timed: bool = False
    unwritten: Sequence[WordTime] = ()


@dataclass(frozen=True, slots=True)
class AudioPiece:
    """The next audio of a clause; `pcm` is None where the clause begins."""

    clause: SpokenClause
    pcm: Samples | None = None


@dataclass(slots=True)
class Made:
    """How much of an answer exists so far, heard or not. `unheard`: no more of it will be heard, so it needs no sound.

    retractions: how often all that was made so far was taken back; parts that are older than the last are dropped.
    """

    characters: int = 0
    spoken_characters: int = 0
    audio_ms: float = 0.0
    unheard: bool = False
    retractions: int = 0


AnswerPart: TypeAlias = AudioPiece | TextDelta | ToolCall | Usage | Retracted
"""What an answer is sent in."""
