"""An uploaded file → samples: whatever libav reads, bounded in every way a hostile file could grow."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.errors import InvalidRequest
from server.audio.decoding.ending import breaks_off
from server.audio.decoding.mixing import Limiter, Wave
from server.audio.decoding.mp4_index import boxes, is_too_large
from server.audio.decoding.part_reader import PartReader
from server.audio.decoding.parts import Part, is_raw, parts, tag_length
from server.audio.decoding.track import UNREADABLE, Missing
from server.audio.decoding.wav_length import wav_length
from server.audio.decoding.window import Window
from server.audio.decoding.work_limit import LimitedFile, WorkLimit

SHORTEST_S = 0.1

LARGEST_HEADER = 4_096
"""What stands before the first file of an upload and is not larger is a tag or a header of a protocol, and no sound."""

TEXT = re.compile(rb"[\t\n\r -~]+")


class Decoding:
    """Reads one file, once. `missing`: the places that could not be read, complete when `samples` has ended."""

    def __init__(self, file: BinaryIO, longest_s: float, clock: Callable[[], float] = time.thread_time) -> None:
        """clock: processor time of the thread, in seconds."""
        self.missing = list[Missing]()
        self._limit, self._longest_s = WorkLimit(clock), longest_s
        self._file = LimitedFile(file, self._limit)
        self._given = 0
        self._why = ""

    def samples(self) -> Iterator[Samples]:
        """All sound of the file, mono at `LINE_RATE`, about a second at a time. Blocking: for a worker thread.

        Raises `InvalidRequest` for what is no audio, or shorter than 0.1 s, longer than `longest_s` or too much work.
        """
        limiter = Limiter()
        self._limit.resume()
        for part in self._parts():
            for wave in self._waves(part):
                self._given += len(wave)
                if self._given > self._longest_s * LINE_RATE:
                    message = f"The audio is longer than {self._longest_s:g} s: send it in parts."
                    raise InvalidRequest(message, code="audio_too_long", param="file")
                samples = limiter.limited(wave)
                self._limit.pause(len(wave) / LINE_RATE)
                yield samples
                self._limit.resume()
        if not self._given:
            raise _not_audio(self._why)
        if self._given < SHORTEST_S * LINE_RATE:
            message = f"The audio is too short: at least {SHORTEST_S:g} s are needed."
            raise InvalidRequest(message, code="audio_too_short", param="file")

    def _parts(self) -> Iterator[Part]:
        if not self._file.seek(0, io.SEEK_END):
            raise _not_audio("The file is empty: none of its bytes arrived.")
        found = parts(self._file)
        if len(found) > 1 and not found[0].kind:
            head = Window(self._file, 0, found[0].end).read(LARGEST_HEADER)
            if tag_length(head) or not is_raw(head):
                if not tag_length(head) and found[0].end > LARGEST_HEADER:
                    self.missing.append(Missing(0.0, None, "unreadable"))
                del found[0]
        yield from found

    def _waves(self, part: Part) -> Iterator[Wave]:
        """The sound of a part."""
        window, broken_off_s = Window(self._file, part.start, part.end), 0.0
        if part.kind == "wav":
            length = wav_length(window)
            window, broken_off_s = Window(self._file, part.start, part.end, length.patches), length.missing_s
        if is_too_large(window):  # whatever its kind is: libav knows MP4 by less
            raise _not_audio("The index of the file is larger than that of any recording.")
        start_s = self._given / LINE_RATE
        reader = PartReader(window, not self._given, self._longest_s)
        try:
            yield from reader.waves()
        except UNREADABLE:
            reader.missing.append(Missing(self._given / LINE_RATE - start_s, None, "unreadable"))
        if self._given == start_s * LINE_RATE:
            self._why = self._why or _why_not(part, window)
            reader.missing = [Missing(0.0, None, "unreadable")]
        elif broken_off_s or (not reader.missing and breaks_off(part.kind, window)):  # damage may look like it
            ends_s = self._given / LINE_RATE - start_s
            reader.missing.append(Missing(ends_s, ends_s + broken_off_s if broken_off_s else None, "broken_off"))
        self.missing += [_moved(one, start_s) for one in reader.missing]


def _moved(missing: Missing, by_s: float) -> Missing:
    end_s = None if missing.end_s is None else missing.end_s + by_s
    return replace(missing, start_s=missing.start_s + by_s, end_s=end_s)


def _why_not(part: Part, file: Window) -> str:
    """What is wrong with a part without sound in it, as far as one can tell."""
    if part.kind == "mp4" and all(box.name != b"moov" for box in boxes(file)):
        return "The recording was not finished: its index (moov) is missing, without which an MP4 file cannot be read."
    if TEXT.fullmatch(file.bytes_at(0, LARGEST_HEADER)):
        return (
            "The file is text and no audio: send the bytes of the recording itself, not in Base64, and not its address."
        )
    if part.kind:
        return f"The file begins like {part.kind}, but there is no sound in it that can be read."
    return ""


def _not_audio(why: str) -> InvalidRequest:
    """What is said of a file without sound in it."""
    generic = "The file is not audio that can be read: send wav, mp3, m4a, ogg, flac, webm or another common format."
    return InvalidRequest(why or generic, code="invalid_audio", param="file")
