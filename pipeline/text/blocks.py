"""Code blocks and tables in a model's text as it streams: they are shown, and one phrase is said in their place. Pure.

A line that may open a block is held back until it is decided; a block is held back until it ends. Where it ends does not
depend on how the text was cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

_SPOKEN = {
    "en": {"code": "Some code.", "one": "A table of one row.", "table": "A table of {rows} rows."},
    "zh": {"code": "一段代码。", "one": "一个一行的表格。", "table": "一个{rows}行的表格。"},
}
_FENCE = re.compile(r" {0,3}(`{3,80})[^`\n]{0,80}\n")
_ROW = re.compile(r" {0,3}\|[^\n]*\n")
_RULE = re.compile(r" {0,3}\|[-:| ]*-[-:| ]*\n")
_BEGUN = re.compile(r" {0,3}(?:`{0,80}|`{3,80}[^`\n]{0,80}|\|[^\n]{0,2000})")


@dataclass(frozen=True, slots=True)
class Block:
    """`text` is what is shown: lines of code, or of the table as it is written. rows: without the table's head."""

    kind: Literal["code", "table"]
    text: str
    rows: int = 0

    def spoken(self, language: str) -> str:
        """What is said in its place."""
        phrases = _SPOKEN.get(language, _SPOKEN["en"])
        return phrases["one" if (self.kind, self.rows) == ("table", 1) else self.kind].format(rows=self.rows)


Part: TypeAlias = str | Block


class Blocks:
    """Takes a text as it streams, and gives it on with the blocks in it."""

    def __init__(self) -> None:
        self._held = ""
        self._line_begins = True
        self._lines: list[str] = []
        self._fence = ""

    def push(self, text: str) -> list[Part]:
        """Take more text; return what is decided by it, in order."""
        parts: list[Part] = []
        self._held += text
        while self._held and self._step(parts):
            pass
        return parts

    def finish(self) -> list[Part]:
        """The text is over: return what was still held back. A block that was not closed is one all the same."""
        parts = self.push("\n") if self._held or self._lines else []
        parts += self._closed()
        self._line_begins = True
        return parts

    def _step(self, parts: list[Part]) -> bool:
        """Pass on the beginning of what is held; whether anything was decided."""
        if not self._line_begins:
            line, found, self._held = self._held.partition("\n")
            parts.append(line + found)
            self._line_begins = bool(found)
            return True
        line, found, rest = self._held.partition("\n")
        if not found and (self._fence or _BEGUN.fullmatch(line)):
            return False
        if self._fence or found:
            return self._take_line(line + found, rest, parts)
        parts += self._closed()
        self._line_begins = False
        return True

    def _take_line(self, line: str, rest: str, parts: list[Part]) -> bool:
        if self._fence:
            self._held = rest
            if re.fullmatch(rf" {{0,3}}{self._fence}`*\s*", line):
                parts += self._closed()
            else:
                self._lines.append(line)
        elif _ROW.fullmatch(line) and (len(self._lines) != 1 or _RULE.fullmatch(line)):
            self._held = rest
            self._lines.append(line)
        else:
            parts += self._closed()
            if fence := _FENCE.fullmatch(line):
                self._held, self._fence = rest, fence[1]
            elif _ROW.fullmatch(line):
                self._held, self._lines = rest, [line]
            else:
                self._held = rest
                parts.append(line)
        return True

    def _closed(self) -> list[Part]:
        """What the lines that were held back are, now that no more of them will come."""
        lines, fence = self._lines, self._fence
        self._lines, self._fence = [], ""
        if fence:
            code = "".join(lines).strip("\n")
            return [Block("code", code)] if code.strip() else []
        if len(lines) > 1:
            return [Block("table", "".join(lines).strip("\n"), len(lines) - 2)]
        return ["".join(lines)] if lines else []
