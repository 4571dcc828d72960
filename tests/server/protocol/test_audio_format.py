from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE, Samples
from server.protocol.audio_format import ALAW, MULAW, Decoder, Encoder
from server.protocol.client_events import PCM_RATES, Format

LAW = settings(max_examples=30, deadline=None, derandomize=True, database=None)

PCM_16K, PCMU, PCMA = Format(rate=16_000), Format(type="audio/pcmu"), Format(type="audio/pcma")
EVERY_FORMAT = pytest.mark.parametrize(
    "format",
    [*(Format(rate=rate) for rate in PCM_RATES), PCMU, PCMA],
    ids=lambda format: f"{format.type} {format.rate}",
)
EVERY_RATE = pytest.mark.parametrize(
    ("source", "target"),
    [(24_000, 16_000), (48_000, 16_000), (8_000, 16_000), (22_050, 24_000), (16_000, 8_000), (16_000, 16_000)],
)

HELD_BACK_MS = 8  # a block of 147 samples at 22.05 kHz, the longest there is
"""What a resampler may keep to itself."""


def noise(samples: int) -> Samples:
    return np.random.default_rng(7).integers(-20_000, 20_000, samples).astype(np.int16)


def tone(hertz: float, rate: int, seconds: float = 1.0) -> Samples:
    wave: Samples = (16_000 * np.sin(2 * np.pi * hertz / rate * np.arange(round(rate * seconds)))).astype(np.int16)
    return wave


def joined(parts: list[Samples]) -> list[int]:
    return [int(sample) for part in parts for sample in part]


def cut(length: int) -> st.SearchStrategy[list[int]]:
    """Where to cut something of that length: in a few places, some of them close together."""
    near = st.lists(st.integers(0, 40), max_size=8)
    return st.builds(lambda far, close: sorted({*far, *close}), st.lists(st.integers(0, length), max_size=8), near)


# --- Resampling ----------------------------------------------------------------------------------------------------------


@EVERY_RATE
@LAW
@given(cuts=cut(3_000))
def test_any_cutting_of_a_stream_gives_the_same_samples(source: int, target: int, cuts: list[int]) -> None:
    pcm, resample = noise(3_000), Resampler(source, target)

    assert joined([resample(part) for part in np.split(pcm, cuts)]) == joined([Resampler(source, target)(pcm)])


@EVERY_RATE
def test_a_resampler_keeps_little_back(source: int, target: int) -> None:
    late = target - len(Resampler(source, target)(noise(source)))

    assert 0 <= late <= HELD_BACK_MS * target / 1000


