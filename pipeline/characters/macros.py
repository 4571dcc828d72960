"""The macros of character cards (`{{char}}`, `{{random:a,b}}`, …), as the specifications V2 and V3 say. Pure.

They are filled in once for a conversation (`pipeline/characters/filled.py`). One that no specification knows is left out,
since neither a voice nor a model can do anything with it.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

ORIGINAL, HIDDEN_KEY = "original", "hidden_key"

LONGEST = 100_000
"""Characters that a text may grow to; what is over is cut, so that no text of macros becomes a thousand times as long."""

DEEPEST = 20
"""How often macros within macros are filled in."""

_MACRO = re.compile(r"\{\{([^{}]*)\}\}")
_NOTE = re.compile(r"\{\{\s*(?:(?://|comment\s*:)|(hidden_key)\s*:)((?:[^{}]|\{(?!\{)|\}(?!\}))*)\}\}", re.IGNORECASE)
_OLD = re.compile(r"<(user|bot|char)>", re.IGNORECASE)
_DICE = re.compile(r"\s*[dD]?(\d{1,9})\s*")
_ORIGINAL = re.compile(r"\{\{\s*original\s*\}\}", re.IGNORECASE)
_COMMA = re.compile(r"(?<!\\),")
_SIGNS = re.compile("[{}<>]")


@dataclass
class Filling:
    """What macros stand for; names are names, with no macros in them.

    `seed` decides what is drawn, so that a conversation that is resumed has the same.
    keeps: names of macros that stay as they are, since something else is done with them.
    """

    char: str
    user: str
    seed: str = ""
    keeps: frozenset[str] = frozenset()
    _drawn: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._drawn = random.Random(self.seed)
        self.char, self.user = _SIGNS.sub("", self.char), _SIGNS.sub("", self.user)

    def of(self, text: str) -> str:
        """The text with its macros filled in."""
        if "<" in text:
            text = _OLD.sub(lambda old: self.user if old[1].lower() == "user" else self.char, text)
        for _ in range(DEEPEST):
            if "{{" not in text:
                break
            text = _NOTE.sub(self._note, text)[:LONGEST]
            filled = _MACRO.sub(self._value, text)[:LONGEST]
            if filled == text:
                break
            text = filled
        return text[:LONGEST]

    def all_of(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Each text, filled in."""
        return tuple(map(self.of, texts))

    def _note(self, note: re.Match[str]) -> str:
        return note[0] if note[1] and HIDDEN_KEY in self.keeps else ""

    def _value(self, macro: re.Match[str]) -> str:
        name, _, taken = macro[1].partition(":")
        match name := name.strip().lower():
            case _ if name in self.keeps:
                return macro[0]
            case "char":
                return self.char
            case "user":
                return self.user
            case "random":
                return self._drawn.choice(_options(taken))
            case "pick":
                return random.Random(f"{self.seed} {taken}").choice(_options(taken))
            case "roll" if dice := _DICE.fullmatch(taken):
                return str(self._drawn.randint(1, max(1, int(dice[1]))))
            case "reverse":
                return taken[::-1]
            case "newline":
                return "\n"
        return ""


def with_original(text: str, original: str) -> str:
    """A card's own instructions, with what they replace where they say so."""
    return _ORIGINAL.sub(lambda _macro: original, text)


def hidden_keys(text: str) -> tuple[str, str]:
    """What of a lorebook's entry is shown, and that with its hidden keys in the open."""
    if "{{" not in text:
        return text, text
    return _NOTE.sub("", text), _NOTE.sub(lambda note: f" {note[2]} ", text)


def _options(taken: str) -> list[str]:
    """Those of `a,b`, or of `:a::b`, as other programs write it where commas are meant."""
    parts = taken[1:].split("::") if taken.startswith(":") else [taken]
    parts = parts if len(parts) > 1 else _COMMA.split(parts[0])
    return [part.replace("\\,", ",").strip() for part in parts]
