"""Text from outside made fit to be kept, spoken and sent on. Pure.

Half a surrogate pair cannot be written as UTF-8, so that it fails wherever the text goes next: the client's socket, the
model's next request. NUL ends a text early in libraries written in C, and databases refuse it. Such characters come from
models that cut emoji in two, from damaged files, and from clients.
"""

from __future__ import annotations

import re

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_BREAKS = re.compile("\r\n?|[\x0b\x0c]")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_FIRST_HALVES = range(0xD800, 0xDC00)


def clean(text: str) -> str:
    """`text` without half surrogate pairs (whole ones are joined) and control characters other than newline and tab.

    What else breaks a line becomes a newline, so that no two words become one.
    """
    return text if text.isprintable() else _UNFIT.sub("", _PAIR.sub(_join, _BREAKS.sub("\n", text)))


class CleanStream:
    """Cleans a text that comes in pieces: a pair that was cut in two is joined."""

    def __init__(self) -> None:
        self._half = ""

    def push(self, piece: str) -> str:
        """What can be passed on now that `piece` has come. Half a pair at the very end is never passed on."""
        text, self._half = self._half + piece, ""
        if text and ord(text[-1]) in _FIRST_HALVES:
            text, self._half = text[:-1], text[-1]
        return clean(text)


def _join(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
