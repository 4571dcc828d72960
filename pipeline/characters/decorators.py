"""The decorators that a lorebook's entry may begin with (`@@depth 4`), as V3 of the card specification says. Pure.

One that is not known, or whose value is wrong, is left out; then the fallbacks behind it (`@@@`) are tried in turn. What
only roles, icons or prompts of other programs give a sense to is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

_LINE = re.compile(r"(@{2,3})([A-Za-z_]+)(?:[ \t]+(.*))?")
_COMMA = re.compile(r"(?<!\\),")


@dataclass(frozen=True, slots=True)
class Decorators:
    """What they say. Numbers are of messages; None: nothing is said.

    activate_only_after, activate_only_every: how many answers of the character there must be, or be divided by.
    keep_activate_after_match: found once, it stays; dont_activate_after_match: it is found but once.
    depth, position: where it stands among what else is known. ignore_on_max_context: it gives way first.
    additional_keys: of each group one has to be there too; exclude_keys: none of them.
    """

    activate: bool = False
    dont_activate: bool = False
    activate_only_after: int | None = None
    activate_only_every: int | None = None
    keep_activate_after_match: bool = False
    dont_activate_after_match: bool = False
    scan_depth: int | None = None
    depth: int | None = None
    position: str | None = None
    ignore_on_max_context: bool = False
    additional_keys: tuple[tuple[str, ...], ...] = ()
    exclude_keys: tuple[str, ...] = ()


def _flag(value: str) -> bool:
    return {"": True, "true": True, "false": False}[value.lower()]


def _number(value: str) -> int:
    return min(max(int(value), 0), 1_000_000)


def _positive(value: str) -> int:
    return max(_number(value), 1)


def _position(value: str) -> str:
    return {"before_desc": "before_char", "after_desc": "after_char"}[value.strip("\"'").lower()]


def _list(value: str) -> tuple[str, ...]:
    keys = tuple(key.replace("\\,", ",").strip() for key in _COMMA.split(value))
    return tuple(filter(None, keys))


_READ: Mapping[str, Callable[[str], Any]] = {
    "activate": _flag,
    "dont_activate": _flag,
    "activate_only_after": _number,
    "activate_only_every": _positive,
    "keep_activate_after_match": _flag,
    "dont_activate_after_match": _flag,
    "scan_depth": _number,
    "depth": _number,
    "position": _position,
    "ignore_on_max_context": _flag,
    "additional_keys": _list,
    "exclude_keys": _list,
}


def decorated(content: str) -> tuple[Decorators, str]:
    """The decorators that `content` begins with, and what is behind them. Of two with one name the first counts."""
    decorators, seen, left_out = Decorators(), set[str](), False
    lines = content.splitlines()
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line.strip())
        if not found:
            return decorators, "\n".join(lines[place:]).strip()
        if len(found[1]) == 3 and not left_out:
            continue
        name, value = found[2].lower(), (found[3] or "").strip()
        change = _change(decorators, name, value)
        left_out = change is None
        if change is not None and (name not in seen or name == "additional_keys"):
            decorators = replace(decorators, **change)
            seen.add(name)
    return decorators, ""


def _change(decorators: Decorators, name: str, value: str) -> dict[str, Any] | None:
    """What one of them changes; None for what is not known or has no sense."""
    try:
        read = _READ[name](value)
    except (KeyError, ValueError):
        return None
    return {name: (*decorators.additional_keys, read) if name == "additional_keys" else read}
