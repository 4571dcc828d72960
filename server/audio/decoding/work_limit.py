"""How long a file may be worked on, whatever it holds.

A hostile file costs processor time without giving sound: signatures by the million, packets that nothing can be made of, an
index that leads to the same byte again and again. So the time is bounded, and not each way in which it could be wasted.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import BinaryIO

from pipeline.errors import InvalidRequest

WITHOUT_SOUND_S = 5.0
"""Processor time. Files of the largest size, of any common kind, take less than one second before they give sound."""

PER_SECOND = 0.25
"""More of it for each second of sound: usual files need a thousandth, hundreds of joined ones a hundredth."""


class WorkLimit:
    """Counts the processor time of the thread that works. `check` raises `InvalidRequest` when it was too much."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock, self._spent_s, self._allowed_s = clock, 0.0, WITHOUT_SOUND_S
        self._since = 0.0

    def resume(self) -> None:
        """Work goes on, perhaps on another thread."""
        self._since = self._clock()

    def pause(self, sound_s: float) -> None:
        """Work has brought this much sound, and may wait for a long time now."""
        self._spent_s += self._clock() - self._since
        self._allowed_s += sound_s * PER_SECOND

    def check(self) -> None:
        """To be called again and again while there is work."""
        if self._spent_s + self._clock() - self._since > self._allowed_s:
            message = (
                "Reading the file takes too long for the sound in it: it may be damaged. Send it in another format."
            )
            raise InvalidRequest(message, code="invalid_audio", param="file")


class LimitedFile:
    """A file of which every reading is a `check`, so that libav ends as well."""

    def __init__(self, file: BinaryIO, limit: WorkLimit) -> None:
        self.limit = limit
        self._file = file

    def read(self, most: int = -1) -> bytes:
        """The next bytes."""
        self.limit.check()
        return self._file.read(most)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        return self._file.seek(offset, whence)
