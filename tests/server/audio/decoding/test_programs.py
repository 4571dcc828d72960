"""Files as recorders, browsers, phones and streaming programs write them."""

from __future__ import annotations

import io
import random

import av
import numpy as np
import pytest

from tests.server.audio.decoding.beeps import WITHIN_S, Encoding, add_track, beeps, frames, heard, recording

AT = (0.5, 2.0)
RANDOM = random.Random(5)

WRITTEN = {
    "a browser: no length, no index": Encoding("webm", "libopus", 48_000, options={"live": "1"}),
    "a browser: Matroska with PCM": Encoding("matroska", "pcm_f32le", 48_000, options={"live": "1"}),
    "Safari: MP4 in fragments": Encoding(
        "mp4", "aac", 48_000, options={"movflags": "frag_keyframe+empty_moov", "frag_duration": "500000"}
    ),
    "a fragment for every frame": Encoding(
        "mp4", "libopus", 48_000, options={"movflags": "frag_every_frame+empty_moov"}
    ),
    "DASH": Encoding("mp4", "aac", 48_000, options={"movflags": "dash+delay_moov", "frag_duration": "1000000"}),
    "a field recorder: RF64": Encoding("wav", "pcm_s24le", 96_000, "stereo", options={"rf64": "always"}),
    "a broadcaster: BWF": Encoding("wav", "pcm_s24le", 48_000, options={"write_bext": "1"}),
    "dictation: 8 kHz MP3": Encoding("mp3", "libmp3lame", 8_000, bit_rate=16_000),
    "MP3 without a header of its own": Encoding(
        "mp3", "libmp3lame", 44_100, options={"write_xing": "0", "id3v2_version": "0"}
    ),
    "a hearing at 192 kHz": Encoding("flac", "flac", 192_000, "stereo"),
    "a telephone at 8 kHz": Encoding("ogg", "libopus", 8_000),
    "Apple: little-endian AIFF": Encoding("aiff", "pcm_s16le", 44_100),
    "unsigned words": Encoding("mov", "pcm_u8", 22_050),
    "a DVD": Encoding("vob", "mp2", 48_000),
    "a television stream": Encoding("mpegts", "eac3", 48_000, "5.1"),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_what_programs_write_is_heard_at_its_times(written: str) -> None:
    how = WRITTEN[written]
    recorded = heard(recording(how, beeps(3.0, AT, how.rate)))
    assert recorded.beeps == pytest.approx(AT, abs=WITHIN_S)
    assert recorded.missing == []


def test_gsm_of_a_telephone_system_is_read() -> None:
    blocks = b"".join(bytes([0xD0]) + RANDOM.randbytes(64) for _ in range(100))  # 40 ms each
    form = np.array([0x31, 1], "<u2").tobytes() + np.array([8_000, 1_625], "<u4").tobytes()
    form += np.array([65, 0, 2, 320], "<u2").tobytes()
    chunks = b"fmt " + len(form).to_bytes(4, "little") + form + b"data" + len(blocks).to_bytes(4, "little") + blocks
    recorded = heard(b"RIFF" + (4 + len(chunks)).to_bytes(4, "little") + b"WAVE" + chunks)
    assert (recorded.seconds, recorded.missing) == (pytest.approx(4.0, abs=0.01), [])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Encoding("mpegts", "aac", 48_000, "stereo"), Encoding("mpegts", "aac", 44_100)),
        (Encoding("mpegts", "aac", 48_000), Encoding("mpegts", "aac", 24_000, "stereo")),
        (Encoding("flv", "aac", 44_100), Encoding("flv", "aac", 22_050, "stereo")),
        (Encoding("flv", "libmp3lame", 44_100), Encoding("flv", "libmp3lame", 22_050)),
    ],
    ids=["ts: rate", "ts: channels", "flv aac", "flv mp3"],
)
def test_a_stream_whose_sender_changes_is_heard_to_the_end(first: Encoding, second: Encoding) -> None:
    """Its clock goes on, its format does not."""
    header = 13 if first.container == "flv" else 0
    file = recording(first, beeps(3.0, AT, first.rate))
    file += recording(second, beeps(3.0, AT, second.rate), begin_s=3.1)[header:]
    assert heard(file).beeps == pytest.approx([0.5, 2.0, 3.6, 5.1], abs=0.1)


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_a_picture_on_the_cover_is_no_sound(container: str) -> None:
    how = Encoding(container, "aac", 44_100)
    file = io.BytesIO()
    with av.open(file, "w", format=how.container) as output:
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = 1 << 10  # an attached picture
        stream = add_track(output, how)
        output.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuvj420p")))
        output.mux(cover.encode(None))
        for frame in (*frames(how, beeps(3.0, AT, how.rate)), None):
            output.mux(stream.encode(frame))
    assert heard(file.getvalue()).beeps == pytest.approx(AT, abs=WITHIN_S)
