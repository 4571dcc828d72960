import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from models.embedded.espeak import CHINESE_TIMBRES, TIMBRES, Espeak, create
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice
from pipeline.errors import EngineError
from tests.models.sound import alike, misplaced_words, speak

ENGLISH = "I think we could walk along the river before it starts raining."
CHINESE = "今天天气很好，我们一起去公园散步吧。"


@pytest.fixture(scope="module")
def espeak() -> Iterator[Espeak]:
    espeak = create({})
    yield espeak
    espeak.close()


def test_every_listed_voice_is_audible_unclipped_and_of_plausible_length(espeak: Espeak) -> None:
    text = {"en": ENGLISH, "zh": CHINESE}
    spoken = {voice.id: speak(espeak, text[voice.language], voice.id, voice.language) for voice in espeak.info.voices}

    assert len(spoken) == 21
    assert {name: one.peak for name, one in spoken.items() if not 8_000 < one.peak < 32_767} == {}
    assert {name: one.seconds for name, one in spoken.items() if not 2.5 < one.seconds < 5.5} == {}
    assert max(len(chunk.pcm) for one in spoken.values() for chunk in one.chunks) <= 1764


def test_the_first_sound_comes_at_once(espeak: Espeak) -> None:
    spoken = [speak(espeak, ENGLISH) for _ in range(5)]

    assert (min(one.first_s for one in spoken) < 0.1, max(one.onset_ms for one in spoken) < 60) == (True, True)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_timbres_have_different_pitches(espeak: Espeak, language: str) -> None:
    text = ENGLISH if language == "en" else CHINESE
    pitches = {timbre: speak(espeak, text, timbre, language).pitch for timbre in TIMBRES}
    ordered = sorted(pitches, key=pitches.__getitem__)
    steps = [pitches[high] / pitches[low] for low, high in pairwise(ordered)]

    assert ordered == ["male-low", "male", "male-2", "neutral", "female-3", "female", "female-2"]
    assert min(steps) > 1.04


def test_every_word_has_its_time(espeak: Espeak) -> None:
    spoken = speak(espeak, "“Well”—25 dogs, naïve ones, cost $5.50 in New-York, don’t they?")

    assert spoken.text == ["Well", "25", "dogs", "naïve", "ones", "cost", "$5.50", "in", "New-York", "don’t", "they"]
    assert misplaced_words(spoken) == []


def test_a_chinese_clause_with_english_in_it_has_a_time_for_every_character_and_word(espeak: Espeak) -> None:
    spoken = speak(espeak, "我们用Python写代码吧，OK吗？有25%的人。", language="zh")

    assert spoken.text == [*"我们用", "Python", *"写代码吧", "OK", *"吗有", "25%", *"的人"]
    assert misplaced_words(spoken) == []
    assert {word.text for word in spoken.words if word.end_ms - word.start_ms < 60} == set()


def test_chinese_in_an_english_clause_is_read_and_not_spelled(espeak: Espeak) -> None:
    english, mixed = speak(espeak, "I said to him."), speak(espeak, "I said 你好 to him.")

    assert mixed.text == ["I", "said", "你", "好", "to", "him"]
    assert 0.2 < mixed.seconds - english.seconds < 1.0


def test_a_voice_keeps_its_timbre_in_another_language(espeak: Espeak) -> None:
    pitches = [speak(espeak, CHINESE, f"espeak/en-us-{timbre}", "zh").pitch for timbre in ("female", "male")]

    assert pitches[0] > 1.5 * pitches[1]


def test_an_accent_is_heard_in_its_own_language_only(espeak: Espeak) -> None:
    american, british = speak(espeak, ENGLISH, "espeak/en-us-male"), speak(espeak, ENGLISH, "espeak/en-gb-male")
    french = [speak(espeak, "Bonjour le monde.", f"espeak/{accent}-male", "fr") for accent in ("en-us", "fr", "cmn")]

    assert not alike(american, british)
    assert all(alike(one, french[0]) for one in french)


