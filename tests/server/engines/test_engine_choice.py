"""Which engines a server takes by itself, and what it says about it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pipeline.engines.protocols import SynthesisRequest
from pipeline.engines.weights import Weights
from pipeline.errors import SettingError
from server.__main__ import _announce
from server.engines.loaded import LoadedEngines
from server.engines.selection import InstalledWeights
from server.operations.advice import advice
from server.settings import load_settings
from tests.server.counted_engines import installed, register
from tests.serving import serving
from tests.speech import NEEDS_POCKETSPHINX


@asynccontextmanager
async def loaded(folder: Path, **flags: Any) -> AsyncIterator[LoadedEngines]:
    """The engines of a server whose weights lie in `folder`."""
    made = LoadedEngines(load_settings({"weights": folder, **flags}, {}))
    try:
        yield made
    finally:
        await made.close()


def pulled(folder: Path, *names: str) -> Path:
    """A folder of weights that look installed, and hold nothing."""
    for name in names:
        (folder / name).mkdir(parents=True)
    return folder


def codes(made: LoadedEngines) -> list[str]:
    return [entry["code"] for entry in advice(made)]


async def test_auto_is_the_default_and_embedded_where_nothing_is_installed(tmp_path: Path) -> None:
    async with loaded(tmp_path / "none") as made:
        taken = {role: str(choice) for role, choice in made.choices.items()}

    assert taken == {
        "chat_model": "scripted",
        "voice_detector": "silero",
        "turn_model": "embedded",
        "recognizer": "pocketsphinx",
        "synthesizer": "embedded",
    }


@NEEDS_POCKETSPHINX
async def test_the_embedded_engines_come_with_the_command_that_gets_better_ones(tmp_path: Path) -> None:
    async with loaded(tmp_path) as made:
        [entry] = [entry for entry in advice(made) if entry["code"] == "better_engines"]

    assert entry["command"] == "python3 run.py models pull recommended"
    assert "Chinese is not understood yet" in entry["text"]["en"]
    assert "还听不懂中文" in entry["text"]["zh"]


@pytest.mark.parametrize("flags", [{"engines": "stub"}, {"recognizer": "stub"}, {"synthesizer": "stub"}])
async def test_who_chose_another_engine_is_not_told_to_get_one(flags: Mapping[str, str], tmp_path: Path) -> None:
    async with loaded(tmp_path, **flags) as made:
        assert "better_engines" not in codes(made)


async def test_weights_without_their_packages_change_nothing(tmp_path: Path) -> None:
    async with loaded(pulled(tmp_path, "funasr-paraformer", "smart-turn"), recognizer="stub") as made:
        assert str(made.choices["synthesizer"]) == "embedded"
        assert made.ready


@NEEDS_POCKETSPHINX
async def test_the_best_engine_that_cannot_start_leaves_its_role_to_the_embedded_one_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged(tmp_path, monkeypatch)
    best = Weights("broken", "sherpa", "recognizer", tmp_path / "gone", rank=1)
    made = LoadedEngines(load_settings({"weights": tmp_path}, {}), there=InstalledWeights([best]))
    try:
        assert (str(made.choices["recognizer"]), made.ready) == ("pocketsphinx", True)
        [entry] = [entry for entry in advice(made) if entry["code"] == "engine_passed_over"]
    finally:
        await made.close()

    assert "sherpa:broken: " in entry["text"]["en"]
    assert entry["command"] == "python3 run.py doctor"


async def test_an_engine_that_is_named_and_cannot_start_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged(tmp_path, monkeypatch)
    async with loaded(tmp_path, recognizer="sherpa") as made:
        assert (str(made.choices["recognizer"]), made.ready, made.passed_over) == ("sherpa", False, [])


def packaged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's package with an engine that cannot start."""
    about = folder / "broken-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[kaikou.engines]\nrecognizer.sherpa = broken_engine:create\n")
    (folder / "broken_engine.py").write_text(
        "from pipeline.errors import EngineUnavailable\n"
        "def create(settings):\n    raise EngineUnavailable('Its weights are missing.', engine='sherpa')\n"
    )
    monkeypatch.syspath_prepend(str(folder))


