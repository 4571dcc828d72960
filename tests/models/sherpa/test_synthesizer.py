from __future__ import annotations

import gc
import shutil
import sys
import threading
import wave
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import psutil
import pytest

pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed (requirements-cpu.txt)")
pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")

from models.sherpa.synthesizer import SherpaVoices, create
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice, VoiceSample
from pipeline.errors import EngineError, EngineUnavailable, SettingError
from tests.models.sound import Spoken
from tests.models.tiny_sherpa_voices import build_kokoro, build_matcha, build_vits, build_zipvoice

SENTENCE = "I think we could walk along the river before it starts raining."
LONG = " ".join([SENTENCE] * 8)
RATES = {"vits": 16_000, "piper": 16_000, "kokoro": 24_000, "matcha": 22_050, "zipvoice": 24_000}
ALL = tuple(RATES)


def sample(level: float = 0.5, text: str = "hello there.") -> VoiceSample:
    tone = np.sin(np.arange(24_000) * 0.1) * level * 32_767
    return VoiceSample(tone.astype(np.int16), 24_000, text)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("weights")
    return {
        "vits": build_vits(folder / "vits"),
        "piper": build_vits(folder / "piper", piper=True, speakers=3),
        "kokoro": build_kokoro(folder / "kokoro"),
        "matcha": build_matcha(folder / "matcha"),
        "zipvoice": build_zipvoice(folder / "zipvoice"),
        "kokoro, bilingual": build_kokoro(folder / "kokoro-bilingual", bilingual=True),
        "matcha, bilingual": build_matcha(folder / "matcha-bilingual", bilingual=True),
        "slow": build_vits(folder / "slow", work=6),
    }


@pytest.fixture(scope="module")
def engines(weights: Mapping[str, Path]) -> Iterator[dict[str, SherpaVoices]]:
    made = {name: create({"weights": str(folder), "threads": 1}) for name, folder in weights.items()}
    yield made
    for engine in made.values():
        engine.close()


@pytest.fixture(params=ALL)
def engine(request: pytest.FixtureRequest, engines: Mapping[str, SherpaVoices]) -> SherpaVoices:
    return engines[request.param]


def speak(engine: SherpaVoices, text: str, voice: str = "", **how: Any) -> Spoken:
    how = {"sample": sample()} | how if engine.info.clones else how
    return Spoken(list(engine.speak(SynthesisRequest(text, voice=VoiceChoice(voice, **how)))), engine.info.rate, 0.0)


# --- What is heard ---------------------------------------------------------------------------------------------------


def test_a_clause_is_heard_in_small_pieces(engine: SherpaVoices) -> None:
    spoken = speak(engine, SENTENCE)

    assert (spoken.peak > 3_000, spoken.seconds > 1.0) == (True, True)
    assert max(len(chunk.pcm) for chunk in spoken.chunks) <= engine.info.rate * 80 // 1000


@pytest.mark.parametrize("kind", ALL)
def test_the_rate_is_the_networks(engines: Mapping[str, SherpaVoices], kind: str) -> None:
    assert engines[kind].info.rate == RATES[kind]


def test_more_text_takes_longer(engine: SherpaVoices) -> None:
    assert speak(engine, "The cat sat.").seconds < speak(engine, SENTENCE).seconds < speak(engine, LONG).seconds


def test_speed_changes_the_length(engine: SherpaVoices) -> None:
    natural, fast = speak(engine, SENTENCE).seconds, speak(engine, SENTENCE, speed=1.6).seconds

    assert natural / fast == pytest.approx(1.6, rel=0.1)


@pytest.mark.parametrize("kind", ["vits", "piper", "kokoro", "matcha"])
def test_a_whisper_is_slower_and_quieter(engines: Mapping[str, SherpaVoices], kind: str) -> None:
    engine = engines[kind]
    plain, whispered = speak(engine, SENTENCE), speak(engine, SENTENCE, style="whisper")

    assert whispered.peak / plain.peak == pytest.approx(0.55, rel=0.02)
    assert plain.seconds / whispered.seconds == pytest.approx(0.92, rel=0.05)
    assert engine.info.styles


