from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import pytest

from models.embedded.flite import Flite, create, load_voices, plain
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice
from pipeline.errors import EngineError, EngineUnavailable
from tests.models.sound import misplaced_words, speak

SENTENCE = "I think we could walk along the river before it starts raining."
VOICES = ("flite/rms", "flite/slt", "flite/awb", "flite/kal16")


@pytest.fixture(scope="module")
def flite() -> Iterator[Flite]:
    try:
        flite = create({})
    except EngineUnavailable as error:
        pytest.skip(error.message)
    yield flite
    flite.close()


@pytest.mark.parametrize("voice", VOICES)
def test_a_voice_is_audible_unclipped_and_of_plausible_length(flite: Flite, voice: str) -> None:
    spoken = speak(flite, SENTENCE, voice)

    assert (8_000 < spoken.peak < 32_767, 2.5 < spoken.seconds < 5.5) == (True, True)
    assert max(len(chunk.pcm) for chunk in spoken.chunks) <= 1280


@pytest.mark.parametrize("voice", VOICES)
def test_the_silence_in_front_is_trimmed(flite: Flite, voice: str) -> None:
    assert speak(flite, "Good morning.", voice).onset_ms < 80


def test_the_first_sound_comes_long_before_the_last(flite: Flite) -> None:
    assert min(speak(flite, SENTENCE).first_s for _ in range(5)) < 0.3


@pytest.mark.parametrize("voice", VOICES)
def test_every_word_has_its_time(flite: Flite, voice: str) -> None:
    spoken = speak(flite, "“Well”—25 dogs, 你好 naïve ones, cost $5.50 in New-York, don’t they?", voice)

    assert spoken.text == ["Well", "25", "dogs", "naïve", "ones", "cost", "$5.50", "in", "New-York", "don’t", "they"]
    assert misplaced_words(spoken) == []


def test_words_go_on_through_the_parts_of_a_long_clause(flite: Flite) -> None:
    clause = ", ".join([SENTENCE.rstrip(".")] * 4)

    spoken = speak(flite, clause)

    assert (len(spoken.words), misplaced_words(spoken)) == (48, [])
    assert 0 < spoken.seconds * 1000 - spoken.words[-1].end_ms < 400


@pytest.mark.parametrize("voice", VOICES)
def test_speed_changes_the_length(flite: Flite, voice: str) -> None:
    natural = speak(flite, SENTENCE, voice).seconds

    assert natural / speak(flite, SENTENCE, voice, speed=1.5).seconds == pytest.approx(1.5, rel=0.1)


@pytest.mark.parametrize("voice", ["flite/rms", "flite/slt", "flite/awb"])
@pytest.mark.parametrize("semitones", [-3, 4])
def test_pitch_changes_the_pitch_and_not_the_length(flite: Flite, voice: str, semitones: int) -> None:
    natural, shifted = speak(flite, SENTENCE, voice), speak(flite, SENTENCE, voice, pitch=semitones)

    assert shifted.pitch / natural.pitch == pytest.approx(2 ** (semitones / 12), rel=0.06)
    assert shifted.seconds == pytest.approx(natural.seconds, rel=0.03)


def test_women_speak_higher_than_men(flite: Flite) -> None:
    pitches = {voice: speak(flite, SENTENCE, voice).pitch for voice in ("female", "female-2", "male", "male-low")}

    assert sorted(pitches, key=pitches.__getitem__) == ["male-low", "male", "female", "female-2"]


def test_closing_the_iterator_ends_the_work(flite: Flite) -> None:
    def abandon() -> None:
        clause = flite.speak(SynthesisRequest(SENTENCE, voice=VoiceChoice("flite/rms")))
        next(clause)
        clause.close()

    started = perf_counter()
    speak(flite, SENTENCE, "flite/rms")
    whole = perf_counter() - started
    started = perf_counter()
    for _ in range(10):
        abandon()

    assert perf_counter() - started < 10 * whole


def test_sessions_that_share_voices_do_not_disturb_each_other(flite: Flite) -> None:
    alone = {voice: speak(flite, SENTENCE, voice).words for voice in VOICES}

    with ThreadPoolExecutor(8) as sessions:
        together = list(sessions.map(lambda voice: (voice, speak(flite, SENTENCE, voice).words), VOICES * 6))

    assert [voice for voice, words in together if words != alone[voice]] == []


@pytest.mark.parametrize("text", ["", " ", "…", "?!", "你好", "👍"])
def test_what_cannot_be_said_is_silence(flite: Flite, text: str) -> None:
    assert speak(flite, text).chunks == []


@pytest.mark.parametrize("text", ["$", "1e99", "a.b@c.d", "''''", "XXXXXXXXXIV", "0" * 60, "((((", "-" * 90 + "x"])
def test_odd_text_is_survived(flite: Flite, text: str) -> None:
    assert speak(flite, text).seconds < 120


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("“It’s” — fine…", '"It\'s" ,  fine...'),
        ("naïve café, Ærø, Straße", "naive cafe, Aero, Strasse"),
        ("20°, 5 €", "20 degrees , 5  euro "),
        ("tab\tand 中文 \x00", "taband  "),
    ],
)
def test_text_becomes_plain_ascii(text: str, read: str) -> None:
    assert plain(text) == read


def test_a_clause_that_is_far_too_long_is_refused(flite: Flite) -> None:
    with pytest.raises(EngineError):
        speak(flite, "a " * 1001)


def test_without_the_library_its_package_is_named() -> None:
    with pytest.raises(EngineUnavailable, match="libflite1"):
        load_voices(lambda name: None)
