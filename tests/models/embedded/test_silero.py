import struct
from pathlib import Path

import numpy as np
import pytest

from models.embedded.silero import (
    CONTEXT,
    FRAME,
    HANN,
    WINDOW,
    SileroNetwork,
    SileroStream,
    create,
    find_weights,
    read_safetensors,
)
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.errors import EngineUnavailable, SettingError
from tests.models.recordings import recording

SECOND = LINE_RATE // WINDOW


@pytest.fixture(scope="module")
def network() -> SileroNetwork:
    return SileroNetwork(read_safetensors(find_weights()))


def windows(pcm: Samples) -> list[Samples]:
    return [pcm[at : at + WINDOW] for at in range(0, len(pcm) - WINDOW + 1, WINDOW)]


def decisions(stream: SileroStream, pcm: Samples) -> np.ndarray:
    return np.array([stream.probability(window) > 0.5 for window in windows(pcm)])


def turns(speech: np.ndarray, hang: int = SECOND // 2) -> int:
    """Runs of speech, counted as one where less than `hang` windows of silence lie between."""
    at = np.flatnonzero(speech)
    return 1 + int(np.count_nonzero(np.diff(at) > hang))


@pytest.mark.speech
def test_speech_is_heard_and_pauses_are_not() -> None:
    clip = recording("en_pauses_4turns.wav")
    speech = decisions(create({}).open(), clip.pcm)

    inside = np.zeros(len(speech), bool)
    for start, end in clip.bounds():
        inside[start // WINDOW : end // WINDOW + 1] = True

    assert np.mean(speech[inside]) > 0.75
    assert np.mean(speech[~inside]) < 0.02
    assert turns(speech) == 4


@pytest.mark.speech
def test_a_minute_of_several_speakers_has_the_share_of_speech_that_silero_reports() -> None:
    speech = decisions(create({"gate": False}).open(), recording("en_silero_test60s.wav").pcm)

    assert np.mean(speech) == pytest.approx(0.78, abs=0.01)


@pytest.mark.speech
@pytest.mark.parametrize(
    "file", ["en_pauses_4turns.wav", "en_silero_test60s.wav", "en_jfk_pink10dB.wav", "zh_feet.wav"]
)
def test_the_gate_hardly_changes_a_decision(file: str) -> None:
    pcm = recording(file).pcm
    silence = np.zeros(2 * LINE_RATE, np.int16)
    heard = np.concatenate((silence, pcm, silence))

    gated, plain = (decisions(create({"gate": gate}).open(), heard) for gate in (True, False))

    assert np.count_nonzero(gated != plain) <= 0.005 * len(plain)
    assert abs(int(np.argmax(gated)) - int(np.argmax(plain))) <= 1


@pytest.mark.speech
def test_streams_do_not_hear_each_other() -> None:
    detector = create({})
    english, chinese = (windows(recording(file).pcm) for file in ("en_pauses_4turns.wav", "zh_feet.wav"))
    count = min(len(english), len(chinese))

    def alone(pieces: list[Samples]) -> list[float]:
        stream = detector.open()
        return [stream.probability(window) for window in pieces[:count]]

    one, other = detector.open(), detector.open()
    together = [(one.probability(a), other.probability(b)) for a, b in zip(english, chinese, strict=False)]

    assert together == list(zip(alone(english), alone(chinese), strict=True))


@pytest.mark.speech
def test_many_streams_in_one_step_agree_with_each_alone(network: SileroNetwork) -> None:
    pcm = recording("en_pauses_4turns.wav").pcm.astype(np.float32) / 32768
    size = CONTEXT + WINDOW
    batch = np.stack([pcm[at : at + size] for at in range(LINE_RATE, 9 * LINE_RATE, LINE_RATE)])
    h, c = (np.linspace(-1, 1, len(batch) * 128, dtype=np.float32).reshape(-1, 128) for _ in range(2))

    together = network.step(batch, h, c)
    alone = [network.step(batch[i : i + 1], h[i : i + 1], c[i : i + 1]) for i in range(len(batch))]

    assert [part.dtype for part in together] == [np.float32] * 3
    for many, ones in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_allclose(many, np.concatenate(ones), atol=1e-5)


def test_streams_judged_in_one_pass_are_judged_as_each_alone_asleep_or_awake() -> None:
    detector, generator = create({"sleep_windows": 3}), np.random.default_rng(7)
    loud = [generator.integers(-9_000, 9_000, WINDOW).astype(np.int16) for _ in range(30)]
    silence = [np.zeros(WINDOW, np.int16)] * 30
    wakes = silence[:12] + loud[12:24] + silence[24:]

    streams = [detector.open() for _ in range(3)]
    together = [detector.probabilities(streams, windows) for windows in zip(loud, silence, wakes, strict=True)]
    alone = [list(map(detector.open().probability, windows)) for windows in (loud, silence, wakes)]

    np.testing.assert_allclose(np.transpose(together), alone, atol=1e-5)
    assert [probabilities[1] for probabilities in together[5:]] == [0.0] * 25


def test_the_spectrum_is_the_one_that_the_weights_hold_as_a_matrix() -> None:
    basis = read_safetensors(find_weights())["stft_conv.weight"][:, 0]
    angles = 2 * np.pi * np.outer(np.arange(FRAME // 2 + 1), np.arange(FRAME)) / FRAME

    np.testing.assert_allclose(basis, np.concatenate((np.cos(angles), -np.sin(angles))) * HANN, atol=1e-6)


def test_digital_silence_puts_the_network_to_sleep() -> None:
    stream = create({"sleep_windows": 20}).open()
    heard = [(stream.probability(np.zeros(WINDOW, np.int16)), stream.asleep) for _ in range(25)]

    assert [asleep for _, asleep in heard] == [False] * 19 + [True] * 6
    assert all(0 < probability < 0.1 for probability, _ in heard[:20])
    assert [probability for probability, _ in heard[20:]] == [0.0] * 5


def test_without_the_gate_it_never_sleeps() -> None:
    stream = create({"gate": False}).open()

    assert all(stream.probability(np.zeros(WINDOW, np.int16)) > 0 for _ in range(50))


@pytest.mark.speech
def test_it_wakes_for_the_first_words() -> None:
    pcm = recording("en_pauses_4turns.wav").pcm[: 2 * LINE_RATE]
    rested, fresh = create({}).open(), create({"gate": False}).open()
    for _ in range(10 * SECOND):
        rested.probability(np.zeros(WINDOW, np.int16))

    assert rested.asleep
    assert abs(np.argmax(decisions(rested, pcm)) - np.argmax(decisions(fresh, pcm))) <= 1


def test_full_scale_square_waves_do_not_overflow() -> None:
    stream = create({}).open()
    loud = np.where(np.arange(WINDOW) % 64 < 32, 32767, -32768).astype(np.int16)

    assert all(0 <= stream.probability(loud) <= 1 for _ in range(20))


def test_without_the_wheel_it_says_what_to_install() -> None:
    with pytest.raises(EngineUnavailable, match="pip install"):
        find_weights("a_package_that_nobody_has")


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(SettingError, match="doors"):
        create({"doors": 2})


def test_a_safetensors_file_is_read_by_name_and_shape(tmp_path: Path) -> None:
    header = b'{"__metadata__":{},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}  '
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<2f", 1.0, 2.0))

    assert {name: tensor.tolist() for name, tensor in read_safetensors(path).items()} == {"a": [[1.0], [2.0]]}
