"""What was learnt about models outlives the process, whatever became of its file meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.remote.chat.profile import Memory, Profile

WITHOUT_TOOLS = Profile(tools=False)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"s m": 5}',
        b'{"s m": {"system": "x", "tools": "no", "quiet": null}}',
        b'{"s m": {"characters": -5}}',
        b'{"s m": {"characters": 0}}',
        b'{"s m": {"characters": null}}',
        b"[" * 100_000,
    ],
)
def test_what_a_damaged_file_says_counts_as_unknown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "models.json"
    path.write_bytes(content)
    memory = Memory(path)

    assert memory.profile("s", "m") == Profile()
    memory.learn("s", "m", WITHOUT_TOOLS)
    assert Memory(path).profile("s", "m") == WITHOUT_TOOLS


def test_two_that_share_a_file_lose_nothing_of_each_other(tmp_path: Path) -> None:
    one, other = Memory(tmp_path / "models.json"), Memory(tmp_path / "models.json")
    one.learn("s", "one", WITHOUT_TOOLS)
    other.learn("s", "other", Profile(quiet=False))

    again = Memory(tmp_path / "models.json")
    assert (again.profile("s", "one"), again.profile("s", "other")) == (WITHOUT_TOOLS, Profile(quiet=False))


def test_what_cannot_be_written_is_known_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "models.json").mkdir()
    memory = Memory(tmp_path / "models.json")
    memory.learn("s", "m", WITHOUT_TOOLS)

    assert memory.profile("s", "m") == WITHOUT_TOOLS
