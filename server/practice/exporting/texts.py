"""The words of what is taken along, in both languages: `texts.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

BLANK = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Texts:
    """Those of one language; of one that there is none of, English."""

    language: str

    def __call__(self, key: str, **blanks: object) -> str:
        """The text of that key, such as `reason.no_speech`, with its blanks filled."""
        by_language = all_texts()[key]
        text = by_language.get(self.language, by_language["en"])
        return BLANK.sub(lambda blank: str(blanks[blank[1]]), text)  # what is put in may have braces

    def reason(self, code: str) -> str:
        """Why something is missing; a code that is not known, as it is."""
        return self(f"reason.{code}") if f"reason.{code}" in all_texts() else code


@cache
def all_texts() -> Mapping[str, Mapping[str, str]]:
    """By key, then by language."""
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return dict(_flat(data, ""))


def _flat(data: Mapping[str, Any], prefix: str) -> list[tuple[str, Mapping[str, str]]]:
    found: list[tuple[str, Mapping[str, str]]] = []
    for name, value in data.items():
        found += [(f"{prefix}{name}", value)] if "en" in value else _flat(value, f"{prefix}{name}.")
    return found