@EVERY_RATE
def test_a_tone_keeps_its_pitch_and_its_level(source: int, target: int) -> None:
    out = Resampler(source, target)(tone(440, source)).astype(np.float64)[target // 10 : target * 9 // 10]
    loudest = np.argmax(np.abs(np.fft.rfft(out * np.hanning(len(out))))) * target / len(out)

    assert loudest == pytest.approx(440, abs=2)
    assert np.sqrt(np.mean(out**2)) == pytest.approx(16_000 / np.sqrt(2), rel=0.01)


def test_what_is_above_the_new_range_is_filtered_out() -> None:
    out = Resampler(48_000, 8_000)(tone(6_000, 48_000))

    assert np.abs(out[200:].astype(int)).max() < 160


def test_equal_rates_pass_samples_through() -> None:
    pcm = noise(100)

    assert Resampler(16_000, 16_000)(pcm) is pcm


def test_a_first_piece_too_short_to_resample_gives_nothing_yet() -> None:
    resample = Resampler(24_000, 16_000)

    assert [len(resample(noise(samples))) for samples in (0, 1, 2)] == [0, 0, 0]


# --- What clients send ---------------------------------------------------------------------------------------------------


@EVERY_FORMAT
@LAW
@given(cuts=cut(4_000))
def test_any_cutting_of_the_bytes_gives_the_same_samples(format: Format, cuts: list[int]) -> None:
    data, decoder = np.random.default_rng(7).bytes(4_000), Decoder(format)
    parts = [data[at:end] for at, end in pairwise([0, *cuts, len(data)])]

    assert joined([decoder.decode(part) for part in parts]) == joined([Decoder(format).decode(data)])


def test_samples_are_little_endian_and_half_a_sample_waits_for_its_other_half() -> None:
    decoder = Decoder(PCM_16K)

    assert [list(decoder.decode(data)) for data in (b"\x01", b"\x02\xff", b"", b"\xff\x00\x80\x7f")] == [
        [],
        [0x0201],
        [],
        [-1, -32_768],
    ]


@EVERY_FORMAT
def test_a_second_of_any_format_is_a_second_of_the_line(format: Format) -> None:
    width = 2 if format.type == "audio/pcm" else 1
    samples = len(Decoder(format).decode(bytes(width * format.samples_per_second)))

    assert 0 <= LINE_RATE - samples <= HELD_BACK_MS * LINE_RATE / 1000


@EVERY_FORMAT
def test_a_tone_survives_the_way_to_the_client_and_back(format: Format) -> None:
    sent = Encoder(format, 24_000).encode(tone(440, 24_000))
    back = Decoder(format).decode(sent).astype(np.float64)[1_600:14_400]
    loudest = np.argmax(np.abs(np.fft.rfft(back * np.hanning(len(back))))) * LINE_RATE / len(back)

    assert loudest == pytest.approx(440, abs=2)
    assert np.sqrt(np.mean(back**2)) == pytest.approx(16_000 / np.sqrt(2), rel=0.02)


@LAW
@given(st.lists(st.integers(-32_768, 32_767)))
def test_pcm_of_the_lines_rate_comes_back_as_it_went(values: list[int]) -> None:
    pcm = np.array(values, np.int16)
    data = Encoder(PCM_16K, 16_000).encode(pcm)

    assert (len(data), list(Decoder(PCM_16K).decode(data))) == (2 * len(values), values)


# --- G.711 ---------------------------------------------------------------------------------------------------------------

KNOWN_MULAW = {
    0x80: 8031,
    0x8F: 4191,
    0x9F: 2079,
    0xAF: 1023,
    0xBF: 495,
    0xCF: 231,
    0xDF: 99,
    0xEF: 33,
    0xFE: 2,
    0xFF: 0,
}
"""ITU-T G.711, table 2a: character signals and their values on a scale of 14 bits."""

KNOWN_ALAW = {0xAA: 4032, 0xA5: 2112, 0xB5: 1056, 0x85: 528, 0x95: 264, 0xE5: 132, 0xF5: 66, 0xD5: 1}
"""ITU-T G.711, table 1a: the same for A-law, even bits inverted, on a scale of 13 bits."""

LAWS = pytest.mark.parametrize(
    ("format", "values", "known", "scale"),
    [pytest.param(PCMU, MULAW, KNOWN_MULAW, 4, id="mu-law"), pytest.param(PCMA, ALAW, KNOWN_ALAW, 8, id="A-law")],
)

EVERY_SAMPLE = np.arange(-32_768, 32_768).astype(np.int16)


def encoded(format: Format, pcm: Samples) -> NDArray[np.uint8]:
    return np.frombuffer(Encoder(format, 8_000).encode(pcm), np.uint8)


@LAWS
def test_known_codes_have_their_values_on_both_sides_of_zero(
    format: Format, values: Samples, known: dict[int, int], scale: int
) -> None:
    positive = {code: int(values[code]) for code in known}
    negative = {code: int(values[code ^ 0x80]) for code in known}

    assert positive == {code: value * scale for code, value in known.items()}
    assert negative == {code: -value * scale for code, value in known.items()}


@LAWS
def test_known_values_have_their_codes(format: Format, values: Samples, known: dict[int, int], scale: int) -> None:
    pcm = np.array([value * scale for value in known.values()], np.int16)

    assert list(encoded(format, pcm)) == list(known)


@LAWS
def test_every_code_but_the_negative_zero_comes_back_as_it_went(
    format: Format, values: Samples, known: dict[int, int], scale: int
) -> None:
    changed = {code: int(back) for code, back in enumerate(encoded(format, values)) if code != back}

    assert changed == ({0x7F: 0xFF} if format is PCMU else {})


@pytest.mark.parametrize(
    ("format", "sample", "code"),
    [
        (PCMU, 0, 0xFF),
        (PCMU, 1_000, 0xCE),
        (PCMU, -1_000, 0x4E),
        (PCMU, 32_767, 0x80),
        (PCMU, -32_768, 0x00),
        (PCMA, 0, 0xD5),
        (PCMA, -1, 0x55),
        (PCMA, 1_000, 0xFA),
        (PCMA, -1_000, 0x7A),
        (PCMA, 32_767, 0xAA),
        (PCMA, -32_768, 0x2A),
    ],
)
def test_samples_get_the_codes_that_telephones_give_them(format: Format, sample: int, code: int) -> None:
    assert list(encoded(format, np.array([sample], np.int16))) == [code]


@LAWS
def test_the_error_is_half_a_step_at_most(format: Format, values: Samples, known: dict[int, int], scale: int) -> None:
    loudest = int(values.max())
    wanted = np.clip(EVERY_SAMPLE.astype(int), -loudest, loudest)
    error = np.abs(values[encoded(format, EVERY_SAMPLE)].astype(int) - wanted)
    # Steps double with every segment: of 8, 16, 32… in mu-law (bias 132), of 16, 16, 32, 64… in A-law.
    half_step = (np.abs(wanted) + 132) / 32 if format is PCMU else np.maximum(8, np.abs(wanted) / 32)

    assert (error <= half_step).all()


@LAWS
def test_a_louder_sample_never_gets_a_softer_code(
    format: Format, values: Samples, known: dict[int, int], scale: int
) -> None:
    assert (np.diff(values[encoded(format, EVERY_SAMPLE)].astype(int)) >= 0).all()


def test_a_resampler_keeps_no_more_in_memory_than_its_filter_needs() -> None:
    resample = Resampler(24_000, 16_000)
    resample(noise(24_000))

    assert resample.waiting.base is None
