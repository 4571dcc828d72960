"""Example talks of cards, `<START>` blocks of lines, ↔ exchanges of a character's file. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

_BLOCK = re.compile(r"<START>", re.IGNORECASE)
_USER, _CHARACTER = r"\{\{user\}\}|<user>|you|user", r"\{\{char\}\}|<bot>|<char>"


def exchanges_of(text: str, names: Sequence[str]) -> list[dict[str, list[str]]]:
    """Each line of the person's with the character's answer to it. names: what lines of the character's may begin with.

    Lines without a speaker go on with the one before them. What has no line of the person's before it is left out.
    """
    character = "|".join([_CHARACTER, *(re.escape(name) for name in names if name)])
    speaker = re.compile(
        rf"^[ \t]*(?:(?P<user>{_USER})|(?:{character}))[ \t]*[:：][ \t]*", re.IGNORECASE | re.MULTILINE
    )
    exchanges: list[dict[str, list[str]]] = []
    for block in _BLOCK.split(text):
        heard = ""
        for theirs, line in _lines(block, speaker):
            if theirs:
                heard = line
            elif heard and line:
                exchanges.append({"heard": [heard], "says": [line]})
                heard = ""
    return exchanges


def examples_of(exchanges: Sequence[Any]) -> str:
    """The exchanges of a file, as a card has them; of several ways to say something the first one."""
    blocks = (f"<START>\n{{{{user}}}}: {one.heard[0]}\n{{{{char}}}}: {one.says[0]}" for one in exchanges)
    return "\n".join(blocks)


def _lines(block: str, speaker: re.Pattern[str]) -> Iterator[tuple[bool, str]]:
    """Whether it is the person's, and what is said."""
    marks = list(speaker.finditer(block))
    ends = [*(mark.start() for mark in marks[1:]), len(block)]
    for mark, end in zip(marks, ends, strict=False):
        yield mark["user"] is not None, block[mark.end() : end].strip()
