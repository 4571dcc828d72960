"""Files that are made to be work: how long they may take, and what does not count."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator

import av
import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE
from pipeline.errors import InvalidRequest
from server.audio.codec import wav_header
from server.audio.decoding.decode import Decoding
from server.audio.decoding.work_limit import WorkLimit
from tests.server.audio.decoding.beeps import Encoding, add_track, beeps, frames, recording

TICK_S = 0.002
"""Of a clock that moves on whenever it is read: what is refused then looked at it thousands of times."""


class Clock:
    """Shows the time that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _silent_in_two_languages() -> bytes:
    how, file = Encoding("matroska", "pcm_s16le"), io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        tracks = [add_track(output, how), add_track(output, how)]
        for track, language in zip(tracks, ("eng", "deu"), strict=True):
            track.metadata["language"] = language
        for frame in frames(how, beeps(130.0, ())):
            for track in tracks:
                output.mux(track.encode(frame))
    return file.getvalue()


HOSTILE = {
    "packets that hold nothing": lambda: b"#!AMR\n" + b"\xff" * 200_000,
    "tags behind tags": lambda: b"ID3\3\0\0\0\0\0\0" * 20_000,
    "samples of one a second": lambda: wav_header(1) + bytes(100_000),
    "silence in two languages": _silent_in_two_languages,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_is_nothing_but_work_is_given_up(kind: str) -> None:
    ticks: Iterator[float] = itertools.count(step=TICK_S)
    with pytest.raises(InvalidRequest) as caught:
        [*Decoding(io.BytesIO(HOSTILE[kind]()), 7_200.0, ticks.__next__).samples()]
    assert (caught.value.code, caught.value.param) == ("invalid_audio", "file")
    assert "too long" in caught.value.message
    assert next(ticks) < 10.0


def test_signatures_by_the_million_are_no_work_by_the_million() -> None:
    ticks: Iterator[float] = itertools.count()
    with pytest.raises(InvalidRequest):
        [*Decoding(io.BytesIO(b"OggS\0\2" * 3_000_000), 60.0, ticks.__next__).samples()]
    assert next(ticks) < 20_000


def test_sound_that_comes_steadily_may_take_long_and_so_may_who_listens() -> None:
    clock, heard = Clock(), list[int]()
    for piece in Decoding(
        io.BytesIO(recording(Encoding("wav", "pcm_s16le"), beeps(10.0, (0.5,)))), 60.0, clock
    ).samples():
        heard.append(len(piece))
        clock.now += 1_000.0
    assert sum(heard) == 10 * LINE_RATE


def test_work_between_two_pieces_of_sound_counts() -> None:
    clock = Clock()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            clock.now += 3.0
            return super().read(size)

    with pytest.raises(InvalidRequest):
        np.concatenate(
            [*Decoding(Slow(recording(Encoding("wav", "pcm_s16le"), beeps(60.0, ()))), 60.0, clock).samples()]
        )


def test_work_for_all_pieces_of_sound_counts_together() -> None:
    clock = Clock()
    limit = WorkLimit(clock)
    for _ in range(10):
        limit.resume()
        clock.now += 1.0
        limit.pause(1.0)
    limit.resume()
    with pytest.raises(InvalidRequest):
        limit.check()
