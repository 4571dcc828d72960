"""Time stamps decide where the sound is: late beginnings, gaps, clocks that restart."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from server.audio.decoding.timeline import Timeline
from tests.server.audio.decoding.beeps import WITHIN_S, Encoding, add_track, beeps, frames, heard, recording

TIMED = [
    Encoding("mp4", "aac", 44_100),
    Encoding("mov", "alac", 44_100),
    Encoding("3gp", "libopencore_amrnb", 8_000, "mono", 12_200),
    Encoding("webm", "libopus", 48_000),
    Encoding("matroska", "aac", 44_100),
    Encoding("matroska", "flac", 16_000),
    Encoding("matroska", "pcm_s16le", 16_000),
    Encoding("ogg", "libopus", 48_000),
    Encoding("flv", "aac", 44_100),
    Encoding("flv", "libmp3lame", 44_100),
    Encoding("asf", "wmav2", 44_100, "mono", 64_000),
    Encoding("nut", "libmp3lame", 44_100),
]


@pytest.mark.parametrize("how", TIMED, ids=lambda how: f"{how.container} {how.codec}")
def test_sound_that_begins_late_has_silence_before_it(how: Encoding) -> None:
    recorded = heard(recording(how, beeps(3.0, (0.5, 2.0), how.rate), begin_s=2.0))
    assert recorded.beeps == pytest.approx([2.5, 4.0], abs=WITHIN_S)
    assert recorded.missing == []


@pytest.mark.parametrize(
    "how", [*TIMED, Encoding("mpegts", "aac", 44_100)], ids=lambda how: f"{how.container} {how.codec}"
)
def test_a_gap_in_the_time_stamps_is_silence(how: Encoding) -> None:
    recorded = heard(recording(how, beeps(8.0, (0.5, 3.0, 6.5), how.rate), gap=(1.5, 6.0)))
    # What an encoder still holds when the gap comes is written behind it: a few milliseconds.
    assert recorded.beeps == pytest.approx([0.5, 6.5], abs=WITHIN_S)
    assert recorded.missing == []


def test_many_small_gaps_do_not_add_up() -> None:
    how = Encoding("matroska", "pcm_s16le")
    file = io.BytesIO()
    with av.open(file, "w", format=how.container) as output:
        stream = add_track(output, how)
        for number, frame in enumerate(frames(how, beeps(12.0, (0.5, 5.5, 11.0)))):
            if number % 10 or abs(frame.pts / how.rate - 0.7) < 0.3 or frame.pts > 10.5 * how.rate:
                output.mux(stream.encode(frame))  # the others are lost, 60 ms each
    assert heard(file.getvalue()).beeps[-1] == pytest.approx(11.0, abs=WITHIN_S)


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts", "flv"])
def test_sound_begins_where_it_does_in_the_picture(container: str) -> None:
    sound = Encoding(container, "aac", 44_100)
    recorded = heard(_with_picture(sound, begin_s=7.0))
    assert recorded.beeps == pytest.approx([7.5, 9.0], abs=WITHIN_S)
    assert recorded.missing == []


def _with_picture(sound: Encoding, begin_s: float) -> bytes:
    """Ten seconds of picture, and sound from `begin_s` on."""
    file = io.BytesIO()
    with av.open(file, "w", format=sound.container) as output:
        picture = output.add_stream("flv" if sound.container == "flv" else "mpeg4", rate=5)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        stream = add_track(output, sound)
        waiting = frames(sound, beeps(3.0, (0.5, 2.0), sound.rate), begin_s=begin_s)
        for number in range(50):
            still = av.VideoFrame.from_ndarray(np.full((96, 64), number, np.uint8), format="yuv420p")
            still.pts = number
            output.mux(picture.encode(still))
            while waiting and waiting[0].pts < (number + 1) * sound.rate / 5:
                output.mux(stream.encode(waiting.pop(0)))
        for rest in (picture, stream):
            output.mux(rest.encode(None))
    return file.getvalue()


def test_a_clock_that_goes_back_drops_nothing() -> None:
    timeline = Timeline(0.0, 7_200.0)
    assert [timeline.place(16_000), timeline.judge(1.0), timeline.place(16_000)] == [0, "follows", 16_000]
    assert (timeline.judge(0.0), timeline.place(16_000)) == ("restart", 32_000)
    assert (timeline.judge(1.0), timeline.judge(1.5)) == ("follows", "gap"), "the stamps were moved"


def test_jitter_of_the_time_stamps_leaves_the_sound_whole() -> None:
    timeline = Timeline(0.0, 7_200.0)
    verdicts = set[str]()
    for number in range(500):
        jitter_s = (0.03, -0.03, 0.0)[number % 3]
        verdicts.add(timeline.judge(number * 0.02 + jitter_s))
        timeline.place(320)
    assert (verdicts, timeline.end) == ({"follows"}, 500 * 320)


def test_what_an_encoder_needed_to_begin_delays_nothing() -> None:
    recorded = heard(recording(Encoding("adts", "aac"), beeps(3.0, (0.5, 2.0))))
    assert recorded.beeps == pytest.approx([0.5, 2.0], abs=0.03)
