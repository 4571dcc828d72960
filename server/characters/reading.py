"""From files to characters. Every problem is told with the file's name, the field and what would be right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.characters.character import Character
from pipeline.errors import InvalidRequest, SettingError
from server.characters.file_format import CharacterFile, LanguageTable

FILE_LIMIT = 1_000_000
"""Bytes of a file; the longest of ours has 40,000."""

WORDING = {
    "missing": "is missing",
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "tuple_type": "must be a list",
    "string_type": "must be text",
}
"""What pydantic says in terms of Python, said in terms of a file."""

_CHARACTER = TypeAdapter(Character)


def load_characters(folder: Path) -> dict[str, Character]:
    """Every `*.toml` in `folder` by id, in order of file name. Raises `SettingError` naming the file and the field."""
    characters: dict[str, Character] = {}
    for path in sorted(folder.glob("*.toml")):
        character = load_character(path)
        if character.id in characters:
            raise SettingError(f"{path.name}: the id {character.id!r} is taken by another file.")
        characters[character.id] = character
    return characters


def load_character(path: Path) -> Character:
    """The character in one file. Raises `SettingError` naming the file and the field."""
    try:
        return parse_character(tomllib.loads(_content(path)))
    except InvalidRequest as error:
        raise SettingError(f"{path.name}: {error.message}") from error
    # Besides its own error, tomllib lets through those of numbers that are too long and of nesting that is too deep.
    except (ValueError, RecursionError) as error:
        raise SettingError(f"{path.name}: not a TOML file: {error}") from error
    except OSError as error:
        raise SettingError(f"{path.name}: cannot be read: {error.strerror}") from error


def _content(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(FILE_LIMIT + 1)
    if len(content) > FILE_LIMIT:
        raise InvalidRequest(f"longer than {FILE_LIMIT:,} bytes.")
    return content.decode("utf-8")


def parse_character(data: Mapping[str, Any]) -> Character:
    """A character from untrusted data. Raises `InvalidRequest` whose `param` is the dotted path of what is wrong."""
    try:
        file = CharacterFile.model_validate(data)
    except ValidationError as error:
        raise _first_problem(error) from None
    return _character(file)


def _first_problem(error: ValidationError) -> InvalidRequest:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    problem = WORDING.get(first["type"]) or re.sub(r"^\w+ should", "should", first["msg"])
    return InvalidRequest(f"`{path}` {problem}{'' if problem.endswith('?') else '.'}", param=path)


def _character(file: CharacterFile) -> Character:
    """What the file says: fields that depend on no language as they are, the others as one mapping from language each."""
    tables = {language: table.model_dump() for language, table in file.tables.items()}
    by_field = {
        field: {language: table[field] for language, table in tables.items()} for field in LanguageTable.model_fields
    }
    plans = {language: plan for language, plan in by_field.pop("plan").items() if plan is not None}
    for plan in plans.values():
        plan["closing"] = [turn["remarks"] for turn in plan["closing"]]
    independent = file.model_dump(include=set(CharacterFile.model_fields) - {"default_language"})
    special = {"languages": tuple(tables), "portrait": file.portrait or file.id, "plan": plans}
    return _CHARACTER.validate_python(independent | by_field | special)
