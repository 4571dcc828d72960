"""From files to characters. Every problem is told with the file's name, the field and what would be right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.characters.character import Character
from pipeline.errors import InvalidRequest, SettingError
from server.api.reading import MOST_FAULTS
from server.characters.file_format import CharacterFile, LanguageTable
from server.errors import FieldFault

T = TypeVar("T")

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
    return {id: character for id, (character, _) in load_files(folder).items()}


def load_files(folder: Path) -> dict[str, tuple[Character, Mapping[str, Any]]]:
    """The same, each with what its file says. Raises `SettingError`."""
    files: dict[str, tuple[Character, Mapping[str, Any]]] = {}
    for path in sorted(folder.glob("*.toml")):
        character, data = load_file(path)
        if character.id in files:
            raise SettingError(f"{path.name}: the id {character.id!r} is taken by another file.")
        files[character.id] = character, data
    return files


def load_character(path: Path) -> Character:
    """The character in one file. Raises `SettingError` naming the file and the field."""
    return load_file(path)[0]


def load_file(path: Path) -> tuple[Character, Mapping[str, Any]]:
    """The character in one file, and what the file says. Raises `SettingError` naming the file and the field."""

    def read(content: str, data: Mapping[str, Any]) -> tuple[Character, Mapping[str, Any]]:
        version = blake2b(content.encode(), digest_size=8).hexdigest()
        return replace(parse_character(data), version=version), data

    return read_toml(path, read)


def read_toml(path: Path, read: Callable[[str, Mapping[str, Any]], T]) -> T:
    """What `read` makes of a TOML file's text and of what it says; its `InvalidRequest` becomes ours.

    Raises `SettingError` naming the file and what is wrong with it.
    """
    try:
        content = _content(path)
        return read(content, tomllib.loads(content))
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
        raise first_problem(error) from None
    return _character(file)


def problems_of(data: Mapping[str, Any]) -> Sequence[FieldFault]:
    """All that is wrong with untrusted data, by the dotted paths of its fields; nothing if it is a character."""
    try:
        CharacterFile.model_validate(data)
    except ValidationError as error:
        return faults_in(error)
    return ()


def first_problem(error: ValidationError) -> InvalidRequest:
    """The first thing that is wrong with a file, in a sentence; `param` is its dotted path."""
    first = faults_in(error)[0]
    end = "" if first.message.endswith("?") else "."
    return InvalidRequest(f"`{first.field}` {first.message}{end}", param=first.field)


def faults_in(error: ValidationError) -> Sequence[FieldFault]:
    """All that is wrong with a file, by the dotted paths of its fields, in terms of a file."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]
    return [
        FieldFault(
            ".".join(str(part) for part in one["loc"]),
            one["type"],
            WORDING.get(one["type"]) or re.sub(r"^\w+ should", "should", one["msg"]),
        )
        for one in found
    ]


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
