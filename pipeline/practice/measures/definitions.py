"""What each measure is, in both languages: for the page, the report, and who reads docs/practice.md."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

Part: TypeAlias = Literal["measures", "vocabulary"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One measure, told in one language.

    part: of the report, in which it stands. unit: as it is written behind the value; of pace it depends on what is spoken.
    digits: how many are shown behind the point. formula: as one line. source: who proposed or uses it.
    not_said: what must not be read from it.
    """

    id: str
    part: Part
    label: str
    unit: str
    digits: int
    definition: str
    formula: str
    source: str
    not_said: str


def definitions(language: str, spoken: str = "en") -> Sequence[Definition]:
    """All measures in the order of reports, told in `language` (in English where that is not "zh").

    spoken: the language that is measured.
    """
    told = "zh" if language.partition("-")[0] == "zh" else "en"
    said = "zh" if spoken.partition("-")[0] == "zh" else "en"
    return [_definition(id, entry, told, said) for id, entry in _read()["measures"].items()]


def missing_label(code: str, language: str) -> str:
    """Why a measure has no value, as a sentence."""
    labels = _read()["missing"].get(code, {})
    return str(labels.get("zh" if language.partition("-")[0] == "zh" else "en", code))


def _definition(id: str, entry: Mapping[str, Any], told: str, said: str) -> Definition:
    texts = entry[told]
    unit = texts.get(f"unit_{said}", texts.get("unit", ""))
    return Definition(
        id,
        entry["part"],
        texts["label"],
        unit,
        entry["digits"],
        texts["definition"],
        texts["formula"],
        entry["source"],
        texts["not_said"],
    )


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "definitions.toml").read_text("utf-8"))