def test_nothing_is_louder_than_full_scale(engines: Mapping[str, SherpaVoices]) -> None:
    assert speak(engines["zipvoice"], SENTENCE, style="angry", sample=sample(1.0)).peak == 32_767


@pytest.mark.parametrize("text", ["", " ", "…", "?!", "👍"])
def test_what_cannot_be_said_is_next_to_nothing(engine: SherpaVoices, text: str) -> None:
    assert speak(engine, text).seconds < 0.3


@pytest.mark.parametrize("text", ["$", "1e99", "a.b@c.d", "9" * 99, "((((", "-" * 90 + "x", "你好", "é\u0301\0"])
def test_odd_text_is_survived(engine: SherpaVoices, text: str) -> None:
    assert speak(engine, text).seconds < 60


def test_a_clause_that_is_far_too_long_is_refused(engine: SherpaVoices) -> None:
    with pytest.raises(EngineError, match="2000"):
        speak(engine, "a " * 1001)


@pytest.mark.parametrize("kind", ["kokoro, bilingual", "matcha, bilingual"])
def test_chinese_comes_from_the_lexicon_and_english_in_it_is_sounded_out(
    engines: Mapping[str, SherpaVoices], kind: str
) -> None:
    engine = engines[kind]
    chinese, english, mixed = (speak(engine, text).seconds for text in ("你好", "good river", "你好good river"))

    assert min(chinese, english) > 0.05
    assert mixed == pytest.approx(chinese + english, abs=0.1)
    assert {"zh", "en"} <= set(engine.info.languages)


def test_phonemes_that_a_network_does_not_know_are_left_out_without_a_word(
    engines: Mapping[str, SherpaVoices], capfd: pytest.CaptureFixture[str]
) -> None:
    speak(engines["piper"], "The water, the water! 水 \u0259 ŋ")

    assert capfd.readouterr().err == ""


# --- Whose voice -----------------------------------------------------------------------------------------------------


def test_the_speakers_of_a_network_are_its_voices(engines: Mapping[str, SherpaVoices]) -> None:
    piper = engines["piper"]
    pitches = [speak(piper, "river", voice.id).pitch for voice in piper.info.voices]

    assert [voice.id for voice in piper.info.voices] == ["sherpa/0", "sherpa/1", "sherpa/2"]
    assert pitches == sorted(pitches)
    assert len(set(pitches)) == 3


def test_kokoros_voices_have_names_languages_and_genders(engines: Mapping[str, SherpaVoices]) -> None:
    voices = engines["kokoro"].info.voices

    assert [(voice.id, voice.language, voice.gender) for voice in voices] == [
        ("kokoro/af_heart", "en", "female"),
        ("kokoro/am_adam", "en", "male"),
        ("kokoro/bf_emma", "en", "female"),
    ]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("", "kokoro/af_heart"),
        ("female", "kokoro/af_heart"),
        ("female-2", "kokoro/bf_emma"),
        ("male", "kokoro/am_adam"),
        ("male-low", "kokoro/am_adam"),
        ("Emma", "kokoro/bf_emma"),
        ("am_adam", "kokoro/am_adam"),
        ("kokoro/bf_emma", "kokoro/bf_emma"),
        ("sherpa/1", "kokoro/am_adam"),
        ("cedar", "kokoro/am_adam"),
    ],
)
def test_a_name_of_any_engine_finds_a_voice(engines: Mapping[str, SherpaVoices], asked: str, meant: str) -> None:
    kokoro = engines["kokoro"]

    assert np.array_equal(speak(kokoro, "river", asked).pcm, speak(kokoro, "river", meant).pcm)


def test_a_british_voice_reads_as_the_british_do(tmp_path: Path) -> None:
    same = create({"weights": str(build_kokoro(tmp_path / "kokoro", voices=("bf_emma", "af_heart")))})
    spoken = [speak(same, "car, car, car", voice).seconds for voice in ("bf_emma", "af_heart")]
    same.close()

    assert spoken[0] < spoken[1]  # who sounds the r


