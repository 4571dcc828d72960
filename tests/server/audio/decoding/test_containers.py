"""What libav can write is read again: each beep at its time, whatever the container, the codec and the channels."""

from __future__ import annotations

import pytest

from tests.server.audio.decoding.beeps import WITHIN_S, Encoding, beeps, heard, recording

AT = (0.5, 1.6)
SECONDS = 3.0

FILES = """
wav pcm_s16le 16000 | wav pcm_u8 8000 | wav pcm_s24le 44100 | wav pcm_s32le 48000 | wav pcm_f32le 44100
wav pcm_f64le 48000 | wav pcm_alaw 8000 | wav pcm_mulaw 8000 | wav adpcm_ms 22050 | wav adpcm_ima_wav 22050
wav libmp3lame 44100 | w64 pcm_s16le 44100 | aiff pcm_s16be 44100 | aiff pcm_s24be 48000 | aiff pcm_f32be 48000
au pcm_s16be 16000 | au pcm_mulaw 8000 | caf pcm_s16le 16000 | caf alac 44100 | voc pcm_u8 16000 | voc pcm_s16le 16000
sox pcm_s32le 16000 | mp3 libmp3lame 44100 | mp3 libmp3lame 16000 | mp2 mp2 44100 | adts aac 44100 | adts aac 16000
latm aac 44100 | flac flac 44100 | ogg libopus 48000 | ogg flac 44100 | ac3 ac3 48000 | eac3 eac3 48000
wv wavpack 44100 | tta tta 44100 | mp4 aac 44100 | ipod alac 44100 | mp4 libmp3lame 44100 | mp4 libopus 48000
mp4 flac 44100 | mp4 ac3 48000 | 3gp aac 16000 | mov pcm_s16le 44100 | mov pcm_mulaw 8000 | f4v aac 44100
webm libopus 48000 | matroska pcm_s16le 16000 | matroska flac 44100 | matroska aac 44100 | matroska libmp3lame 44100
avi libmp3lame 44100 | avi pcm_s16le 44100 | avi aac 44100 | asf wmav2 44100 64000 | asf wmav1 22050 64000
flv aac 44100 | flv libmp3lame 44100 | flv pcm_alaw 8000 | mpegts aac 44100 | mpegts libmp3lame 44100
mpegts libopus 48000 | mpegts ac3 48000 | mpeg mp2 44100 | vob ac3 48000 | nut flac 16000 | rm ac3 44100
"""
ONE_CHANNEL = """
amr libopencore_amrnb 8000 12200 | 3gp libopencore_amrnb 8000 12200 | flv nellymoser 16000 | wav g726 8000 32000
"""


def _table(text: str) -> list[tuple[str, str, int, int]]:
    rows = (row.split() for line in text.strip().splitlines() for row in line.split("|") if row.strip())
    return [(row[0], row[1], int(row[2]), int(row[3]) if len(row) > 3 else 0) for row in rows]


CASES = [(*row, "mono") for row in _table(FILES + ONE_CHANNEL)] + [(*row, "stereo") for row in _table(FILES)]


@pytest.mark.parametrize(("container", "codec", "rate", "bit_rate", "layout"), CASES)
def test_every_beep_is_heard_at_its_time(container: str, codec: str, rate: int, bit_rate: int, layout: str) -> None:
    file = recording(Encoding(container, codec, rate, layout, bit_rate), beeps(SECONDS, AT, rate))
    recorded = heard(file)
    assert recorded.beeps == pytest.approx(AT, abs=WITHIN_S)
    assert recorded.seconds == pytest.approx(SECONDS, abs=0.15)
    assert recorded.missing == []


@pytest.mark.parametrize("layout", ["3.0", "4.0", "quad", "5.0", "5.1", "6.1", "7.1"])
@pytest.mark.parametrize("container", ["wav", "flac", "matroska"])
def test_a_voice_in_any_channel_of_surround_sound_is_heard(container: str, layout: str) -> None:
    how = Encoding(container, "flac" if container == "flac" else "pcm_s16le", 48_000, layout)
    silence, voice = beeps(SECONDS, (), 48_000), beeps(SECONDS, AT, 48_000)
    count = {"3.0": 3, "4.0": 4, "quad": 4, "5.0": 5, "5.1": 6, "6.1": 7, "7.1": 8}[layout]
    for channel in range(count):
        channels = [silence] * count
        channels[channel] = voice
        assert heard(recording(how, *channels)).beeps == pytest.approx(AT, abs=WITHIN_S)
