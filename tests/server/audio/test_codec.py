"""What leaves the encoders is decoded again by libav, and compared with what went in."""

from __future__ import annotations

import io
import wave
from typing import get_args

import numpy as np
import pytest

from pipeline.audio.samples import level_dbfs
from server.audio.codec import RATE, AudioFormat, encoder
from tests.server.audio.files import heard_in, tone

COMPRESSED = [format for format in get_args(AudioFormat) if format != "pcm"]
SOUND = tone(3.0, RATE)


def pieces(format: AudioFormat) -> list[bytes]:
    """A file as it grows, from pieces of 80 ms."""
    file = encoder(format)
    step = RATE * 80 // 1000
    return [*(file.encode(SOUND[at : at + step]) for at in range(0, len(SOUND), step)), file.finish()]


@pytest.mark.parametrize("format", COMPRESSED)
def test_a_file_holds_all_of_the_sound_as_loud_as_it_was(format: AudioFormat) -> None:
    heard = heard_in(b"".join(pieces(format)), RATE)
    # Lossy codecs begin and end with some milliseconds of their own silence.
    assert len(heard) / RATE == pytest.approx(3.0, abs=0.1)
    assert level_dbfs(heard[RATE // 2 : -RATE // 2]) == pytest.approx(level_dbfs(SOUND), abs=0.5)


@pytest.mark.parametrize("format", get_args(AudioFormat))
def test_a_file_leaves_while_it_is_made(format: AudioFormat) -> None:
    made = pieces(format)
    early = sum(map(len, made[: len(made) // 4]))
    assert early > 0.15 * sum(map(len, made))
    assert next(number for number, piece in enumerate(made) if piece) <= 1


@pytest.mark.parametrize("format", get_args(AudioFormat))
def test_a_piece_without_samples_changes_nothing(format: AudioFormat) -> None:
    file, plain = encoder(format), encoder(format)
    nothing = np.zeros(0, np.int16)
    with_nothing = [file.encode(nothing), file.encode(SOUND), file.encode(nothing), file.finish()]
    assert heard_or_raw(b"".join(with_nothing), format) == heard_or_raw(plain.encode(SOUND) + plain.finish(), format)


def heard_or_raw(file: bytes, format: AudioFormat) -> bytes:
    """Samples, since a container may have random numbers in it."""
    return file if format == "pcm" else heard_in(file, RATE).tobytes()


def test_pcm_is_nothing_but_samples() -> None:
    assert b"".join(pieces("pcm")) == SOUND.tobytes()


def test_a_wav_says_that_its_length_is_unknown_and_is_read_to_its_end_all_the_same() -> None:
    file = b"".join(pieces("wav"))
    assert (file[4:8], file[40:44]) == (b"\xff\xff\xff\xff", b"\xff\xff\xff\xff")
    with wave.open(io.BytesIO(file)) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (1, 2, RATE)
        assert read.readframes(10**9) == SOUND.tobytes()
    assert np.array_equal(heard_in(file, RATE), SOUND)
