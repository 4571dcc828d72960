"""What cannot be read of a file is told, and the rest is heard at its time."""

from __future__ import annotations

import io
import random
from contextlib import suppress

import av
import numpy as np
import pytest

from pipeline.errors import InvalidRequest
from server.audio.decoding.decode import Decoding
from tests.server.audio.decoding.beeps import WITHIN_S, Encoding, beeps, heard, recording

AT = (0.5, 3.0, 5.5, 8.0)
NOISE = random.Random(7)

WAV = Encoding("wav", "pcm_s16le")
MP3 = Encoding("mp3", "libmp3lame", 44_100)
PRECISE = [
    MP3,
    Encoding("adts", "aac", 44_100),
    Encoding("flac", "flac", 44_100),
    Encoding("ogg", "libopus", 48_000),
    Encoding("webm", "libopus", 48_000),
    Encoding("matroska", "aac", 44_100),
    Encoding("mp4", "aac", 44_100),
    Encoding("flv", "aac", 44_100),
    Encoding("mpegts", "aac", 44_100),
    Encoding("asf", "wmav2", 44_100, "mono", 64_000),
]


def noisy(seconds: float, rate: int) -> np.ndarray:
    """Beeps on a floor of noise, so that all of the sound takes bytes."""
    floor = np.random.default_rng(3).normal(0, 150, int(seconds * rate))
    return (beeps(seconds, AT, rate) + floor).astype(np.int16)


@pytest.mark.parametrize("how", PRECISE, ids=lambda how: f"{how.container} {how.codec}")
def test_damage_in_the_middle_is_told_and_moves_nothing(how: Encoding) -> None:
    file = bytearray(recording(how, noisy(10.0, how.rate)))
    start, end = int(len(file) * 0.42), int(len(file) * 0.49)
    file[start:end] = NOISE.randbytes(end - start)
    recorded = heard(bytes(file))
    # Without time stamps only bytes tell how much is lost.
    exact = 0.35 if how.container in ("mp3", "adts", "flac") else WITHIN_S
    assert recorded.beeps[0] == pytest.approx(0.5, abs=WITHIN_S)
    assert recorded.beeps[-1] == pytest.approx(8.0, abs=exact)
    assert recorded.missing, "it is told"
    assert 3.3 < recorded.missing[0].start_s < 5.5
    assert all(one.end_s is not None for one in recorded.missing)


@pytest.mark.parametrize(
    "how",
    [
        WAV,
        MP3,
        Encoding("flac", "flac", 44_100),
        Encoding("aiff", "pcm_s16be", 44_100),
        Encoding("matroska", "aac", 44_100),
        Encoding("webm", "libopus", 48_000),
    ],
    ids=lambda how: how.container,
)
def test_a_file_that_breaks_off_is_heard_so_far_and_the_rest_is_told(how: Encoding) -> None:
    file = recording(how, noisy(10.0, how.rate))
    recorded = heard(file[: int(len(file) * 0.45)])
    assert recorded.beeps == pytest.approx([0.5, 3.0], abs=WITHIN_S)
    last = recorded.missing[-1]
    assert (last.start_s, last.end_s) == (pytest.approx(4.5, abs=0.5), pytest.approx(10.0, abs=0.1))


FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "1000000"}


@pytest.mark.parametrize(
    "how",
    [
        Encoding("mp4", "aac", 44_100, options=FRAGMENTS),
        Encoding("ogg", "libopus", 48_000),
        Encoding("webm", "libopus", 48_000, options={"live": "1"}),
        Encoding("flv", "aac", 44_100),
        Encoding("caf", "pcm_s16le", 44_100),
        Encoding("w64", "pcm_s16le", 44_100),
    ],
    ids=lambda how: how.container,
)
def test_that_a_stream_breaks_off_is_told_without_its_length(how: Encoding) -> None:
    file = recording(how, noisy(10.0, how.rate))
    assert heard(file).missing == []
    recorded = heard(file[: int(len(file) * 0.45)])
    assert recorded.beeps == pytest.approx([0.5, 3.0], abs=WITHIN_S)
    last = recorded.missing[-1]
    assert (last.start_s, last.reason) == (pytest.approx(4.5, abs=0.7), "broken_off")
    known_s = pytest.approx(5.0, abs=0.3) if how.container == "mp4" else None  # a fragment says how long it is itself
    assert last.end_s == known_s


@pytest.mark.parametrize("container", ["adts", "mpegts"])
def test_streams_without_any_length_are_heard_as_far_as_they_go(container: str) -> None:
    file = recording(Encoding(container, "aac", 44_100), noisy(10.0, 44_100))
    assert heard(file[: int(len(file) * 0.45)]).beeps == pytest.approx([0.5, 3.0], abs=WITHIN_S)