@pytest.mark.parametrize("language", ["zh-CN", "pt-BR", "de", "ru", "xx", ""])
def test_a_language_is_found_by_its_primary_tag_or_replaced(espeak: Espeak, language: str) -> None:
    assert speak(espeak, "Hello 1 2 3", language=language).seconds > 0.5


def test_all_languages_that_are_declared_can_be_heard(espeak: Espeak) -> None:
    heard = {language: speak(espeak, "Hello 1 2 3", language=language).peak for language in espeak.info.languages}

    assert {language for language, peak in heard.items() if peak < 2_000} == set()
    assert {"en", "zh", "yue", "fr", "de", "es", "ja", "ko", "ru"} <= set(heard)


@pytest.mark.parametrize("speed", [0.6, 1.5, 2.0])
def test_speed_changes_the_length(espeak: Espeak, speed: float) -> None:
    assert speak(espeak, ENGLISH).seconds / speak(espeak, ENGLISH, speed=speed).seconds == pytest.approx(speed, rel=0.1)


@pytest.mark.parametrize("semitones", [-4, 5])
@pytest.mark.parametrize("voice", ["female", "male"])
def test_pitch_is_in_semitones(espeak: Espeak, voice: str, semitones: int) -> None:
    natural, shifted = speak(espeak, ENGLISH, voice), speak(espeak, ENGLISH, voice, pitch=semitones)

    assert shifted.pitch / natural.pitch == pytest.approx(2 ** (semitones / 12), rel=0.04)


def test_a_pause_follows_punctuation(espeak: Espeak) -> None:
    bare, comma, stop = (speak(espeak, "We are here" + end).seconds for end in ("", ",", "."))

    assert bare < comma < stop < bare + 0.5


@pytest.mark.parametrize("text", ["", "…", "👍🏽", "\0"])
def test_what_cannot_be_said_is_silence(espeak: Espeak, text: str) -> None:
    assert speak(espeak, text).chunks == []


def test_emoji_are_not_read_out(espeak: Espeak) -> None:
    assert speak(espeak, "Fine 😀 then").seconds == pytest.approx(speak(espeak, "Fine then").seconds, abs=0.1)


def test_an_abandoned_clause_leaves_the_next_as_it_is(espeak: Espeak) -> None:
    alone = speak(espeak, ENGLISH)
    clause = espeak.speak(SynthesisRequest(", ".join([CHINESE] * 20), "zh", VoiceChoice("male")))
    next(clause)
    clause.close()

    assert alike(speak(espeak, ENGLISH), alone)


def test_sessions_that_share_the_child_do_not_disturb_each_other(espeak: Espeak) -> None:
    long = ", ".join([ENGLISH] * 4)
    asked = [(long, timbre, "en") for timbre in TIMBRES] + [(CHINESE, timbre, "zh") for timbre in TIMBRES]
    alone = [speak(espeak, *one) for one in asked]

    with ThreadPoolExecutor(8) as sessions:
        together = list(sessions.map(lambda one: speak(espeak, *one), asked * 3))

    assert all(alike(one, other) for one, other in zip(together, alone * 3, strict=True))


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's list of mapped files")
def test_the_library_is_never_loaded_into_our_process(espeak: Espeak) -> None:
    speak(espeak, ENGLISH)

    assert "espeak-ng" not in Path("/proc/self/maps").read_text()


def test_a_clause_that_is_far_too_long_is_refused(espeak: Espeak) -> None:
    with pytest.raises(EngineError):
        speak(espeak, "a " * 1001)


def test_after_closing_nothing_is_said() -> None:
    espeak = create({})
    espeak.close()

    with pytest.raises(EngineError):
        speak(espeak, "Hello.")


def test_the_note_says_what_its_chinese_is(espeak: Espeak) -> None:
    assert "Chinese is a stopgap" in espeak.info.note


def test_chinese_is_spoken_by_variants_of_its_own() -> None:
    assert set(CHINESE_TIMBRES) == set(TIMBRES)
    assert not {timbre.variant for timbre in CHINESE_TIMBRES.values()} & {"edward", "adam", "m5"}
