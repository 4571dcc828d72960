"""Of several channels and several tracks every voice is heard."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray

from pipeline.audio.samples import LINE_RATE, level_dbfs
from server.audio.decoding.mixing import PIECE, Channels, Limiter, together
from tests.server.audio.decoding.beeps import BEEP_S, WITHIN_S, Encoding, add_track, beeps, frames, heard, recording

SILENCE, VOICE, OTHER = beeps(6.0, ()), beeps(6.0, (0.5, 3.0)), beeps(6.0, (1.5, 4.5), hertz=700)
STEREO = Encoding("wav", "pcm_s16le", layout="stereo")
BOTH = [0.5, 1.5, 3.0, 4.5]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (VOICE, VOICE, [0.5, 3.0]),
        (VOICE, -VOICE, [0.5, 3.0]),
        (VOICE, -(VOICE // 2), [0.5, 3.0]),
        (VOICE, SILENCE, [0.5, 3.0]),
        (SILENCE, VOICE, [0.5, 3.0]),
        (VOICE, OTHER, BOTH),
        (-VOICE, VOICE + OTHER, BOTH),
    ],
    ids=["the same", "the opposite", "half the opposite", "left", "right", "two voices", "partly the opposite"],
)
def test_every_voice_of_two_channels_is_heard_as_loud_as_it_is(
    left: Any, right: Any, expected: Sequence[float]
) -> None:
    recorded = heard(recording(STEREO, left, right))
    assert recorded.beeps == pytest.approx(expected, abs=WITHIN_S)
    for at in expected:
        beep = slice(int((at + 0.05) * LINE_RATE), int((at + BEEP_S - 0.05) * LINE_RATE))
        loudest = max(level_dbfs(left[beep]), level_dbfs(right[beep]))
        assert level_dbfs(recorded.pcm[beep]) == pytest.approx(loudest, abs=1.5)


def test_channels_that_come_to_cancel_each_other_are_heard() -> None:
    opposite = np.concatenate([VOICE[: 2 * LINE_RATE], -VOICE[2 * LINE_RATE :]])
    assert heard(recording(STEREO, VOICE, opposite)).beeps == pytest.approx([0.5, 3.0], abs=WITHIN_S)


def _of_numbers(*channels: NDArray[np.float32]) -> bytes:
    layout, file = "mono" if len(channels) == 1 else "stereo", io.BytesIO()
    with av.open(file, "w", format="wav") as output:
        stream = output.add_stream("pcm_f32le", rate=LINE_RATE, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.stack(channels, 1).reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate = LINE_RATE
        output.mux(stream.encode(frame))
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("number", [300.0, 1e9, 1e30, 3e38, np.nan, np.inf])
def test_after_a_damaged_number_the_rest_is_as_loud_as_before(number: float, channels: int) -> None:
    wave = (VOICE / 32_768).astype(np.float32)
    wave[2 * LINE_RATE] = number
    recorded = heard(_of_numbers(*[wave] * channels))
    assert recorded.beeps[-1] == pytest.approx(3.0, abs=WITHIN_S)
    assert level_dbfs(recorded.pcm[3 * LINE_RATE :]) == pytest.approx(level_dbfs(VOICE[3 * LINE_RATE :]), abs=0.5)


@pytest.mark.parametrize("scale", [1.0, 32_768.0])
def test_numbers_beyond_full_scale_are_not_distorted(scale: float) -> None:
    wave = (VOICE / 32_768 * scale).astype(np.float32)
    wave[100], wave[200] = np.nan, np.inf
    recorded = heard(_of_numbers(wave))
    assert recorded.beeps == pytest.approx([0.5, 3.0], abs=WITHIN_S)
    beep = recorded.pcm[9_000:14_000].astype(np.float64)
    assert np.abs(beep).max() / np.sqrt((beep**2).mean()) == pytest.approx(2**0.5, abs=0.05), "a sine, not a square"


# --- Tracks --------------------------------------------------------------------------------------------------------------


def _tracks(container: str, *tracks: tuple[Any, Mapping[str, str], Disposition]) -> bytes:
    """A file with one track for each: sound, tags, disposition."""
    how = Encoding(container, "aac")
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        streams = [add_track(output, how) for _ in tracks]
        for stream, (_, tags, disposition) in zip(streams, tracks, strict=True):
            stream.metadata.update(tags)
            stream.disposition = disposition
        for together in zip(*(frames(how, pcm) for pcm, _, _ in tracks), strict=True):
            for stream, frame in zip(streams, together, strict=True):
                output.mux(stream.encode(frame))
        for stream in streams:
            output.mux(stream.encode(None))
    return file.getvalue()


NONE, DEFAULT, COMMENT = Disposition(0), Disposition.default, Disposition.comment
ENGLISH, FRENCH = {"language": "eng"}, {"language": "fra"}


@pytest.mark.parametrize("container", ["matroska", "mp4"])
@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        ([(SILENCE, {}, DEFAULT), (VOICE, {}, NONE)], [0.5, 3.0]),
        ([(VOICE, {}, NONE), (SILENCE, {}, NONE), (OTHER, {}, NONE)], BOTH),
        ([(VOICE, ENGLISH, NONE), (OTHER, FRENCH, DEFAULT)], [1.5, 4.5]),
        ([(VOICE, ENGLISH, NONE), (OTHER, FRENCH, NONE)], [0.5, 3.0]),
        ([(SILENCE, ENGLISH, DEFAULT), (OTHER, FRENCH, NONE)], [1.5, 4.5]),
        ([(OTHER, ENGLISH, COMMENT), (VOICE, ENGLISH, NONE)], [0.5, 3.0]),
        ([(SILENCE, {}, NONE), (SILENCE, ENGLISH, NONE)], []),
    ],
    ids=[
        "silent first",
        "one for each person",
        "default",
        "first language",
        "silent language",
        "commentary",
        "silence",
    ],
)
def test_the_tracks_with_the_voices_are_heard(container: str, tracks: Any, expected: Sequence[float]) -> None:
    if container == "mp4" and any(disposition & COMMENT for _, _, disposition in tracks):
        pytest.skip("the format has no mark for it")
    assert heard(_tracks(container, *tracks)).beeps == pytest.approx(expected, abs=WITHIN_S)


def test_tracks_are_added_where_they_overlap() -> None:
    one = np.full(PIECE, 0.25, np.float32)
    given = [*together([iter([(0, one)]), iter([(PIECE // 2, one)])])]
    assert [len(piece) for piece in given] == [PIECE, PIECE // 2]
    assert [float(piece[0]) for piece in given] + [float(given[0][-1])] == [0.25, 0.25, 0.5]


def test_tracks_that_end_early_do_not_hold_up_the_others() -> None:
    second = np.ones(LINE_RATE, np.float32)
    given = together([iter([(0, second)]), iter([(number * LINE_RATE, second) for number in range(5)])])
    assert [float(piece[0]) for piece in given] == [2, 1, 1, 1, 1]


def test_a_long_gap_costs_no_memory() -> None:
    pieces = together([iter([(3_600 * LINE_RATE, np.ones(LINE_RATE, np.float32))])])
    assert {len(piece) for piece in pieces} == {PIECE}


def test_tracks_that_lie_one_behind_the_other_in_the_file_are_heard_together() -> None:
    how = Encoding("matroska", "pcm_s16le")
    file = io.BytesIO()
    with av.open(file, "w", format=how.container) as output:
        streams = [add_track(output, how) for _ in range(2)]
        for stream, at in zip(streams, (1.0, 85.0), strict=True):
            for frame in frames(how, beeps(90.0, (at,))):
                for packet in stream.encode(frame):
                    output.mux_one(packet)
    assert heard(file.getvalue()).beeps == pytest.approx([1.0, 85.0], abs=WITHIN_S)


def test_a_track_that_is_listed_nowhere_is_heard_where_it_begins() -> None:
    """As where the codec changes in a stream of FLV: libav takes what follows for another track."""
    first, second = (
        recording(Encoding("flv", codec, 44_100), beeps(8.0, (0.5, 7.0), 44_100), begin_s=begin_s)
        for codec, begin_s in (("libmp3lame", 0.0), ("aac", 8.0))
    )
    header = 13  # of the file; the tags that follow are joined
    assert heard(first + second[header:]).beeps == pytest.approx([0.5, 7.0, 8.5, 15.0], abs=WITHIN_S)


def test_weights_of_channels_change_without_a_click() -> None:
    channels, wave = Channels(), np.sin(np.arange(8_000, dtype=np.float32) / 8)
    first = channels.mixed(np.stack([wave[:4_000], wave[:4_000]]))
    second = channels.mixed(np.stack([wave[4_000:], np.zeros(4_000, np.float32)]))
    steps = np.abs(np.diff(np.concatenate([first, second])))
    assert steps.max() < 0.14, "no step is larger than those of the tone itself"


def test_what_is_quiet_stays_as_it_is() -> None:
    quiet = np.array([0.001, -0.001], np.float32)
    assert Limiter().limited(quiet).tolist() == [33, -33]


def _side_by_side() -> bytes:
    how, file = Encoding("ogg", "libopus", 48_000), io.BytesIO()
    with av.open(file, "w", format="ogg") as output:
        tracks = [add_track(output, how), add_track(output, how)]
        for both in zip(frames(how, beeps(4.0, (0.5,), 48_000)), frames(how, beeps(4.0, (2.0,), 48_000)), strict=True):
            for track, frame in zip(tracks, both, strict=True):
                output.mux(track.encode(frame))
        for track in tracks:
            output.mux(track.encode(None))
    return file.getvalue()


def test_streams_side_by_side_in_ogg_are_one_recording() -> None:
    recorded = heard(_side_by_side())
    assert (recorded.beeps, recorded.missing) == (pytest.approx([0.5, 2.0], abs=0.05), [])


def test_of_a_stream_whose_beginning_was_cut_off_nothing_is_decoded() -> None:
    file = _side_by_side()
    assert heard(file[file.index(b"OggS", 4) :]).beeps == pytest.approx([2.0], abs=0.05)


def test_packets_of_a_stream_that_libav_only_finds_on_the_way_are_passed_over() -> None:
    how = Encoding("mpegts", "aac", 44_100)
    file = bytearray(recording(how, beeps(3.0, (0.5, 2.0), how.rate)))
    file[10 * 188 + 2] ^= 0x55  # the number of a packet's stream: ISO 13818-1, 2.4.3.2
    assert heard(bytes(file)).beeps == pytest.approx([0.5, 2.0], abs=0.05)
