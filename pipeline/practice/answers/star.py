"""How an answer about something that one did is built, by rules: situation, task, action, result, and what is strong in it.

Rules see words, not sense: a part that they find is there in these words; one that they do not find may be there in others.
Whoever tells of it says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from pipeline.practice.answers.quotes import clip_at, words_of
from pipeline.practice.speech import Clip, SpokenTurn

Part: TypeAlias = Literal["situation", "task", "action", "result"]
PARTS: Sequence[Part] = ("situation", "task", "action", "result")

Strong: TypeAlias = Literal["numbers", "result", "own_action"]
Change: TypeAlias = Literal[
    "say_something",
    "say_result",
    "say_own_action",
    "say_i",
    "give_number",
    "shorter",
    "longer",
    "say_situation",
    "say_task",
]
"""What to change, by what is missed first."""

SHORT_WORDS, LONG_WORDS = 25, 330
"""Of an answer: below, hardly anything can be told in it; the other is some two and a half minutes."""

LONG_SENTENCE = 30
"""Words; a longer one is cut at its commas, since recognisers write few full stops."""

_SENTENCE = re.compile(r"[^.!?。！？…]+[.!?。！？…]*")
_PIECE = re.compile(r"[^,，;；]+[,，;；]*")
_EDGE = " \t\n,，;；.。!！?？…"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Where a sentence stands in a turn, without the punctuation around it."""

    turn: SpokenTurn
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.turn.text[self.start : self.end]

    @property
    def clip(self) -> Clip:
        return clip_at(self.turn, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Structure:
    """Which parts of an answer were found, each with the words that show it."""

    situation: Clip | None = None
    task: Clip | None = None
    action: Clip | None = None
    result: Clip | None = None

    def missing(self) -> Sequence[Part]:
        """The parts that were not found."""
        return [part for part in PARTS if getattr(self, part) is None]


@dataclass(frozen=True, slots=True)
class Judged:
    """What rules find in an answer. strength: what is strong in it, with the words; change: the one thing to change."""

    structure: Structure
    strength: tuple[Strong, Clip] | None
    change: Change | None


def judged(turns: Sequence[SpokenTurn], language: str, *, told: bool = True) -> Judged:
    """An answer that was given in these turns. told: whether it tells of something that the person did.

    Other answers, about how something works or would be solved, have no such parts: of them only length and numbers count.
    """
    cues, sentences = _cues(language), [sentence for turn in turns for sentence in sentences_in(turn)]
    structure = _structure(sentences, cues) if told else Structure()
    return Judged(structure, _strength(sentences, structure, cues), _change(sentences, structure, cues, told=told))


def sentences_in(turn: SpokenTurn) -> Sequence[Sentence]:
    """The sentences of a turn that have words in them; long ones in the pieces between their commas."""
    found: list[Sentence] = []
    for match in _SENTENCE.finditer(turn.text):
        pieces = [(match.start(), match.end())]
        if len(words_of(match[0])) > LONG_SENTENCE:
            at = match.start()
            pieces = [(at + piece.start(), at + piece.end()) for piece in _PIECE.finditer(match[0])]
        found += [sentence for start, end in pieces if words_of((sentence := _trimmed(turn, start, end)).text)]
    return found


def _trimmed(turn: SpokenTurn, start: int, end: int) -> Sentence:
    text = turn.text[start:end]
    inner = text.strip(_EDGE)
    begin = start + (text.index(inner) if inner else 0)
    return Sentence(turn, begin, begin + len(inner))


def _structure(sentences: Sequence[Sentence], cues: Mapping[str, re.Pattern[str]]) -> Structure:
    """Each part by the sentence that shows it: the first one, of results the last. One shows two only if no other does."""
    showing = {part: [s for s in sentences if cues[part].search(s.text)] for part in PARTS}
    showing["result"].reverse()
    taken: dict[Part, Sentence] = {}
    for part in sorted(PARTS, key=lambda part: len(showing[part])):
        free = [sentence for sentence in showing[part] if sentence not in taken.values()]
        if found := free or showing[part]:
            taken[part] = found[0]
    return Structure(**{part: sentence.clip for part, sentence in taken.items()})


def _strength(
    sentences: Sequence[Sentence], structure: Structure, cues: Mapping[str, re.Pattern[str]]
) -> tuple[Strong, Clip] | None:
    counted = [sentence for sentence in sentences if cues["number"].search(sentence.text)]
    if counted:
        return "numbers", max(counted, key=lambda s: bool(cues["result"].search(s.text))).clip
    if structure.result:
        return "result", structure.result
    return ("own_action", structure.action) if structure.action else None


def _change(
    sentences: Sequence[Sentence], structure: Structure, cues: Mapping[str, re.Pattern[str]], *, told: bool
) -> Change | None:
    words = sum(len(words_of(sentence.text)) for sentence in sentences)
    if not words:
        return "say_something"
    if words < SHORT_WORDS:
        return "longer"
    own, group = (sum(len(cues[who].findall(sentence.text)) for sentence in sentences) for who in ("own", "group"))
    counted = any(cues["number"].search(sentence.text) for sentence in sentences)
    checks: Sequence[tuple[bool, Change]] = (
        (told and structure.result is None, "say_result"),
        (told and structure.action is None, "say_own_action"),
        (told and group > own, "say_i"),
        (not counted, "give_number"),
        (words > LONG_WORDS, "shorter"),
        (told and structure.situation is None, "say_situation"),
        (told and structure.task is None, "say_task"),
    )
    return next((change for missed, change in checks if missed), None)


@cache
def _cues(language: str) -> Mapping[str, re.Pattern[str]]:
    tables = tomllib.loads((Path(__file__).parent / "star.toml").read_text("utf-8"))
    table: Mapping[str, Sequence[str]] = tables["zh" if language.startswith("zh") else "en"]
    return {
        name: re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE) for name, patterns in table.items()
    }
