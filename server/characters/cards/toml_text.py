"""A character's file as TOML, to be read and edited by people. Pure."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile(r'[\x00-\x08\x0b-\x1f\x7f\\]|"(?="")')

MOST_VALUES = 100_000

_TEXTS = re.compile(
    r'"""(?:[^\\"]|\\.|"(?!""))*+(?:""")?|\'\'\'.*?(?:\'\'\'|\Z)|"(?:[^"\\\n]|\\.)*+"?|\'[^\'\n]*+\'?|#[^\n]*+',
    re.DOTALL,
)
"""Texts and comments. A text without an end, which is none, is taken all the same: else what follows each of 500,000
quotation marks would be looked through for it."""
_LONG_KEY = re.compile(r"(?:\.[ \t]*[\w-]+[ \t]*){10}")


def table_of(text: str) -> dict[str, Any]:
    """What a TOML file says. Raises `ValueError`, `RecursionError`.

    Keys of very many parts and very many values are refused: Python's reader takes minutes for a key of 100,000 parts.
    """
    without_texts = _TEXTS.sub("text", text)
    if _LONG_KEY.search(without_texts):
        raise ValueError("a key of more than 10 parts")
    if sum(map(without_texts.count, "=[,.")) > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES:,} values")
    return tomllib.loads(text)


def toml_of(file: Mapping[str, Any]) -> str:
    """The text of a file that is made of texts, numbers, lists and tables."""
    return "\n".join(_table(file, "")).strip() + "\n"


def _table(table: Mapping[str, Any], path: str) -> Iterator[str]:
    """What is no table comes first: what follows a table's head belongs to it."""
    inner = {name: value for name, value in table.items() if _is_table(value)}
    for name, value in table.items():
        if name not in inner:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in inner.items():
        below = f"{path}.{_key(name)}" if path else _key(name)
        head = f"[[{below}]]" if isinstance(value, list) else f"[{below}]"
        for one in value if isinstance(value, list) else [value]:
            yield f"\n{head}"
            yield from _table(one, below)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case str() if "\n" in value:
            return f'"""\n{_ESCAPED.sub(_escaped, value)}"""' if not value.endswith('"') else _in_one_line(value)
        case str():
            return _in_one_line(value)
        case _:
            return repr(value)


def _in_one_line(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _escaped(found: re.Match[str]) -> str:
    letter = found[0]
    return "\\" + letter if letter in '\\"' else f"\\u{ord(letter):04x}"
