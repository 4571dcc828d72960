"""Talking to a scripted character without an engine around it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from models.scripted.brain import reply_to
from models.scripted.memory import turns_of
from pipeline.characters.character import Character
from pipeline.engines.protocols import Message
from server.characters.reading import load_characters

BUILT_IN = load_characters(Path(__file__).parents[2] / "personas")
MONDAY = datetime(2026, 3, 2, 16, 5)


def messages_of(lines: Sequence[str]) -> list[Message]:
    """Lines of a talk that the character began."""
    roles = ("assistant", "user")
    return [Message("system", "Be kind."), *(Message(roles[at % 2], line) for at, line in enumerate(lines))]


def next_line(character: Character, lines: Sequence[str], language: str = "en") -> str:
    return reply_to(character, turns_of(messages_of(lines)), language, MONDAY)


def talk(name: str, said: Sequence[str], language: str = "en") -> list[str]:
    """What the character says: its greeting, then one line after each thing said."""
    character = BUILT_IN[name]
    lines = [character.greeting[language]]
    for text in said:
        lines.append(text)
        lines.append(next_line(character, lines, language))
    return lines[::2]