@pytest.mark.parametrize(
    "length", [0, 1_000, 100_000, 0x7FFF_F000, 0x7FFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFDB], ids=lambda length: f"{length:#x}"
)
def test_a_wav_whose_header_was_never_put_right_is_heard_to_its_end(length: int) -> None:
    file = bytearray(recording(WAV, beeps(10.0, AT)))
    data = file.index(b"data")
    file[data + 4 : data + 8] = length.to_bytes(4, "little")
    recorded = heard(bytes(file))
    assert recorded.beeps == pytest.approx(AT, abs=WITHIN_S)
    assert recorded.missing == []


@pytest.mark.parametrize(
    "behind", [b"LIST\x04\x00\x00\x00INFO", b"id3 \x03\x00\x00\x00abc\x00", b"ID3\x04" + bytes(90)]
)
def test_chunks_behind_the_sound_of_a_wav_are_not_taken_for_sound(behind: bytes) -> None:
    assert heard(recording(WAV, beeps(2.0, (0.5,))) + behind * 20).seconds == 2.0


def test_a_header_that_comes_late_is_found_and_what_stands_before_it_told() -> None:
    file = recording(Encoding("webm", "libopus", 48_000), noisy(10.0, 48_000))
    recorded = heard(NOISE.randbytes(80_000) + file)
    assert recorded.beeps == pytest.approx(AT, abs=WITHIN_S)
    assert [(one.start_s, one.end_s, one.reason) for one in recorded.missing] == [(0.0, None, "unreadable")]


def test_of_joined_files_the_one_that_cannot_be_read_is_told() -> None:
    mp4 = recording(Encoding("mp4", "aac", 44_100), beeps(3.0, (0.5,), 44_100))
    unfinished = mp4[: mp4.rindex(b"moov") - 4]
    recorded = heard(mp4 + unfinished + mp4)
    assert recorded.beeps == pytest.approx([0.5, 3.5], abs=0.1)
    assert [(round(one.start_s), one.end_s) for one in recorded.missing] == [(3, None)]


def test_a_track_that_cannot_be_decoded_is_no_audio() -> None:
    mp4 = bytearray(recording(Encoding("mp4", "aac", 44_100), noisy(10.0, 44_100)))
    start, end = mp4.index(b"mdat") + 4, mp4.rindex(b"moov") - 4
    mp4[start:end] = b"\xff" * (end - start)
    assert _why(bytes(mp4))


def _why(file: bytes) -> str:
    with pytest.raises(InvalidRequest) as caught:
        [*Decoding(io.BytesIO(file), 60.0).samples()]
    assert caught.value.code == "invalid_audio"
    return caught.value.message


def test_what_is_wrong_is_said() -> None:
    mp4 = recording(Encoding("mp4", "aac", 44_100), beeps(3.0, (0.5,), 44_100))
    assert "moov" in _why(mp4[: mp4.rindex(b"moov") - 4])
    assert "empty" in _why(b"")
    assert "no sound" in _why(_only_a_picture())
    assert "Base64" in _why(b"data:audio/wav;base64,UklGRiQAAABXQVZFZm10" * 100)
    assert "wav, mp3" in _why(b"\xde\xad\xbe\xef" * 1_000)


def _only_a_picture() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        picture = output.add_stream("mpeg4", rate=5)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        for number in range(5):
            still = av.VideoFrame.from_ndarray(np.full((96, 64), number, np.uint8), format="yuv420p")
            still.pts = number
            output.mux(picture.encode(still))
        output.mux(picture.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("how", PRECISE, ids=lambda how: how.container)
def test_no_damage_ends_in_anything_but_sound_or_a_refusal(how: Encoding) -> None:
    whole = recording(how, noisy(3.0, how.rate))
    rng = random.Random(11)
    for _ in range(12):
        file = bytearray(whole)
        for _ in range(rng.randrange(1, 30)):
            file[rng.randrange(len(file))] = rng.randrange(256)
        with suppress(InvalidRequest):
            assert 0 < heard(bytes(file[: rng.randrange(len(file) // 2, len(file))]), 3_600.0).seconds < 3_600


def test_a_gap_that_cannot_be_one_is_told() -> None:
    how = Encoding("matroska", "pcm_s16le")
    recorded = heard(recording(how, beeps(90.0, (0.5, 85.0)), gap=(2.0, 80.0)), longest_s=60.0)
    told = [(round(one.start_s), one.end_s, one.reason) for one in recorded.missing]
    assert told == [(2, None, "clock_jumped")]


def test_gaps_count_for_the_longest_audio() -> None:
    how = Encoding("matroska", "pcm_s16le")
    with pytest.raises(InvalidRequest) as caught:
        heard(recording(how, beeps(90.0, (0.5, 85.0)), gap=(20.0, 75.0)), longest_s=60.0)
    assert caught.value.code == "audio_too_long"
