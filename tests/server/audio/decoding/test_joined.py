"""Recordings that change inside, and files that are several: nothing after the change is lost."""

from __future__ import annotations

import pytest

from tests.server.audio.decoding.beeps import WITHIN_S, Encoding, beeps, heard, recording

JOINED = {
    "mp3 of another rate": (Encoding("mp3", "libmp3lame", 44_100), Encoding("mp3", "libmp3lame", 22_050, "stereo")),
    "adts of another rate": (Encoding("adts", "aac", 44_100), Encoding("adts", "aac", 32_000, "stereo")),
    "adts of other channels": (Encoding("adts", "aac", 48_000), Encoding("adts", "aac", 48_000, "stereo")),
    "ogg": (Encoding("ogg", "libopus", 48_000), Encoding("ogg", "libopus", 48_000)),
    "ogg of other channels": (Encoding("ogg", "libopus", 48_000), Encoding("ogg", "libopus", 48_000, "stereo")),
    "ogg of another codec": (Encoding("ogg", "libopus", 48_000), Encoding("ogg", "flac", 16_000)),
    "flac of another rate": (Encoding("flac", "flac", 44_100), Encoding("flac", "flac", 16_000, "stereo")),
    "webm": (Encoding("webm", "libopus", 48_000), Encoding("webm", "libopus", 48_000)),
    "webm of other channels": (Encoding("webm", "libopus", 48_000, "stereo"), Encoding("webm", "libopus", 48_000)),
    "matroska of another codec": (Encoding("matroska", "flac", 44_100), Encoding("matroska", "pcm_s16le", 16_000)),
    "mp4": (Encoding("mp4", "aac", 44_100), Encoding("mp4", "aac", 16_000, "stereo")),
    "wav of another rate": (Encoding("wav", "pcm_s16le", 16_000), Encoding("wav", "pcm_f32le", 44_100, "stereo")),
    "aiff": (Encoding("aiff", "pcm_s16be", 16_000), Encoding("aiff", "pcm_s16be", 44_100)),
    "caf": (Encoding("caf", "pcm_s16le", 16_000), Encoding("caf", "alac", 44_100)),
    "au": (Encoding("au", "pcm_s16be", 16_000), Encoding("au", "pcm_mulaw", 8_000)),
    "flv": (Encoding("flv", "libmp3lame", 44_100), Encoding("flv", "aac", 22_050)),
    "amr": (Encoding("amr", "libopencore_amrnb", 8_000, "mono", 12_200),) * 2,
    "asf": (Encoding("asf", "wmav2", 44_100, "mono", 64_000), Encoding("asf", "wmav2", 22_050, "stereo", 64_000)),
    "mpegts of another rate": (Encoding("mpegts", "libmp3lame", 44_100), Encoding("mpegts", "libmp3lame", 32_000)),
    "mpegts of other channels": (Encoding("mpegts", "aac", 44_100), Encoding("mpegts", "aac", 44_100, "stereo")),
    "avi": (Encoding("avi", "libmp3lame", 44_100), Encoding("avi", "pcm_s16le", 16_000)),
    "w64": (Encoding("w64", "pcm_s16le", 16_000), Encoding("w64", "pcm_s16le", 44_100)),
}


@pytest.mark.parametrize("joined", JOINED)
def test_files_written_one_after_the_other_are_heard_to_the_end(joined: str) -> None:
    first, second = JOINED[joined]
    files = [recording(how, beeps(3.0, (0.5, 2.0), how.rate)) for how in (first, second, first)]
    recorded = heard(b"".join(files))
    assert recorded.beeps == pytest.approx([0.5, 2.0, 3.5, 5.0, 6.5, 8.0], abs=0.2)  # each has some padding
    assert recorded.missing == []


def test_files_of_two_kinds_that_were_joined_are_heard() -> None:
    mp3 = recording(Encoding("mp3", "libmp3lame", 44_100), beeps(3.0, (0.5, 2.0), 44_100))
    wav = recording(Encoding("wav", "pcm_s16le"), beeps(3.0, (0.5, 2.0)))
    assert heard(mp3 + wav).beeps == pytest.approx([0.5, 2.0, 3.5, 5.0], abs=0.1)


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_hundreds_of_short_recordings_that_were_joined_are_heard(container: str) -> None:
    file = recording(Encoding(container, "libopus", 48_000), beeps(0.5, (0.05,), 48_000))
    assert len(heard(file * 200).beeps) == 200


FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "1000000"}


def test_mp4_in_fragments_is_heard_to_the_end() -> None:
    how = Encoding("mp4", "aac", 44_100, options=FRAGMENTS)
    recorded = heard(recording(how, beeps(6.0, (0.5, 3.0, 5.0), 44_100)))
    assert recorded.beeps == pytest.approx([0.5, 3.0, 5.0], abs=WITHIN_S)


def test_a_piece_of_a_longer_stream_begins_at_its_beginning() -> None:
    how = Encoding("mp4", "aac", 44_100, options=FRAGMENTS)
    recorded = heard(recording(how, beeps(3.0, (0.5,), 44_100), begin_s=4_000.0))
    assert recorded.beeps == pytest.approx([0.5], abs=WITHIN_S)


ID3 = b"ID3\x04\x00\x00\x00\x00\x02\x00" + bytes(256)
PICTURE = b"ID3\x03\x00\x00\x00\x07\x00\x00" + b"\xff\xfb\x90\x64" * (7 * 128 * 128 // 4)
HEADERS = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'


@pytest.mark.parametrize(
    "how",
    [
        Encoding("wav", "pcm_s16le"),
        Encoding("mp3", "libmp3lame", 44_100),
        Encoding("flac", "flac", 44_100),
        Encoding("adts", "aac", 44_100),
        Encoding("ogg", "libopus", 48_000),
        Encoding("aiff", "pcm_s16be", 44_100),
    ],
    ids=lambda how: how.container,
)
@pytest.mark.parametrize(
    "before", [ID3, ID3 * 2, PICTURE, HEADERS, bytes(1_000), b"\r\n"], ids=lambda junk: repr(junk[:8])
)
def test_what_stands_before_the_sound_is_passed_over(how: Encoding, before: bytes) -> None:
    recorded = heard(before + recording(how, beeps(3.0, (0.5, 2.0), how.rate)))
    assert recorded.beeps == pytest.approx([0.5, 2.0], abs=WITHIN_S)
    assert recorded.missing == []


def test_tags_between_joined_mp3s_take_no_time() -> None:
    how = Encoding("mp3", "libmp3lame", 44_100)
    tagged = PICTURE + recording(how, beeps(3.0, (0.5, 2.0), how.rate)) + b"TAG" + bytes(125)
    recorded = heard(tagged * 2)
    assert recorded.beeps == pytest.approx([0.5, 2.0, 3.5, 5.0], abs=0.15)
    assert recorded.missing == []
