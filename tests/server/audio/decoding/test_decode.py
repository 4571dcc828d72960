"""Files of all kinds, and what only looks like one."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE, Samples, level_dbfs
from pipeline.errors import InvalidRequest
from server.audio.codec import wav_header
from server.audio.decoding.decode import Decoding
from tests.server.audio.files import CODECS, file_of, tone

RATES = {"ogg": 48_000, "webm": 48_000}


def read(file: bytes, longest_s: float = 60.0) -> Samples:
    return np.concatenate([*Decoding(io.BytesIO(file), longest_s).samples()])


def refused(file: bytes, longest_s: float = 60.0) -> str:
    """The code of the error that the file is refused with."""
    with pytest.raises(InvalidRequest) as caught:
        read(file, longest_s)
    assert caught.value.param == "file"
    return caught.value.code


@pytest.mark.parametrize("container", CODECS)
@pytest.mark.parametrize("channels", [1, 2])
def test_any_common_file_becomes_mono_samples_at_the_rate_of_the_line(container: str, channels: int) -> None:
    rate = RATES.get(container, 44_100)
    sound = tone(2.5, rate)
    heard = read(file_of(sound, container, rate, channels))
    assert len(heard) / LINE_RATE == pytest.approx(2.5, abs=0.12)
    assert level_dbfs(heard[8_000:-8_000]) == pytest.approx(level_dbfs(sound), abs=1.0)


def test_samples_come_about_a_second_at_a_time() -> None:
    lengths = [len(piece) for piece in Decoding(io.BytesIO(file_of(tone(10.0))), 60.0).samples()]
    assert len(lengths) >= 9
    assert max(lengths) < 2 * LINE_RATE


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"x",
        b"not audio at all" * 100,
        bytes(range(256)) * 64,
        b"RIFF" + b"\0" * 200,
        wav_header(16_000)[:20],
        wav_header(16_000),
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + b"\xff" * 5_000,
        b"OggS" + b"\xff" * 5_000,
        b"fLaC" + b"\xff" * 5_000,
        b"\x1aE\xdf\xa3" + b"\xff" * 5_000,
        b"\0\0\0\x20ftypM4A " + b"\xff" * 5_000,
        b"<html><body>404</body></html>",
        b"%PDF-1.7\n" + b"0" * 5_000,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 5_000,
    ],
    ids=lambda file: repr(file[:12]),
)
def test_what_is_no_audio_is_refused(file: bytes) -> None:
    assert refused(file) == "invalid_audio"


@pytest.mark.parametrize("rate", [1, 3_999, 2_000_000])
def test_absurd_rates_are_refused(rate: int) -> None:
    assert refused(wav_header(rate) + bytes(100_000)) == "invalid_audio"


def test_an_unknown_codec_is_refused() -> None:
    file = bytearray(wav_header(16_000) + bytes(100_000))
    file[20:22] = b"\x77\x77"
    assert refused(bytes(file)) == "invalid_audio"


def test_a_playlist_opens_nothing_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.wav").write_bytes(file_of(tone(1.0)))
    monkeypatch.chdir(tmp_path)
    concat = "ffconcat version 1.0\nfile secret.wav\n"
    hls = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.wav\n#EXT-X-ENDLIST\n"
    sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n"
    assert [refused(text.encode()) for text in (concat, hls, sdp)] == ["invalid_audio"] * 3


def test_a_file_that_unpacks_to_hours_is_given_up_where_the_limit_is() -> None:
    hour = np.zeros(3_600 * 8_000, np.int16)
    file = file_of(hour, "flac", 8_000)
    assert len(file) < hour.nbytes / 50
    taken = list[int]()
    with pytest.raises(InvalidRequest) as caught:
        taken.extend(len(piece) for piece in Decoding(io.BytesIO(file), 60.0).samples())
    assert caught.value.code == "audio_too_long"
    assert sum(taken) <= 60 * LINE_RATE


def test_hardly_any_sound_is_too_short() -> None:
    assert refused(file_of(tone(0.05))) == "audio_too_short"


def test_of_a_file_that_was_cut_off_the_rest_is_read() -> None:
    whole = file_of(tone(6.0), "mp3")
    assert len(read(whole[: len(whole) // 2])) / LINE_RATE == pytest.approx(3.0, abs=0.3)


def test_damage_in_the_middle_is_passed_over() -> None:
    file = bytearray(file_of(tone(6.0), "mp3"))
    middle = len(file) // 2
    file[middle : middle + 2_000] = bytes(2_000)
    assert len(read(bytes(file))) / LINE_RATE > 4.5


def test_a_wav_of_unknown_length_is_read_to_its_end() -> None:
    assert len(read(wav_header(16_000) + tone(2.0).tobytes())) == 2 * LINE_RATE
