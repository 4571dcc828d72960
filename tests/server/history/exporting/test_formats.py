from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from server.history.answers import Conversation, Line, Who
from server.history.exporting.formats import EXPORTS

BEGAN = int(datetime(2026, 11, 30, 20, 15, tzinfo=UTC).timestamp()) * 1000
TALK = Conversation(
    id="conv_1", title="", character=Who(id="wizard", name="Merlin", version="1"), language="en", started_at=BEGAN,
    talked_at=BEGAN, ended_at=BEGAN, ended="left", lines=3, length_ms=65_000, recorded=True, pinned=False, preview="Who?",
    version=1, hits=[],
)  # fmt: skip


def line(role: Any, said: str, at_ms: int, **fields: Any) -> Line:
    known: dict[str, Any] = {"id": f"item_{said[:3]}", "heard": said, "interrupted": False, "words": [], "timing": None}
    known["end_ms"] = at_ms + 2_000
    return Line(role=role, said=said, at_ms=at_ms, created_at=BEGAN, **{**known, **fields})


LINES = [
    line("user", "Who are *you*?\nTell me --> now", 1_000),
    line("assistant", "I am the one who waits.", 3_500, heard="I am the one", interrupted=True),
    line("user", "写下来的", 8_000, end_ms=None),
]


def written(format: str) -> str:
    export = EXPORTS[format]
    pages = [*export.parts(TALK, LINES[:2], 0), *export.parts(TALK, LINES[2:], 2)]
    return export.head(TALK) + "".join(pages) + export.tail


def test_as_text_each_line_is_a_line_with_its_time_and_who_said_it() -> None:
    assert written("text") == (
        "Merlin, 2026-11-30 20:15 UTC\n\n"
        "[0:00:01] Me: Who are *you*? Tell me --> now\n"
        "[0:00:04] Merlin: I am the one […who waits.]\n"
        "[0:00:08] Me: 写下来的\n"
    )


def test_in_markdown_what_was_said_is_only_text() -> None:
    assert "**Me** (0:00:01): Who are \\*you\\*? Tell me --\\> now" in written("markdown")


def test_subtitles_show_what_was_heard_for_as_long_as_it_was() -> None:
    assert written("srt") == (
        "1\n00:00:01,000 --> 00:00:03,000\nMe: Who are *you*? Tell me → now\n\n"
        "2\n00:00:03,500 --> 00:00:05,500\nMerlin: I am the one\n\n"
        "3\n00:00:08,000 --> 00:00:09,000\nMe: 写下来的\n\n"
    )


def test_the_json_holds_all_of_it() -> None:
    exported = json.loads(written("json"))

    assert exported["format"] == 1
    assert exported["conversation"]["character"] == {"id": "wizard", "name": "Merlin", "version": "1"}
    assert exported["lines"] == [line.model_dump(mode="json") for line in LINES]


@pytest.mark.parametrize("format", EXPORTS)
def test_a_conversation_without_lines_is_exported_too(format: str) -> None:
    export = EXPORTS[format]
    whole = export.head(TALK) + export.tail

    assert format != "json" or json.loads(whole)["lines"] == []
