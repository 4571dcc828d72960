"""An answer that is read instead of heard: the model's text as it is, markdown and all, but for style marks."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from pipeline.answering.speaking import Written
from pipeline.engines.protocols import Retracted, TextDelta, ToolCall, Usage
from pipeline.text.clauses import Clause
from pipeline.text.styles import STYLES

_MARK = rf"\[ {{0,3}}(?:{'|'.join(STYLES)}) {{0,3}}\]"
_MARK_AND_SPACE = re.compile(rf"{_MARK}(?: |(?=[^ ]))", re.IGNORECASE)
_LAST_MARK = re.compile(_MARK, re.IGNORECASE)
_MARK_BEGUN = re.compile(rf"\[ {{0,3}}[A-Za-z]{{0,{max(map(len, STYLES))}}} {{0,3}}\]?$")


class Unmarked:
    """Takes text as it streams and gives it without style marks; holds back what may still become one."""

    def __init__(self) -> None:
        self._held = ""

    def push(self, text: str) -> str:
        """Take more text; return what is certainly none of a mark."""
        held = _MARK_AND_SPACE.sub("", self._held + text)
        begun = _MARK_BEGUN.search(held)
        at = begun.start() if begun else len(held)
        self._held = held[at:]
        return held[:at]

    def finish(self) -> str:
        """The text is over: return what was held back and is no mark."""
        rest, self._held = self._held, ""
        return _LAST_MARK.sub("", rest)


async def written(
    events: AsyncGenerator[Written, None],
) -> AsyncGenerator[TextDelta | ToolCall | Usage | Retracted, None]:
    """The model's events, its text without style marks; what is only to be heard is left out."""
    unmarked = Unmarked()
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Clause):
                continue
            if isinstance(event, Retracted):
                unmarked = Unmarked()
            text = unmarked.push(event.text) if isinstance(event, TextDelta) else unmarked.finish()
            if text:
                yield TextDelta(text)
            if not isinstance(event, TextDelta):
                yield event
    if rest := unmarked.finish():
        yield TextDelta(rest)
