"""How a download goes, for a person: on a terminal one line that renews itself, elsewhere a plain line now and then."""

from __future__ import annotations

import shutil
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

STEP = 10
"""Percent between two plain lines."""
WINDOW_S = 10.0
"""Seconds over which the speed is told."""
WIDTH = 24


class DownloadProgress:
    """Writes to `out`. Lines that are said stay; the progress below them is replaced."""

    def __init__(self, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out or sys.stderr
        self._live = self._out.isatty()
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._doing = ""
        self._step = -1

    def says(self, line: str) -> None:
        """A line that stays."""
        self._wipe()
        print(f"  {line}", file=self._out, flush=True)

    def progress(self, doing: str, done: int, total: int) -> None:
        """`done` bytes of `total` (0 if unknown) are there."""
        now = self._clock()
        if doing != self._doing:
            self._doing, self._step = doing, -1
            self._seen.clear()
        self._seen.append((now, done))
        while self._seen[0][0] < now - WINDOW_S:
            self._seen.popleft()
        done = min(done, total) if total else done
        percent = done * 100 // total if total else 0
        if self._live:
            self._paint(self._line(doing, done, total, percent))
        elif (step := percent // STEP if total else done // 100_000_000) > self._step:
            self._step = step
            print(f"  {doing}: {_size(done, total)}", file=self._out, flush=True)

    def end(self) -> None:
        """Nothing more is done: the renewing line goes."""
        self._wipe()
        self._doing = ""

    def _line(self, doing: str, done: int, total: int, percent: int) -> str:
        filled = WIDTH * percent // 100
        bar = f" [{'=' * filled}{' ' * (WIDTH - filled)}]" if total else ""
        speed = self._speed()
        left = f", {_duration((total - done) / speed)} left" if total and speed > 0 else ""
        pace = f"  {speed / 1e6:.1f} MB/s{left}" if speed > 0 else ""
        return f"  {doing}{bar} {_size(done, total)}{pace}"

    def _speed(self) -> float:
        """Bytes a second, lately."""
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        return max(0.0, (last - first) / (now - began)) if now > began else 0.0

    def _paint(self, line: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{line[:width].ljust(width)}\r", end="", file=self._out, flush=True)

    def _wipe(self) -> None:
        if self._live:
            self._paint("")


def megabytes(count: int) -> str:
    """Bytes as people say them."""
    return (
        f"{count / 1e9:.1f} GB"
        if count >= 1e9
        else f"{count / 1e6:.0f} MB"
        if count >= 1e6
        else f"{count / 1e3:.0f} kB"
    )


def _size(done: int, total: int) -> str:
    return f"{done * 100 // total:3d} %  {megabytes(done)} of {megabytes(total)}" if total else megabytes(done)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
