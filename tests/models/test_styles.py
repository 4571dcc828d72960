"""Styles as they are heard: what a mark does to the pitch, the pace and the level of real audio."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from models.support.clauses import FULL_SCALE, KNEE, louder
from pipeline.engines import registry
from pipeline.engines.protocols import Synthesizer
from pipeline.errors import EngineUnavailable
from pipeline.text.styles import STYLES
from tests.models.sound import Spoken, misplaced_words, speak

SENTENCE = "I think we could walk along the river before it starts raining."
VOICES = ("female", "male")


@pytest.fixture(scope="module", params=["espeak", "flite", "embedded"])
def engine(request: pytest.FixtureRequest) -> Iterator[Synthesizer]:
    try:
        engine = registry.create("synthesizer", request.param)
    except EngineUnavailable as error:
        pytest.skip(error.message)
    yield engine
    engine.close()


@cache
def spoken(engine: Synthesizer, voice: str, style: str = "", speed: float = 1.0, pitch: float = 0.0) -> Spoken:
    return speak(engine, SENTENCE, voice, style=style, speed=speed, pitch=pitch)


def level(one: Spoken) -> float:
    return float(np.sqrt(np.square(one.pcm.astype(np.float64)).mean()))


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("name", STYLES)
def test_a_style_is_heard_in_pace_pitch_and_level(engine: Synthesizer, voice: str, name: str) -> None:
    style, plain, marked = STYLES[name], spoken(engine, voice), spoken(engine, voice, name)
    same_melody = spoken(engine, voice, speed=style.speed, pitch=style.semitones)

    assert plain.seconds / marked.seconds == pytest.approx(style.speed, rel=0.025)
    assert 12 * np.log2(marked.pitch / plain.pitch) == pytest.approx(style.semitones, abs=0.5)
    assert level(marked) / level(same_melody) == pytest.approx(style.volume, rel=0.06)
    assert marked.peak < FULL_SCALE


@pytest.mark.parametrize("name", STYLES)
def test_words_keep_their_times_in_every_style(engine: Synthesizer, name: str) -> None:
    marked = spoken(engine, "male", name)

    assert (" ".join(marked.text), misplaced_words(marked)) == (SENTENCE.rstrip("."), [])
    assert 0 < marked.seconds * 1000 - marked.words[-1].end_ms < 500


def test_opposite_moods_are_told_apart(engine: Synthesizer) -> None:
    excited, tired = spoken(engine, "female", "excited"), spoken(engine, "female", "tired")

    assert excited.pitch > 1.1 * tired.pitch
    assert excited.seconds < 0.8 * tired.seconds
    assert level(excited) > 1.2 * level(tired)


def test_a_style_adds_to_the_speed_and_pitch_that_were_asked_for(engine: Synthesizer) -> None:
    both = speak(engine, SENTENCE, "male", style="sad", speed=1.25, pitch=2.0)
    together = spoken(engine, "male", speed=1.25 * STYLES["sad"].speed, pitch=2.0 + STYLES["sad"].semitones)

    assert both.seconds == pytest.approx(together.seconds, rel=0.02)
    assert both.pitch == pytest.approx(together.pitch, rel=0.03)


def test_a_style_that_nobody_knows_is_spoken_as_if_there_were_none(engine: Synthesizer) -> None:
    unknown, plain = speak(engine, SENTENCE, "male", style="baroque"), spoken(engine, "male")

    assert unknown.seconds == pytest.approx(plain.seconds, rel=0.02)
    assert level(unknown) == pytest.approx(level(plain), rel=0.02)


def test_what_is_made_too_loud_bends_and_is_not_cut_off() -> None:
    ramp = np.arange(-FULL_SCALE, FULL_SCALE, dtype=np.int16)
    made = louder(ramp, 1.5).astype(np.int32)
    straight = np.abs(ramp) * 1.5 < KNEE * FULL_SCALE

    assert np.abs(made[straight] - ramp[straight] * 1.5).max() <= 1
    assert np.abs(made).max() < FULL_SCALE
    assert np.diff(made).min() >= 0
    assert np.diff(made).max() <= 2
