"""The lines for a character whose file has none of its own, and for a talk that names no character."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.characters.character import Character

GENERAL = Path(__file__).with_name("general.toml")
UNSAID = {"manner": "", "voice": "neutral", "limits": ""}
"""What a character has in every language and this one does not need."""


@lru_cache(maxsize=1)
def general() -> Character:
    """Somebody who says only what anybody might say. The file is ours, so that lists are lists and nothing is missing."""
    data = tomllib.loads(GENERAL.read_text("utf-8"))
    tables = {language: UNSAID | data.pop(language) for language in data["languages"]}
    by_field = {field: {language: table[field] for language, table in tables.items()} for field in tables["en"]}
    return TypeAdapter(Character).validate_python(data | by_field | {"accent": "", "plan": {}})
