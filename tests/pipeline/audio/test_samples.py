from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.samples import SILENCE_DBFS, AudioFrame, Samples, level_dbfs, milliseconds_of, samples_of

LAW = settings(max_examples=80, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("milliseconds", "rate", "samples"),
    [(0, 16_000, 0), (1, 16_000, 16), (20, 24_000, 480), (0.5, 16_000, 8), (1.99, 8_000, 15), (1, 22_050, 22)],
)
def test_a_duration_is_a_number_of_samples_rounded_down(milliseconds: float, rate: int, samples: int) -> None:
    assert samples_of(milliseconds, rate) == samples


@pytest.mark.parametrize(
    ("samples", "rate", "milliseconds"), [(0, 16_000, 0), (15, 16_000, 0), (16, 16_000, 1), (479, 24_000, 19)]
)
def test_samples_last_whole_milliseconds_rounded_down(samples: int, rate: int, milliseconds: int) -> None:
    assert milliseconds_of(samples, rate) == milliseconds


@LAW
@given(milliseconds=st.integers(0, 10**8), rate=st.sampled_from([8_000, 16_000, 24_000, 48_000]))
def test_whole_milliseconds_survive_the_way_to_samples_and_back(milliseconds: int, rate: int) -> None:
    assert milliseconds_of(samples_of(milliseconds, rate), rate) == milliseconds


def test_a_frame_ends_where_the_next_one_begins() -> None:
    frame = AudioFrame(np.zeros(320, np.int16), 16_000, at=640)

    assert frame.end == 960


@pytest.mark.parametrize(
    ("pcm", "dbfs"),
    [
        ([], SILENCE_DBFS),
        ([0] * 100, SILENCE_DBFS),
        ([-32768] * 100, 0.0),
        ([16384, -16384] * 50, -6.02),
        ([1] * 100, -90.31),
        (np.rint(32767 * np.sin(np.arange(1600) * np.pi / 40)), -3.01),
    ],
    ids=["nothing", "silence", "full scale", "half", "the smallest step", "sine"],
)
def test_the_level_is_relative_to_full_scale(pcm: list[int], dbfs: float) -> None:
    assert level_dbfs(np.array(pcm, np.int16)) == pytest.approx(dbfs, abs=0.01)


@LAW
@given(values=st.lists(st.integers(-32_768, 32_767), max_size=200))
def test_no_sound_is_louder_than_full_scale_or_softer_than_silence(values: list[int]) -> None:
    pcm: Samples = np.array(values, np.int16)

    assert SILENCE_DBFS <= level_dbfs(pcm) <= 0.0
