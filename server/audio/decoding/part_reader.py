"""One file, or one of several that were joined → the sound of its tracks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.audio.samples import LINE_RATE
from server.audio.decoding.container import chosen_tracks, opened, packets
from server.audio.decoding.mixing import Wave, together
from server.audio.decoding.parts import tag_length
from server.audio.decoding.timeline import Timeline
from server.audio.decoding.track import UNREADABLE, Missing, Track
from server.audio.decoding.unread import Unread
from server.audio.decoding.window import Window

LATEST_BEGIN_S = 60.0
"""A file that begins later than this, by its time stamps, is a piece of a longer stream: its sound begins at 0."""

LONGEST_GAP_S = 10.0
"""In MPEG streams, whose clock restarts where they are joined; a larger gap is none. ffmpeg has the same limit."""

MPEG_STREAMS = frozenset(("mpegts", "mpeg"))
"""libav's names, here and below. Their clock begins anywhere."""

INDEXED = MPEG_STREAMS | {"mov,mp4,m4a,3gp,3g2,mj2", "avi", "mxf"}
"""Bytes that no packet comes from mean nothing here: an index leads past them, or they fill a stream up."""

UNTIMED = frozenset("aac ac3 aiff amr amrnb amrwb au dts eac3 flac loas mp3 nistsphere tta voc w64 wav".split())
"""Without time stamps: libav counts packets, and counts wrongly where the rate changes."""

PRIMED = frozenset(("aac", "loas"))
"""A frame of AAC is half of an overlap: the first one, 64 ms at 16 kHz, is no sound yet. MP4 and MP3 say it themselves."""

SAYS_ITS_LENGTH = frozenset(("aiff", "caf", "flac", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "mp3"))
"""libav takes the length from the header, where there is one, and does not estimate it. For mp3: see `_said_s`."""

MP3_LENGTHS = (b"Xing", b"Info", b"VBRI")

LEAST_MISSING_AT_END_S = 0.25
"""Encoders round lengths up to a packet."""

MOST_TRACKS = 16

MOST_ERRORS = 100
"""In a row, while packets are read."""


class PartReader:
    """Reads one part. `missing`: what could not be decoded, complete when `waves` has ended."""

    def __init__(self, file: Window, is_first: bool, longest_s: float) -> None:
        """is_first: sound that begins late, by its time stamps, has silence before it; a part that follows has none."""
        self.missing = list[Missing]()
        self._file, self._is_first, self._longest_s = file, is_first, longest_s

    def waves(self) -> Iterator[Wave]:
        """About a second at a time. Raises one of `UNREADABLE` if nothing can be read at all."""
        yield from together([self._blocks(index) for index in chosen_tracks(self._file)[:MOST_TRACKS]])

    def _blocks(self, index: int) -> Iterator[tuple[int, Wave]]:
        """The sound of one track. Each has the file opened for itself, since they may lie one behind the other in it."""
        with opened(self._file.again()) as container:
            format = container.format.name
            begin_s = self._begin_s(container)
            longest_gap_s = LONGEST_GAP_S if format in MPEG_STREAMS else self._longest_s
            track = Track(Timeline(begin_s, longest_gap_s), timed=format not in UNTIMED, primed=format in PRIMED)
            said_s = _said_s(container, self._file, index)
            unread = Unread(self._file, holes=format not in INDEXED, timed=format not in UNTIMED)
            for packet in _packets(container):
                self._file.limit.check()
                unread.reached(packet)
                if packet.stream_index == index:
                    try:
                        blocks = [*track.push(packet, unread)]
                    except UNREADABLE:
                        unread.failed(packet)
                        continue
                    unread.decoded()
                    yield from blocks
            yield from track.finish(unread)
        self.missing += track.missing
        ends_s = track.timeline.end / LINE_RATE
        jumped = any(one.reason == "clock_jumped" for one in track.missing)  # then the length is that of another clock
        if said_s is not None and not jumped and said_s - begin_s > ends_s + LEAST_MISSING_AT_END_S:
            self.missing.append(Missing(ends_s, said_s - begin_s, "broken_off"))

    def _begin_s(self, container: Any) -> float:
        """The time stamp of the beginning."""
        first_s = (container.start_time or 0) / 1_000_000
        late = self._is_first and container.format.name not in MPEG_STREAMS and 0 <= first_s <= LATEST_BEGIN_S
        return 0.0 if late else first_s


def _packets(container: Any) -> Iterator[Any]:
    """All packets; what libav stumbles over it passes over."""
    errors = 0
    while errors < MOST_ERRORS:
        try:
            for packet in packets(container):
                errors = 0
                yield packet
            return
        except UNREADABLE:
            errors += 1


def _said_s(container: Any, file: Window, index: int) -> float | None:
    """Where the sound ends, as the file says; None if it does not, or only of sound and picture together."""
    format, stream = container.format.name, container.streams[index]
    if format not in SAYS_ITS_LENGTH or (format == "mp3" and not any(mark in _head(file) for mark in MP3_LENGTHS)):
        return None
    if stream.duration:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
    if len(container.streams) == 1 and container.duration:
        return float(container.duration) / 1_000_000  # from 0 on, whenever the sound begins
    return None


def _head(file: Window) -> bytes:
    """The first packet or so of an MP3 file, behind its tag."""
    return file.bytes_at(tag_length(file.bytes_at(0, 10)), 4_096)
