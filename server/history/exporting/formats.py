"""A conversation to take away: as text, Markdown, JSON or subtitles. Pure; the lines come a page at a time.

JSON is for programs and is described in docs/history.md; `format` grows when the meaning of a field changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import orjson

from server.api.moments import iso
from server.history.answers import Conversation, Line

FORMAT = 1
"""Of the JSON."""

SHORTEST_MS = 1_000
"""Subtitles that are shown for less cannot be read."""

DAY, MINUTE = len("2026-11-30"), len("2026-11-30T12:00")
"""Letters of a time as it is told, up to its day and to its minute."""

LINE_BREAKS = str.maketrans("\r\n", "  ")


@dataclass(frozen=True, slots=True)
class Export:
    """One format: `head`, then `of` each line, joined by `between`, then `tail`."""

    type: str
    ending: str
    head: Callable[[Conversation], str]
    of: Callable[[Conversation, Line, int], str]
    between: str = ""
    tail: str = ""

    def parts(self, conversation: Conversation, lines: Iterable[Line], first: int) -> Iterator[str]:
        """What is written of these lines, of which the first has the number `first`, counted from 0."""
        for number, line in enumerate(lines, first):
            yield (self.between if number else "") + self.of(conversation, line, number)


def name_of(conversation: Conversation) -> str:
    """What the file is called, without its ending."""
    return f"{conversation.title or conversation.character.name} {iso(conversation.started_at)[:DAY]}"


def _who(conversation: Conversation, line: Line) -> str:
    if line.role == "assistant":
        return conversation.character.name
    return "我" if conversation.language.startswith("zh") else "Me"


def _title(conversation: Conversation) -> str:
    day, _, time = iso(conversation.started_at)[:MINUTE].partition("T")
    return f"{conversation.title or conversation.character.name}, {day} {time} UTC"


def _time(line: Line) -> str:
    minutes, seconds = divmod(round(line.at_ms / 1000), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _said(line: Line) -> str:
    """What was heard, and what was not any more behind it."""
    unheard = line.said[len(line.heard) :].strip() if line.said.startswith(line.heard) else ""
    return f"{line.heard.strip()} […{unheard}]" if line.interrupted and unheard else line.said.strip()


def _text(conversation: Conversation, line: Line, _number: int) -> str:
    return f"[{_time(line)}] {_who(conversation, line)}: {_said(line).translate(LINE_BREAKS)}\n"


def _markdown(conversation: Conversation, line: Line, _number: int) -> str:
    said = "".join(
        f"\\{letter}" if letter in "\\`*_{}[]<>#|~" else letter for letter in _said(line).translate(LINE_BREAKS)
    )
    return f"\n**{_who(conversation, line)}** ({_time(line)}): {said}\n"


def _json(_conversation: Conversation, line: Line, _number: int) -> str:
    return orjson.dumps(line.model_dump(mode="json")).decode()


def _json_head(conversation: Conversation) -> str:
    about = conversation.model_dump(mode="json", exclude={"hits", "version", "lines", "practice_id"})
    return orjson.dumps({"format": FORMAT, "conversation": about}).decode()[:-1] + ',"lines":['


def _srt(conversation: Conversation, line: Line, number: int) -> str:
    """One subtitle. What was written, not said, is shown when it was sent."""
    start = line.at_ms
    end = max(start + SHORTEST_MS, start if line.end_ms is None else line.end_ms)
    said = line.heard.strip().translate(LINE_BREAKS).replace("-->", "→") or "…"
    return f"{number + 1}\n{_srt_time(start)} --> {_srt_time(end)}\n{_who(conversation, line)}: {said}\n\n"


def _srt_time(ms: int) -> str:
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{ms:03}"


EXPORTS: Mapping[str, Export] = {
    "text": Export("text/plain; charset=utf-8", "txt", lambda of: f"{_title(of)}\n\n", _text),
    "markdown": Export("text/markdown; charset=utf-8", "md", lambda of: f"# {_title(of)}\n", _markdown),
    "json": Export("application/json", "json", _json_head, _json, ",", "]}\n"),
    "srt": Export("application/x-subrip; charset=utf-8", "srt", lambda _of: "", _srt),
}
