import struct

import numpy as np
import pytest

from models.remote.audio_stream import WireAudio, wav_of
from models.remote.client import Server
from pipeline.errors import EngineError
from tests.models.speech_server import raw, tone

SERVER = Server("voice", "the speech server")
RATE = 24_000
SPEECH = tone(200)


def wav(code: int, bits: int, channels: int, body: bytes, rate: int = RATE, extra: bytes = b"") -> bytes:
    """A WAV of any kind; `extra`: chunks before the samples."""
    form = struct.pack("<HHIIHH", code, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    if code == 0xFFFE:
        form += struct.pack("<HHIH14s", 22, bits, 0, 1, b"\0" * 14)
    chunks = struct.pack("<4sI", b"fmt ", len(form)) + form + extra + struct.pack("<4sI", b"data", len(body)) + body
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks


def read(sent: bytes, size: int = 1000) -> np.ndarray:
    audio = WireAudio(SERVER, RATE)
    parts = [sent[at : at + size] for at in range(0, len(sent), size)]
    chunks = [chunk for part in parts for chunk in audio.take(part)] + list(audio.end())
    assert all(0 < len(chunk.pcm) <= 0.08 * RATE for chunk in chunks)
    return np.concatenate([chunk.pcm for chunk in chunks])


@pytest.mark.parametrize("size", [1, 5, 43, 45, 10_000])
@pytest.mark.parametrize(
    "sent",
    [
        raw(SPEECH),
        wav_of(SPEECH, RATE),
        wav(1, 16, 1, raw(SPEECH), extra=b"LIST\x05\0\0\0abcde\0"),
        wav(1, 16, 2, raw(np.repeat(SPEECH, 2))),
        wav(1, 32, 1, (SPEECH.astype("<i4") << 16).tobytes()),
        wav(0xFFFE, 16, 1, raw(SPEECH)),
        wav(1, 16, 1, raw(SPEECH)) + b"trailing words that are no sound",
    ],
    ids=["pcm", "wav", "wav with a list", "stereo", "32 bits", "extensible", "with a tail"],
)
def test_samples_are_the_same_in_every_wrapping_and_however_they_are_cut(sent: bytes, size: int) -> None:
    np.testing.assert_array_equal(read(sent, size), SPEECH)


def test_floats_become_integers_and_never_wrap_around() -> None:
    sent = wav(3, 32, 1, np.array([0.0, 0.5, 2.0, -2.0, np.nan], "<f4").tobytes())

    assert read(sent).tolist() == [0, 16_383, 32_767, -32_767, 0]


def test_a_sample_is_not_held_back_for_the_next_one() -> None:
    audio = WireAudio(SERVER, RATE)

    assert [len(chunk.pcm) for chunk in audio.take(raw(SPEECH[:480]))] == [480]


@pytest.mark.parametrize(
    "sent",
    [
        wav(1, 24, 1, b"\0" * 300),
        wav(6, 8, 1, b"\0" * 300),
        wav(1, 16, 0, b"\0" * 300),
        wav(1, 16, 1, b"\0" * 300, rate=23_999),
        b"RIFF\0\0\0\0WAVEdata\0\0\0\0",
        b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0\0\0",
        b"RIFF\0\0\0\0WAVELIST\xff\xff\xff\x7f",
    ],
    ids=["24 bits", "a-law", "no channels", "odd rate", "no format", "short format", "endless header"],
)
def test_a_wav_that_we_cannot_read_is_an_error(sent: bytes) -> None:
    with pytest.raises(EngineError, match="cannot read"):
        read(sent, 3)


@pytest.mark.parametrize("sent", [b"", b"\x01", b"RIFF", wav_of(SPEECH, RATE)[:40], wav_of(SPEECH, RATE)[:44]])
def test_no_audio_is_an_error(sent: bytes) -> None:
    audio = WireAudio(SERVER, RATE)
    assert not list(audio.take(sent))
    with pytest.raises(EngineError, match="sent no audio"):
        list(audio.end())


@pytest.mark.parametrize(
    "kind", ["audio/pcm", "audio/L16; rate=24000", "audio/x-wav", "application/octet-stream", "", "AUDIO/WAV"]
)
def test_types_of_audio_are_expected(kind: str) -> None:
    WireAudio(SERVER, RATE).expect(kind)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("text/html; charset=utf-8", "text/html"), ("audio/mpeg", "audio/mpeg"), ("sk-1234", "something else")],
)
def test_other_types_are_told(kind: str, shown: str) -> None:
    with pytest.raises(EngineError, match=f"answered with {shown} instead of PCM or WAV"):
        WireAudio(SERVER, RATE).expect(kind)
