"""Whatever stands in a character's file, it is a character or an error that names the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import SettingError
from server.characters.file_format import CharacterFile, LanguageTable, PlanTable, StepTable
from server.characters.reading import load_character, load_characters

DETECTIVE = (Path(__file__).parents[3] / "personas" / "detective.toml").read_bytes()

LEAST = b"""id = "bo"
languages = ["en"]
[en]
name = "Bo"
who = "A baker."
greeting = "Hi?"
"""

FRAGMENTS = (
    *(
        b"",
        b"[",
        b"]",
        b"[[",
        b"]]",
        b"{",
        b"}",
        b'"',
        b'"""',
        b"'",
        b"=",
        b",",
        b".",
        b"#",
        b"\n",
        b"\r",
        b"\x00",
        b"\xff",
    ),
    *(
        b"[en]",
        b"[[en.exchanges]]",
        b"[en.plan]",
        b"languages = ",
        b"nan",
        b"1979-02-31",
        b"9" * 5_000,
        b"\\ud800",
        b"1e999",
    ),
)
FIELDS = sorted(
    {*CharacterFile.model_fields, *LanguageTable.model_fields, *PlanTable.model_fields, *StepTable.model_fields}
)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(), inner, max_size=4),
    max_leaves=10,
)


def toml(value: Any) -> str:
    """`value` as TOML, in one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case _:
            return json.dumps(value)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("characters") / "somebody.toml"


def is_character_or_named(path: Path, content: bytes) -> bool:
    """Whether a file of that content is a character, or is refused by its name; any other error is raised."""
    path.write_bytes(content)
    try:
        load_character(path)
    except SettingError as error:
        return error.message.startswith(f"{path.name}: ")
    return True


@settings(deadline=None)
@given(content=st.binary(max_size=200))
@example(content=LEAST)
@example(content=b"")
@example(content=b"a = " + b"[" * 100_000)
@example(content=b"a = " + b"{a = " * 100_000)
@example(content=b"a = " + b"9" * 5_000)
@example(content=b"a." * 1_000 + b"a = 1")
@example(content=b"\xef\xbb\xbf" + LEAST)
@example(content=b"#" * 2_000_000)
def test_any_bytes_are_a_character_or_an_error_that_names_the_file(path: Path, content: bytes) -> None:
    assert is_character_or_named(path, content)


@settings(deadline=None, max_examples=60)
@given(
    at=st.integers(0, len(DETECTIVE)),
    removed=st.integers(0, 400),
    added=st.lists(st.sampled_from(FRAGMENTS), max_size=3),
)
def test_a_file_that_was_damaged_is_a_character_or_an_error_that_names_it(
    path: Path, at: int, removed: int, added: list[bytes]
) -> None:
    assert is_character_or_named(path, DETECTIVE[:at] + b"".join(added) + DETECTIVE[at + removed :])


@settings(deadline=None)
@given(
    top=st.dictionaries(st.sampled_from(FIELDS) | st.text(), VALUES),
    inner=st.dictionaries(st.sampled_from(FIELDS), VALUES),
)
def test_any_values_are_a_character_or_an_error_that_names_the_file(
    path: Path, top: dict[str, Any], inner: dict[str, Any]
) -> None:
    least = {"id": "bo", "languages": ["en"]}
    english = {"name": "Bo", "who": "A baker.", "greeting": "Hi?"}
    for data in (top, {**least, "en": english | inner}, {**least, **top, "en": english}):
        assert is_character_or_named(
            path, "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in data.items()).encode()
        )


def test_what_cannot_be_read_as_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()

    with pytest.raises(SettingError, match=r"folder\.toml: cannot be read: Is a directory"):
        load_characters(tmp_path)
