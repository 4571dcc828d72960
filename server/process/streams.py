"""Standard output and error on which no print fails, whatever they are: closed, cut off, on a full disk, of few characters.

A server goes on where nobody reads its lines any more (`run.py | head -1`, a terminal that is gone), and a character that
a terminal has not (a "·" in cp932 or ASCII) is shown as a question mark.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any


class LastingOutput(io.FileIO):
    """A file whose writing never fails: what cannot be written is dropped."""

    def write(self, data: Any) -> int:
        try:
            written = super().write(data)
        except OSError:  # nobody reads (EPIPE), no terminal (EIO), a full disk (ENOSPC)
            return len(data)
        return len(data) if written is None else written  # None: it does not block, and is full


def prepare_streams() -> None:
    """Call it before anything is written or opened."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, _nowhere(descriptor))
        elif name != "stdin" and stream is getattr(sys, f"__{name}__"):
            setattr(sys, name, _lasting(stream))


def _nowhere(descriptor: int) -> io.TextIOWrapper:
    """In place of a stream that was closed at the start, so that no socket or file gets its number, and its prints."""
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != descriptor:
        os.dup2(opened, descriptor)
        os.close(opened)
    return open(descriptor, "r" if descriptor == 0 else "w", encoding="utf-8", closefd=False)


def _lasting(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.reconfigure(errors="replace")
    raw: Any = getattr(stream.buffer, "raw", stream.buffer)  # none of its own with PYTHONUNBUFFERED
    if type(raw) is not io.FileIO:  # a console of Windows, which takes any character
        return stream
    lasting: Any = LastingOutput(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        lasting if raw is stream.buffer else io.BufferedWriter(lasting),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
