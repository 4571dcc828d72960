"""The echo guard on sounds that are made here: voices are noise in syllables, rooms are a delay, a level and a tail."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.samples import LINE_RATE, SILENCE_DBFS, Samples, samples_of
from pipeline.listening.echo import (
    BEFORE,
    FRAME_MS,
    MARGIN_DB,
    MOST_DELAY,
    EchoDetector,
    Levels,
    Loudness,
    Playing,
    find_echo,
    share_said,
)
from pipeline.turns.interruption import ECHO

WINDOW = 512
FRAME = samples_of(FRAME_MS)
SEEDS = st.integers(0, 2**32 - 1)
TRIALS = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def speech(seconds: float, seed: int, level: float = 3_000) -> Samples:
    """Something with the rise and fall of speech: syllables of 80 to 250 ms, now and then a breath between them."""
    rng = np.random.default_rng(seed)
    parts = list[Samples]()
    while sum(map(len, parts)) < seconds * LINE_RATE:
        length, loudness = samples_of(rng.uniform(80, 250)), level * 10 ** rng.uniform(-0.9, 0)
        parts.append((rng.normal(0, loudness, length) * np.hanning(length)).astype(np.int16))
        parts.append(np.zeros(samples_of(rng.choice([10, 40, 300], p=[0.5, 0.4, 0.1])), np.int16))
    return np.concatenate(parts)[: int(seconds * LINE_RATE)]


def in_a_room(pcm: Samples, gain_db: float, delay_ms: float) -> Samples:
    """The sound as it comes back: later, softer, with a tail."""
    rng, tail = np.random.default_rng(0), samples_of(150)
    response = rng.normal(0, 0.02, tail) * np.exp(-np.arange(tail) / samples_of(40))
    response[0] = 1.0
    size = len(pcm) + tail
    reverberant = np.fft.irfft(np.fft.rfft(pcm, size) * np.fft.rfft(response, size), size)[: len(pcm)]
    late = np.concatenate((np.zeros(samples_of(delay_ms)), reverberant))[: len(pcm)]
    return (late * 10 ** (gain_db / 20)).astype(np.int16)


def with_hiss(pcm: Samples) -> Samples:
    return (pcm + np.random.default_rng(1).normal(0, 8, len(pcm))).astype(np.int16)


def windows(pcm: Samples) -> Iterator[tuple[int, Samples]]:
    """Each window with the position after it, in milliseconds."""
    for start in range(0, len(pcm) - WINDOW + 1, WINDOW):
        yield (start + WINDOW) * 1000 // LINE_RATE, pcm[start : start + WINDOW]


def sent(reply: Samples) -> Loudness:
    loudness = Loudness()
    loudness.add(reply)
    return loudness


class Scene:
    """A reply that is played from the start and paused at `paused_ms`; `microphone` is what is heard meanwhile."""

    def __init__(self, reply: Samples, microphone: Samples, voice_ms: tuple[int, int], paused_ms: int = 60_000) -> None:
        self.detector, self.voices = EchoDetector(), list[int]()
        loudness = sent(reply)
        for now_ms, window in windows(microphone):
            playing = Playing(loudness, min(now_ms, paused_ms) if now_ms <= paused_ms else None)
            speech = voice_ms[0] < now_ms <= voice_ms[1]
            if self.detector.push_window(window, speech, playing):
                self.voices.append(now_ms)
                if len(self.voices) == 1:
                    self.detector.voice_began()


@pytest.mark.parametrize("gain_db", [-10.0, -20.0])
@pytest.mark.parametrize("delay_ms", [50, 160, 300])
def test_an_echo_is_found_with_its_delay_and_its_level(gain_db: float, delay_ms: int) -> None:
    reply = speech(4, seed=1)
    scene = Scene(reply, with_hiss(in_a_room(reply, gain_db, delay_ms)), voice_ms=(2_500, 3_200))

    echo = scene.detector.find_echo()

    assert echo is not None
    assert echo.likeness > 0.8
    assert echo.delay * FRAME_MS == pytest.approx(delay_ms, abs=2 * FRAME_MS)
    assert echo.gain_db == pytest.approx(gain_db, abs=3)


def test_an_echo_that_begins_with_the_reply_and_ends_when_it_is_paused_is_found() -> None:
    reply = speech(4, seed=2)
    played = np.concatenate((reply[: samples_of(350)], np.zeros(len(reply) - samples_of(350), np.int16)))
    scene = Scene(reply, with_hiss(in_a_room(played, -20, 200)), voice_ms=(200, 620), paused_ms=320)

    echo = scene.detector.find_echo()

    assert echo is not None
    assert echo.likeness > ECHO


@TRIALS
@given(SEEDS, SEEDS, st.floats(0.3, 1.2))
def test_a_person_who_speaks_while_a_reply_goes_on_is_no_echo_of_it(reply: int, person: int, seconds: float) -> None:
    began_ms = 2_000
    voice, silence = speech(seconds, person), np.zeros(samples_of(began_ms), np.int16)
    microphone = np.concatenate((silence, voice, np.zeros(samples_of(200), np.int16)))
    voiced = (began_ms, began_ms + round(seconds * 1000))
    scene = Scene(speech(4, reply), with_hiss(microphone), voiced, paused_ms=began_ms + 100)

    echo = scene.detector.find_echo()

    assert echo is None or echo.likeness < ECHO


@TRIALS
@given(SEEDS)
def test_levels_that_have_nothing_to_do_with_each_other_are_no_echo(seed: int) -> None:
    rng = np.random.default_rng(seed)

    echo = find_echo(rng.normal(-40, 8, BEFORE), rng.normal(-20, 8, BEFORE + MOST_DELAY), np.ones(BEFORE, bool))

    assert echo is None or echo.likeness < ECHO


def test_a_voice_long_after_the_reply_is_no_echo() -> None:
    detector, loudness = EchoDetector(), sent(speech(1, seed=3))
    for now_ms, window in windows(np.zeros(LINE_RATE, np.int16)):
        detector.push_window(window, False, Playing(loudness, now_ms))
    for _now_ms, window in windows(np.zeros(LINE_RATE, np.int16)):
        detector.push_window(window, False, None)
    for _now_ms, window in windows(speech(0.5, seed=3)):
        detector.push_window(window, True, None)
    detector.voice_began()

    assert detector.find_echo() is None


def known(gain_db: float = -20) -> tuple[Scene, Samples]:
    """A scene whose echo was found, and the reply that goes on."""
    reply = speech(8, seed=4)
    heard = with_hiss(in_a_room(reply, gain_db, 160))
    scene = Scene(reply, heard[: 3 * LINE_RATE], voice_ms=(2_000, 3_000))
    scene.detector.known = scene.detector.find_echo()
    assert scene.detector.known is not None
    return scene, reply


def go_on(scene: Scene, reply: Samples, microphone: Samples) -> list[bool]:
    """What the rest of the microphone's sound, all of it like speech, is taken for: somebody's voice or not."""
    loudness, taken = sent(reply), list[bool]()
    for now_ms, window in windows(with_hiss(microphone)):
        if now_ms > 3_000:
            taken.append(scene.detector.push_window(window, True, Playing(loudness, now_ms)))
    return taken


def test_a_known_echo_is_no_longer_taken_for_a_voice() -> None:
    scene, reply = known()

    taken = go_on(scene, reply, in_a_room(reply, -20, 160))

    assert sum(taken) <= 0.02 * len(taken)


def test_a_person_is_heard_over_a_known_echo() -> None:
    scene, reply = known()
    person = speech(8, seed=5, level=3_000 * 10 ** (-(20 - MARGIN_DB - 8) / 20))

    taken = go_on(scene, reply, in_a_room(reply, -20, 160) + person)

    assert any(taken[:10])
    assert sum(taken) > 0.3 * len(taken)


def test_an_echo_that_is_not_heard_any_more_is_forgotten() -> None:
    scene, reply = known()

    go_on(scene, reply, np.zeros(len(reply), np.int16))

    assert scene.detector.known is None


def test_a_voice_is_soft_compared_with_the_persons_own_turns() -> None:
    detector = EchoDetector()

    def turn(level: float) -> bool:
        detector.push_window(np.zeros(WINDOW, np.int16), False, None)
        for number, (_, window) in enumerate(windows(speech(1, seed=6, level=level))):
            detector.push_window(window, True, None)
            if number == 0:
                detector.voice_began()
        return detector.soft

    loud = turn(8_000)
    for _ in range(6):
        detector.turn_answered()

    assert (loud, turn(2_000), turn(6_000)) == (False, True, False)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 48_000])
def test_a_position_has_the_level_of_the_sound_there_at_any_rate(rate: int) -> None:
    loudness = Loudness(rate)
    sound = np.concatenate((np.full(rate, 30, np.int16), np.full(rate, 3_000, np.int16)))
    for start in range(0, len(sound), 700):
        loudness.add(sound[start : start + 700])

    levels = [round(loudness.at(position_ms), 1) for position_ms in (100, 900, 1_100, 1_900, 2_100)]

    assert levels == [-60.8, -60.8, -20.8, -20.8, SILENCE_DBFS]


@pytest.mark.parametrize(
    ("heard", "said", "share"),
    [
        ("", "well I think that the sea is old", 0.0),
        ("well i think", "Well, I think that the sea is old.", 1.0),
        ("whale i think the sea", "Well, I think that the sea is old.", 0.8),
        ("stop", "Well, I think that the sea is old.", 0.0),
        ("我觉得海", "嗯，我觉得大海很老。", 1.0),
        ("等一下", "嗯，我觉得大海很老。", 0.0),
    ],
)
def test_words_are_compared_with_what_was_said_letter_by_letter(heard: str, said: str, share: float) -> None:
    assert share_said(heard, said) == pytest.approx(share, abs=0.1)


def test_silence_has_no_echo() -> None:
    silence: Levels = np.full(BEFORE + MOST_DELAY, SILENCE_DBFS)

    assert find_echo(silence[:BEFORE], silence, np.ones(BEFORE, bool)) is None