def test_a_sample_decides_how_zipvoice_sounds(engines: Mapping[str, SherpaVoices]) -> None:
    zipvoice = engines["zipvoice"]
    quiet, loud = (speak(zipvoice, "river", sample=sample(level)).peak for level in (0.2, 0.4))

    assert loud > 1.4 * quiet > 0
    assert (zipvoice.info.clones, engines["kokoro"].info.clones) == (True, False)


@pytest.mark.parametrize("given", [None, sample(text="")])
def test_zipvoice_needs_a_sample_and_its_words(engines: Mapping[str, SherpaVoices], given: VoiceSample | None) -> None:
    with pytest.raises(EngineError, match="sample"):
        speak(engines["zipvoice"], "river", sample=given)


def test_zipvoice_can_have_a_sample_of_its_own(weights: Mapping[str, Path], tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "voice.wav"), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(sample().pcm.tobytes())
    settings = {
        "weights": str(weights["zipvoice"]),
        "sample": str(tmp_path / "voice.wav"),
        "sample_text": "hello there.",
    }
    engine = create(settings)

    assert speak(engine, "river", sample=None).peak > 3_000
    engine.close()


# --- Streaming and cancelling ----------------------------------------------------------------------------------------


def test_the_first_sound_comes_long_before_the_last(engines: Mapping[str, SherpaVoices]) -> None:
    start = perf_counter()
    clause = engines["slow"].speak(SynthesisRequest(LONG))
    next(iter(clause))
    first = perf_counter() - start
    rest = sum(1 for _ in clause)
    whole = perf_counter() - start

    assert rest > 10
    assert first < whole / 3


def test_closing_gives_the_caller_back_at_once_and_the_thread_after_the_sentence(
    engines: Mapping[str, SherpaVoices],
) -> None:
    slow = engines["slow"]
    started = perf_counter()
    speak(slow, LONG)
    whole = perf_counter() - started

    clause = slow.speak(SynthesisRequest(LONG))
    next(iter(clause))
    closed = perf_counter()
    clause.close()  # type: ignore[attr-defined]
    freed = perf_counter() - closed
    speak(slow, "Yes.")
    answered = perf_counter() - closed

    assert freed < 0.1
    assert answered < whole / 2


def test_two_hundred_abandoned_clauses_leave_nothing(engine: SherpaVoices) -> None:
    process = psutil.Process()
    left: list[weakref.ref[Any]] = []

    def abandon(times: int) -> None:
        for turn in range(times):
            clause = engine.speak(SynthesisRequest("One. Two. Three.", voice=VoiceChoice(sample=sample())))
            left.append(weakref.ref(clause))
            if turn % 3:
                next(iter(clause))
            if turn % 2:
                clause.close()  # type: ignore[attr-defined]

    abandon(50)
    speak(engine, "Done.")  # what was begun has ended then
    memory, grown = process.memory_info().rss, []
    for _ in range(2):
        threads = threading.active_count()
        abandon(100)
        speak(engine, "Done.")
        grown.append(threading.active_count() - threads)
    gc.collect()

    assert [ref for ref in left if ref() is not None] == []
    assert min(grown) <= 0, "a pool's thread may come late, when clauses first overlap; a leak grows in both rounds"
    assert process.memory_info().rss - memory < 30_000_000


@pytest.mark.parametrize("kind", ["vits", "piper", "kokoro", "matcha"])
def test_sessions_do_not_disturb_each_other(engines: Mapping[str, SherpaVoices], kind: str) -> None:
    engine = engines[kind]
    texts = [f"{SENTENCE} {word}" for word in ("One", "Two and three", "Four")] * 4
    alone = [speak(engine, text).pcm for text in texts]

    with ThreadPoolExecutor(6) as sessions:
        together = list(sessions.map(lambda text: speak(engine, text).pcm, texts))

    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_a_closed_engine_speaks_no_more(weights: Mapping[str, Path]) -> None:
    engine = create({"weights": str(weights["slow"])})
    clause = iter(engine.speak(SynthesisRequest(LONG)))
    next(clause)
    engine.close()
    engine.close()

    with pytest.raises(EngineError, match="closed"):
        list(clause)
    with pytest.raises(EngineError, match="closed"):
        speak(engine, "Hello.")