async def test_auto_takes_what_is_installed_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")
    tiny = pytest.importorskip("tests.models.tiny_sherpa", reason="onnx is not installed", exc_type=ImportError)
    voices = import_module("tests.models.tiny_sherpa_voices")
    builders = {
        "zipformer-zh-en": tiny.build_zipformer,
        "sensevoice": tiny.build_sense_voice,
        "matcha-zh-en": partial(voices.build_matcha, bilingual=True),
    }
    for name, build in builders.items():
        (tmp_path / name).mkdir()
        build(tmp_path / name)

    async with loaded(tmp_path) as made:
        assert made.ready
        assert made.choices["recognizer"].options["second_pass"] == str(tmp_path / "sensevoice")
        assert "better_engines" not in codes(made)
        _announce("http://127.0.0.1:1", made, "scripted", "")

    told = capsys.readouterr().out
    assert "    hears with     sherpa (zipformer-zh-en) and silero\n" in told
    assert "    speaks with    sherpa (matcha-zh-en)\n" in told


async def test_weights_that_are_named_and_not_there_stop_the_start_with_the_command_that_gets_them(
    tmp_path: Path,
) -> None:
    with pytest.raises(SettingError, match=r"no weights 'kokoro' for sherpa as synthesizer.*models pull kokoro"):
        LoadedEngines(load_settings({"weights": tmp_path, "synthesizer": "sherpa:kokoro"}, {}))


@NEEDS_POCKETSPHINX
async def test_the_start_message_names_the_engines_and_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with loaded(tmp_path) as made:
        _announce("http://127.0.0.1:1", made, "scripted", "")

    told = capsys.readouterr().out
    assert "    hears with     pocketsphinx and silero\n" in told
    assert "      python3 run.py models pull recommended\n" in told


@NEEDS_POCKETSPHINX
async def test_the_page_is_told_the_same(tmp_path: Path) -> None:
    async with serving(engines="embedded", weights=tmp_path) as server, httpx2.AsyncClient() as client:
        status = json.loads((await client.get(f"{server.http}/api/status")).text)

    assert "python3 run.py models pull recommended" in json.dumps(status)


async def test_a_voice_that_wants_words_is_given_words(tmp_path: Path) -> None:
    async with loaded(tmp_path, synthesizer="espeak") as made:
        voice = made.engines.synthesizer
        written, spoken = [
            [chunk async for chunk in voice.speak(SynthesisRequest(text))]
            for text in ("I owe $20.", "I owe twenty dollars.")
        ]

    lengths = [sum(len(chunk.pcm) for chunk in chunks) for chunks in (written, spoken)]
    assert abs(lengths[0] - lengths[1]) < 240, "10 ms: the one says the same as the other"
    assert [word.text for chunk in written for word in chunk.words] == ["I", "owe", "$20."]


async def test_voices_of_different_languages_speak_together_and_the_start_message_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    register(tmp_path, monkeypatch)
    english = installed("joe", role="synthesizer", languages=("en",))
    made = LoadedEngines(load_settings({"weights": tmp_path}, {}), there=english)
    try:
        _announce("http://127.0.0.1:1", made, "scripted", "")
        voice: Any = made.engines.synthesizer
        spoken = {
            language: {chunk.pcm.any() async for chunk in voice.speak(SynthesisRequest(text, language))}
            for language, text in {"en": "Good morning.", "zh": "早上好。"}.items()
        }
    finally:
        await made.close()

    assert "    speaks with    counted (joe) and embedded\n" in capsys.readouterr().out
    assert (spoken["en"], True in spoken["zh"], {"en", "zh"} <= {*made.speaks}) == ({False}, True, True)
