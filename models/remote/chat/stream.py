"""The body of an answer → the JSON values in it, whatever a server makes of "server-sent events". Pure.

The official client's reader stops at the first line it does not expect, and checks nothing of what it does: people's servers
send keep-alives, empty events, one JSON object a line, one whole JSON object though a stream was asked for, or a web page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

DONE = "[DONE]"
LONGEST_BODY = 1_000_000
"""Characters of a body that is no stream of events."""
_DATA = re.compile(r"[\ufeff \t]*(?:data:\s*)+", re.IGNORECASE)
_DECODER = json.JSONDecoder(strict=False)
_IGNORED = (":", "event:", "id:", "retry:")


class NotJson(ValueError):
    """The body is something else. page: whether it is a web page."""

    def __init__(self, page: bool) -> None:
        super().__init__("not JSON")
        self.page = page


class Payloads:
    """Takes the lines of a body. done: whether the server said that the stream is complete."""

    def __init__(self) -> None:
        self.done = False
        self._event: list[str] = []
        self._event_name = ""
        self._body: list[str] = []
        self._size = 0
        self._any = False

    def push(self, line: str) -> Iterator[Any]:
        """The values that are complete with this line. Raises `NotJson` for a page."""
        if field := _DATA.match(line):
            yield from self._data(line[field.end() :].strip())
        elif not line.strip():
            yield from self._end_event()
        elif self._event and not line.startswith(_IGNORED):  # the value goes on, without the field's name
            yield from self._data(line.strip())
        elif line.startswith("event:") and not self._body:
            self._event_name = line[6:].strip().lower()
        elif not line.startswith(_IGNORED) or self._body:
            yield from self._other(line)

    def finish(self) -> Iterator[Any]:
        """The body is over: what it holds if it was no stream. Raises `NotJson`."""
        if self._event or (not self._any and not self._body and not self.done):
            raise NotJson(page=False)
        if self._body:
            whole, self._body = "\n".join(self._body), []
            value = _json(whole)
            if value is None and not self._any:
                raise NotJson(page=is_page(whole))
            if value is not None:
                self.done = True
                yield from value if isinstance(value, list) else [value]

    def _data(self, data: str) -> Iterator[Any]:
        if data.strip("\"'").upper() == DONE:
            self.done = True
        elif data and data != "null":
            self._event.append(data)
            values = _values("\n".join(self._event))
            if not values:
                self._bound(data)
                return
            self._event, self._any = [], True
            is_error = self._event_name == "error"
            yield from ({"error": value} if is_error and not _tells_error(value) else value for value in values)

    def _end_event(self) -> Iterator[Any]:
        """An event that is no JSON: what an error says, a sign of life, or nothing that can be used."""
        event, name = self._event, self._event_name
        self._event, self._event_name = [], ""
        if not event:
            return
        if name == "error":
            self._any = True
            yield {"error": {"message": " ".join(event)}}
        elif is_page(event[0]) or (event[0][0] in "{[" and not self._any):
            raise NotJson(page=is_page(event[0]))

    def _other(self, line: str) -> Iterator[Any]:
        """A line that is no field of an event: one of the body of something else."""
        values = _values(line) if not self._body and line.lstrip("\ufeff ").startswith("{") else []
        if values:
            self._any = True
            yield from values
            return
        self._bound(line)
        self._body.append(line)
        if len(self._body) == 1 and is_page(line):
            raise NotJson(page=True)

    def _bound(self, text: str) -> None:
        self._size += len(text)
        if self._size > LONGEST_BODY:
            raise NotJson(page=False)


def is_page(text: str) -> bool:
    """Whether a text is that of a web page."""
    return text.lstrip("\ufeff \t\r\n").lower().startswith(("<!doctype", "<html", "<?xml", "<head", "<body"))


def _tells_error(value: Any) -> bool:
    return isinstance(value, dict) and "error" in value


def _values(text: str) -> list[Any]:
    """The JSON values of a text, also where several stand in a row; none if it holds anything else."""
    values, rest = [], text.strip("\ufeff \t\r\n")
    while rest:
        try:
            value, end = _DECODER.raw_decode(rest)
        except (ValueError, RecursionError):
            return []
        values.append(value)
        rest = rest[end:].lstrip(" \t\r\n,")
    return values


def _json(text: str) -> Any:
    """The value; None if the text is no JSON (or null)."""
    try:
        return json.loads(text.strip("\ufeff \t\r\n"), strict=False)
    except (ValueError, RecursionError):
        return None