# --- What is missing -------------------------------------------------------------------------------------------------


@pytest.fixture
def copies(weights: Mapping[str, Path], tmp_path: Path) -> dict[str, Path]:
    """Weights that a test may break."""
    return {name: Path(shutil.copytree(weights[name], tmp_path / name)) for name in ALL}


@pytest.mark.parametrize(
    ("kind", "file", "named"),
    [
        ("vits", "model.onnx", "model.onnx"),
        ("vits", "tokens.txt", "tokens.txt"),
        ("kokoro", "voices.bin", "voices.bin"),
        ("kokoro", "tokens.txt", "tokens.txt"),
        ("matcha", "hifigan_v2.onnx", "vocoder"),
        ("matcha", "tokens.txt", "tokens.txt"),
        ("zipvoice", "encoder.int8.onnx", "encoder.onnx"),
        ("zipvoice", "decoder.int8.onnx", "decoder.onnx"),
        ("zipvoice", "vocos_24khz.onnx", "vocoder"),
        ("zipvoice", "lexicon.txt", "lexicon.txt"),
    ],
)
def test_a_missing_file_is_named(copies: Mapping[str, Path], kind: str, file: str, named: str) -> None:
    (copies[kind] / file).unlink()

    with pytest.raises(EngineUnavailable, match=f"{named}.* is missing in the folder {kind}"):
        create({"weights": str(copies[kind])})


def test_a_vocoder_for_another_rate_is_refused_before_the_library_ends_the_process(copies: Mapping[str, Path]) -> None:
    (copies["matcha"] / "hifigan_v2.onnx").unlink()
    shutil.copy(copies["zipvoice"] / "vocos_24khz.onnx", copies["matcha"])

    with pytest.raises(EngineUnavailable, match="24000 Hz, and the voice for 22050 Hz"):
        create({"weights": str(copies["matcha"])})


def test_a_file_of_voices_that_is_cut_short_is_named(copies: Mapping[str, Path]) -> None:
    voices = copies["kokoro"] / "voices.bin"
    voices.write_bytes(voices.read_bytes()[:-4])

    with pytest.raises(EngineUnavailable, match=r"voices\.bin is damaged"):
        create({"weights": str(copies["kokoro"])})


def test_a_network_that_does_not_speak_is_refused(copies: Mapping[str, Path]) -> None:
    network = copies["vits"] / "model.onnx"
    network.write_bytes(network.read_bytes().replace(b"vits", b"stiv"))

    with pytest.raises(EngineUnavailable, match="no voice: stiv"):
        create({"weights": str(copies["vits"])})


@pytest.mark.parametrize("settings", [{}, {"weights": "/nowhere/kokoro"}])
def test_without_weights_the_command_that_gets_them_is_told(settings: dict[str, Any]) -> None:
    with pytest.raises(EngineUnavailable, match=r"run\.py models pull kokoro"):
        create(settings)


def test_without_the_library_the_command_that_gets_it_is_told(
    weights: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sherpa_onnx", None)

    with pytest.raises(EngineUnavailable, match=r"run\.py models pull"):
        create({"weights": str(weights["vits"])})


@pytest.mark.parametrize("wrong", [{"voice": "x"}, {"provider": "abacus"}, {"threads": -1}, {"steps": 0}])
def test_wrong_settings_are_refused(weights: Mapping[str, Path], wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        create({"weights": str(weights["vits"]), **wrong})


@pytest.mark.parametrize("content", [b"", b"no sound"])
def test_a_sample_that_is_no_sound_is_named(weights: Mapping[str, Path], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "voice.wav").write_bytes(content)

    with pytest.raises(EngineUnavailable, match=r"voice\.wav"):
        create({"weights": str(weights["zipvoice"]), "sample": str(tmp_path / "voice.wav")})
