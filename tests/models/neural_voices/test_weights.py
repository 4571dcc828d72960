"""What the voices that run through onnxruntime share: what they say of missing weights, and how they are cut short."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import pytest

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")
pytest.importorskip("pypinyin", reason="pypinyin is not installed")

from models.neural_voices import piper
from models.neural_voices.kokoro import engine as kokoro
from pipeline.engines.protocols import SynthesisRequest
from pipeline.errors import EngineError, EngineUnavailable, SettingError
from tests.models.sound import speak
from tests.models.tiny_voices import build_kokoro, build_piper


class Voice(NamedTuple):
    """An engine, what writes a tiny network for it, the name of its real weights, and how it makes a clause in one run."""

    create: Callable[[dict[str, Any]], Any]
    build: Callable[..., Path]
    weights: str
    whole: dict[str, str]


PIPER = Voice(piper.create, build_piper, "piper-joe", {})
KOKORO = Voice(kokoro.create, build_kokoro, "kokoro-82m", {"streaming": "off"})


@pytest.fixture(params=[PIPER, KOKORO], ids=["piper", "kokoro"])
def voice(request: pytest.FixtureRequest) -> Voice:
    return request.param


@pytest.mark.parametrize(
    ("voice", "file", "content", "named"),
    [
        (PIPER, "voice.onnx", None, "no .onnx file"),
        (PIPER, "voice.onnx", b"nothing", "voice.onnx cannot be loaded"),
        (PIPER, "voice.onnx.json", None, "voice.onnx.json is missing"),
        (PIPER, "voice.onnx.json", b"{", "voice.onnx.json is damaged"),
        (PIPER, "voice.onnx.json", json.dumps({"audio": {}}).encode(), "voice.onnx.json is damaged"),
        (KOKORO, "kokoro.onnx", None, "no .onnx file"),
        (KOKORO, "kokoro.onnx", b"nothing", "kokoro.onnx is damaged"),
        (KOKORO, "voices/af_heart.bin", b"short", "af_heart.bin is damaged"),
    ],
)
def test_a_file_that_is_missing_or_damaged_is_named(
    tmp_path: Path, voice: Voice, file: str, content: bytes | None, named: str
) -> None:
    folder = voice.build(tmp_path / "voice")
    (folder / file).write_bytes(content) if content else (folder / file).unlink()

    with pytest.raises(EngineUnavailable, match=named):
        voice.create({"weights": str(folder)})


@pytest.mark.parametrize("settings", [{}, {"weights": "/nowhere/voice"}])
def test_without_weights_the_command_that_gets_them_is_told(voice: Voice, settings: dict[str, Any]) -> None:
    with pytest.raises(EngineUnavailable, match=rf"run\.py models pull {voice.weights}"):
        voice.create(settings)


def test_without_onnxruntime_the_command_that_gets_it_is_told(
    tmp_path: Path, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(EngineUnavailable, match=r"run\.py models pull"):
        voice.create({"weights": str(voice.build(tmp_path / "voice"))})


@pytest.mark.parametrize("wrong", [{"voice": "x"}, {"threads": -1}])
def test_wrong_settings_are_refused(tmp_path: Path, voice: Voice, wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        voice.create({"weights": str(voice.build(tmp_path / "voice")), **wrong})


@pytest.mark.timeout(30)
def test_a_clause_cancelled_in_the_middle_of_its_run_ends_at_once(tmp_path: Path, voice: Voice) -> None:
    slow = voice.create({"weights": str(voice.build(tmp_path / "voice", work=80)), **voice.whole})
    began = perf_counter()
    speak(slow, "river")
    whole_s = perf_counter() - began
    clause = slow.speak(SynthesisRequest("river"))
    with ThreadPoolExecutor(1) as pool:
        step = pool.submit(next, clause)
        threading.Event().wait(whole_s / 4)
        began = perf_counter()
        clause.cancel()
        with pytest.raises(EngineError, match="cancelled"):
            step.result(10)
    late_s = perf_counter() - began
    slow.close()

    assert late_s < whole_s / 2
