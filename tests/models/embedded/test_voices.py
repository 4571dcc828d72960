from collections.abc import Iterator
from itertools import combinations

import pytest

from models.embedded.flite import Flite
from models.embedded.voices import EmbeddedVoices, create
from models.support.clauses import PREFERENCES
from pipeline.errors import EngineError, EngineUnavailable
from tests.models.sound import alike, misplaced_words, speak

ENGLISH = "I think we could walk along the river before it starts raining."
CHINESE = "今天天气很好，我们一起去公园散步吧。"
TEXTS = {"en": ENGLISH, "zh": CHINESE}


@pytest.fixture(scope="module", params=["with flite", "without flite"])
def voices(request: pytest.FixtureRequest) -> Iterator[EmbeddedVoices]:
    wanted = request.param == "with flite"
    if wanted:
        _needs_flite()
    voices = create({"flite": wanted})
    yield voices
    voices.close()


@pytest.fixture(scope="module")
def both() -> Iterator[EmbeddedVoices]:
    _needs_flite()
    both = create({})
    yield both
    both.close()


def _needs_flite() -> None:
    try:
        Flite()
    except EngineUnavailable as error:
        pytest.skip(error.message)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_preferences_are_distinct_voices_of_their_gender(voices: EmbeddedVoices, language: str) -> None:
    spoken = {name: speak(voices, TEXTS[language], name, language) for name in PREFERENCES}
    pitches = {name: one.pitch for name, one in spoken.items()}

    assert {name: one.peak for name, one in spoken.items() if not 8_000 < one.peak < 32_767} == {}
    alike = [pair for pair in combinations(pitches, 2) if 0.96 < pitches[pair[0]] / pitches[pair[1]] < 1.04]
    assert alike == []
    highest_man = max(pitches[name] for name, gender in PREFERENCES.items() if gender == "male")
    assert highest_man < pitches["neutral"] < min(pitches["female"], pitches["female-2"], pitches["female-3"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_chunks_have_one_rate_whoever_speaks(voices: EmbeddedVoices, language: str) -> None:
    spoken = speak(voices, TEXTS[language], "male", language)

    assert voices.info.rate == 24_000
    assert max(len(chunk.pcm) for chunk in spoken.chunks) <= 1920
    assert (2.5 < spoken.seconds < 5.5, misplaced_words(spoken)) == (True, [])


def test_words_survive_the_change_of_rate(voices: EmbeddedVoices) -> None:
    assert " ".join(speak(voices, ENGLISH).text) == ENGLISH.rstrip(".")
    assert "".join(speak(voices, CHINESE, language="zh").text) == "今天天气很好我们一起去公园散步吧"


@pytest.mark.parametrize(("voice", "gender"), [("flite/rms", "male"), ("flite/slt", "female"), ("nova", "female")])
def test_an_english_voice_has_a_chinese_one_of_its_gender(voices: EmbeddedVoices, voice: str, gender: str) -> None:
    assert alike(speak(voices, CHINESE, voice, "zh"), speak(voices, CHINESE, gender, "zh"))


def test_the_first_sound_comes_at_once(voices: EmbeddedVoices) -> None:
    assert min(speak(voices, ENGLISH).first_s for _ in range(5)) < 1.0


def test_english_is_flites_and_the_rest_is_espeaks(both: EmbeddedVoices) -> None:
    assert alike(speak(both, ENGLISH, "male"), speak(Flite(), ENGLISH, "male"))
    assert len({voice.id.partition("/")[0] for voice in both.info.voices}) == 2


def test_an_espeak_voice_asked_for_by_its_id_is_not_replaced(both: EmbeddedVoices) -> None:
    assert not alike(speak(both, ENGLISH, "espeak/en-gb-male"), speak(both, ENGLISH, "male"))


def test_a_chinese_voice_has_an_english_one_of_its_gender(both: EmbeddedVoices) -> None:
    assert alike(speak(both, ENGLISH, "espeak/cmn-male"), speak(both, ENGLISH, "male"))


@pytest.mark.parametrize("text", ["I said 你好 to him.", "Привет, my friend.", "Ελένη came."])
def test_letters_that_flite_cannot_read_are_left_to_espeak(both: EmbeddedVoices, text: str) -> None:
    words = speak(both, text).text

    assert "".join(words).isascii() is False


def test_without_flite_the_note_says_what_would_be_clearer() -> None:
    voices = create({"flite": False})
    voices.close()

    assert ("libflite1" in voices.info.note, {voice.id[:7] for voice in voices.info.voices}) == (True, {"espeak/"})


def test_errors_carry_this_engines_name(voices: EmbeddedVoices) -> None:
    with pytest.raises(EngineError) as raised:
        speak(voices, "a " * 1001)

    assert raised.value.engine == voices.info.name
