"""Rules that find slips: patterns with what is better in their place, read from `english.toml` and `chinese.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.practice.mistake import Mistake

FILES: Mapping[str, str] = {"en": "english.toml", "zh": "chinese.toml"}
"""By BCP 47 primary tag."""

_LIST = re.compile(r"(?<!P)<(\w+)>")
_PLACE = re.compile(r"\{(?:(\w+):)?(\d)\}")
_SPACES = re.compile(r" {2,}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One slip. `examples`: sentences with what is wrong in them, and what is better; `right`: sentences without it.

    written: only writing has it, so that nobody who spoke is told of it.
    """

    id: str
    pattern: re.Pattern[str]
    better: str
    kind: str
    reason: Mapping[str, str]
    tables: Mapping[str, Mapping[str, str]]
    examples: Sequence[tuple[str, str, str]]
    right: Sequence[str]
    hinders: bool = False
    written: bool = False

    def found_in(self, text: str, own_language: str) -> Iterator[Mistake]:
        """Where the slip stands in `text`."""
        for match in self.pattern.finditer(text):
            groups = match.groupdict()
            if groups.get("not"):
                continue
            said = match.group("said") if groups.get("said") else match.group()
            start = match.start("said") if groups.get("said") else match.start()
            better = self._better(match)
            if better and better.casefold() != said.casefold():
                reason = self.reason.get(own_language) or self.reason["en"]
                yield Mistake(said, start, _like(said, better), reason, self.kind, self.hinders)

    def _better(self, match: re.Match[str]) -> str:
        """What is to be said; empty where a table does not know the word."""
        # An unnamed group keeps its number beside the named ones, which the pattern may begin with.
        named = set(self.pattern.groupindex.values())
        plain = [match.group(number) or "" for number in range(1, self.pattern.groups + 1) if number not in named]
        known = True

        def filled(place: re.Match[str]) -> str:
            nonlocal known
            table, number = place[1], int(place[2])
            text = plain[number - 1]
            if not table:
                return text
            found = self.tables[table].get(text.casefold().strip())
            known = known and found is not None
            return found or ""

        better = _SPACES.sub(" ", _PLACE.sub(filled, self.better))
        return better if known else ""


@cache
def rules_of(language: str) -> Sequence[Rule]:
    """The rules for a language by its BCP 47 primary tag, in the order of their file; none for one that has none."""
    name = FILES.get(language)
    if name is None:
        return ()
    data = tomllib.loads((Path(__file__).parent / name).read_text("utf-8"))
    lists, tables = data["lists"], data.get("tables", {})
    return [_rule(table, lists, tables) for table in data["rules"]]


def _rule(table: Mapping[str, Any], lists: Mapping[str, list[str]], tables: Mapping[str, Mapping[str, str]]) -> Rule:
    pattern = _LIST.sub(lambda found: f"(?:{'|'.join(lists[found[1]])})", table["pattern"])
    return Rule(
        table["id"],
        re.compile(pattern, re.IGNORECASE),
        table["better"],
        table["kind"],
        table["reason"],
        tables,
        [(sentence, said, better) for sentence, said, better in table["bad"]],
        table["good"],
        table.get("hinders", False),
        table.get("written", False),
    )


def _like(said: str, better: str) -> str:
    """`better` with a capital letter where `said` has one."""
    return better[0].upper() + better[1:] if said[:1].isupper() else better
