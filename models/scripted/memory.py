"""What the scripted model remembers, all derived from the messages: turns, lines already heard, names, answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from models.scripted.intents import Intent, is_question
from pipeline.engines.protocols import Message
from pipeline.memory.names import name_in
from pipeline.memory.words import squash
from pipeline.practice.director.conditions import length
from pipeline.prompt.vocal_cues import without_notes

WINDOW = 12
"""Turns before a line may be said again."""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A line of the character, as far as it was heard, and what the person then said, if they spoke at all."""

    line: str
    said: str
    spoke: bool = False


def turns_of(messages: Sequence[Message]) -> tuple[PastTurn, ...]:
    """The messages as turns, at least one; the last holds what is to be answered, which may be nothing."""
    turns: list[PastTurn] = []
    line, said, spoke = "", "", False
    for message in messages:
        if message.role == "user":
            said, spoke = f"{said} {without_notes(message.text)}".strip(), True
        elif message.role == "assistant" and message.text:
            if spoke:
                turns.append(PastTurn(line, said, spoke))
                line, said, spoke = "", "", False
            line = f"{line} {message.text}".strip()
    return (*turns, PastTurn(line, said, spoke))


class Talk:
    """One conversation so far. `lines` are the character's, oldest first, squashed for comparison."""

    def __init__(self, turns: Sequence[PastTurn]) -> None:
        self.turns = tuple(turns)
        self.said = turns[-1].said
        self.lines = [squash(turn.line) for turn in turns]

    def ago(self, line: str) -> int | None:
        """How many turns ago `line` was heard, at least half of it; 0 is the line just answered, None is never."""
        key = key_of(line)
        return next((ago for ago, text in enumerate(reversed(self.lines)) if was_heard(key, text)), None)

    def fresh(self, lines: Iterable[str]) -> str:
        """The first of `lines` never said, else the one said longest ago; empty if even that is too recent."""
        line = self.freshest(lines)
        ago = self.ago(line)
        return line if ago is None or ago >= WINDOW else ""

    def freshest(self, lines: Iterable[str]) -> str:
        """The first of `lines` never said, else the one said longest ago; empty only if there are none."""
        oldest, longest = "", -1
        for line in lines:
            ago = self.ago(line)
            if ago is None:
                return line
            if ago > longest:
                oldest, longest = line, ago
        return oldest

    def last_of(self, lines: Iterable[str]) -> str:
        """Which of `lines` came last within the line just answered; empty if none did."""
        last = self.lines[-1]
        found = ((last.rfind(key_of(line)[:8]), line) for line in lines if was_heard(key_of(line), last))
        return max(found, default=(0, ""))[1]


@lru_cache(maxsize=16384)
def key_of(line: str) -> str:
    """What of a line is the same each time it is said: its longest piece between placeholders, letters only."""
    return max(map(squash, re.split(r"\{\w+\}", line)), key=len)


def was_heard(key: str, text: str) -> bool:
    """Whether `text` has the line, or breaks off in its second half: less than half heard counts as not said."""
    if not key or key in text:
        return bool(key)
    half = key[: (len(key) + 1) // 2]
    at = text.rfind(half)
    return at >= 0 and key.startswith(text[at:])


def name_of(turns: Sequence[PastTurn]) -> str:
    """The name last given, or nothing."""
    return next((name for turn in reversed(turns) if (name := name_in(turn.said))), "")


def answers(turns: Sequence[PastTurn], *, least: int = 5, most: int = 40) -> list[str]:
    """What the person said that is worth returning to: statements of `least` to `most` words, no sad news."""
    said = [turn.said for turn in turns if least <= length(turn.said) <= most and not name_in(turn.said)]
    sad = (Intent.GRIEF, Intent.CRISIS)
    return [text for text in said if not is_question(text) and not any(intent.within(text) for intent in sad)]
