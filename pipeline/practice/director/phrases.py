"""The lines of a practice in both languages, read from `phrases.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FALLBACK = "en"
"""Of a language in which there are no lines."""


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "phrases.toml").read_text("utf-8"))


def _table(language: str) -> Mapping[str, Any]:
    tables = _tables()
    found: Mapping[str, Any] = tables.get(language.partition("-")[0].lower(), tables[FALLBACK])
    return found


def say(language: str, name: str, number: int = 0, /, **values: str) -> str:
    """A line that the character says; the `number`-th of that name, in turns."""
    lines = _table(language)["say"][name]
    return _filled(lines[number % len(lines)], values)


def own(own_language: str, name: str, /, **values: str) -> str:
    """A line in the person's own language."""
    return _filled(_table(own_language)["own"][name][0], values)


def tell(language: str, name: str, /, **values: str) -> str:
    """What a language model is told, in the language that it is to speak."""
    return _filled(_table(language)["tell"][name].strip(), values)


def language_name(language: str, in_language: str) -> str:
    """What a language is called in another one."""
    names = _tables()["languages"].get(in_language.partition("-")[0].lower(), _tables()["languages"][FALLBACK])
    return str(names.get(language.partition("-")[0].lower(), language))


def joined(language: str, *texts: str) -> str:
    """Texts one after the other, as the language has it."""
    return ("" if language.startswith("zh") else " ").join(filter(None, texts))


def _filled(line: str, values: Mapping[str, str]) -> str:
    """With the values in place of their names; one value's braces are never another's place."""
    pieces = line.split("{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, brace, rest = piece.partition("}")
        filled.append(values.get(name, "") + rest if brace else "{" + piece)
    return "".join(filled)
