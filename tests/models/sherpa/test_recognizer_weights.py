"""What a recogniser of sherpa-onnx says of weights that are missing, cut short or made for something else."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed (requirements-cpu.txt)")
pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")

from models.sherpa.library import Folder, properties
from models.sherpa.networks import languages_of, plain
from models.sherpa.recognizer import create
from pipeline.errors import EngineUnavailable, SettingError
from tests.models.decoding import decoding_threads, soon
from tests.models.tiny_sherpa import build_recognizers, build_streaming_paraformer


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build_recognizers(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def copies(weights: Mapping[str, Path], tmp_path: Path) -> dict[str, Path]:
    """Weights that a test may break."""
    return {name: Path(shutil.copytree(folder, tmp_path / folder.name)) for name, folder in weights.items()}


@pytest.mark.parametrize(
    ("kind", "file", "named"),
    [
        ("paraformer", "encoder.onnx", "encoder.onnx"),
        ("paraformer", "decoder.onnx", "decoder.onnx"),
        ("paraformer", "tokens.txt", "tokens.txt"),
        ("zipformer", "encoder-epoch-99-avg-1.onnx", "encoder.onnx"),
        ("zipformer", "decoder-epoch-99-avg-1.onnx", "decoder.onnx"),
        ("zipformer", "joiner-epoch-99-avg-1.onnx", "joiner.onnx"),
        ("zipformer", "tokens.txt", "tokens.txt"),
        ("sense voice", "model.onnx", "model.onnx"),
        ("sense voice", "tokens.txt", "tokens.txt"),
    ],
)
def test_a_missing_file_is_named(copies: Mapping[str, Path], kind: str, file: str, named: str) -> None:
    (copies[kind] / file).unlink()

    with pytest.raises(EngineUnavailable, match=f"{named} is missing in the folder {copies[kind].name}"):
        create({"weights": str(copies[kind])})


@pytest.mark.parametrize("kind", ["paraformer", "zipformer", "sense voice"])
def test_a_file_that_is_cut_short_is_named(copies: Mapping[str, Path], kind: str) -> None:
    network = sorted(copies[kind].glob("[em]*.onnx"))[0]
    network.write_bytes(network.read_bytes()[:2_000])

    with pytest.raises(EngineUnavailable, match=network.name):
        create({"weights": str(copies[kind])})


def test_a_network_that_was_not_made_for_this_is_refused_before_the_library_ends_the_process(
    copies: Mapping[str, Path],
) -> None:
    network = copies["paraformer"] / "encoder.onnx"
    network.write_bytes(network.read_bytes().replace(b"lfr_window_size", b"lfr_window_sise"))

    with pytest.raises(EngineUnavailable, match=r"encoder\.onnx lacks the property lfr_window_size"):
        create({"weights": str(copies["paraformer"])})


def test_a_network_that_cannot_be_loaded_is_refused(copies: Mapping[str, Path]) -> None:
    network = copies["zipformer"] / "joiner-epoch-99-avg-1.onnx"
    network.write_bytes(network.read_bytes().replace(b"MatMul", b"MatNul"))

    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        create({"weights": str(copies["zipformer"])})


def test_a_second_pass_that_is_not_sense_voice_is_refused_and_leaves_no_threads(weights: Mapping[str, Path]) -> None:
    before = decoding_threads()

    with pytest.raises(EngineUnavailable, match=r"model\.onnx is missing"):
        create({"weights": str(weights["zipformer"]), "second_pass": str(weights["paraformer"])})
    assert soon(lambda: decoding_threads() == before)


@pytest.mark.parametrize("settings", [{}, {"weights": "/nowhere/zipformer"}, {"weights": None}])
def test_without_weights_the_command_that_gets_them_is_told(settings: dict[str, Any]) -> None:
    with pytest.raises(EngineUnavailable, match=r"run\.py models pull zipformer-zh-en"):
        create(settings)


def test_without_the_library_the_command_that_gets_it_is_told(
    weights: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sherpa_onnx", None)

    with pytest.raises(EngineUnavailable, match=r"run\.py models pull"):
        create({"weights": str(weights["zipformer"])})


@pytest.mark.parametrize("wrong", [{"beam": 4}, {"provider": "abacus"}, {"threads": -1}])
def test_wrong_settings_are_refused(weights: Mapping[str, Path], wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        create({"weights": str(weights["zipformer"]), **wrong})


# --- The folder ------------------------------------------------------------------------------------------------------


def test_a_cpu_takes_the_small_network_and_others_the_whole_one(tmp_path: Path) -> None:
    build_streaming_paraformer(tmp_path, int8=True)
    build_streaming_paraformer(tmp_path)
    folder = Folder(tmp_path, "")

    names = [path.name for small in (True, False) if (path := folder.find("encoder*.onnx", small=small))]

    assert names == ["encoder.int8.onnx", "encoder.onnx"]
    assert properties(tmp_path / "encoder.int8.onnx")["model_type"] == "paraformer"


@pytest.mark.parametrize(
    ("tokens", "languages"),
    [
        ("你我他", ("zh",)),
        ("▁HELLO ▁THERE ING", ("en",)),
        ("", ()),
    ],
)
def test_tokens_tell_the_languages(tmp_path: Path, tokens: str, languages: tuple[str, ...]) -> None:
    listed = tokens.split() if " " in tokens else [*tokens] * 10
    (tmp_path / "tokens.txt").write_text("".join(f"{token} {index}\n" for index, token in enumerate(listed)), "utf-8")

    assert languages_of(tmp_path / "tokens.txt") == languages


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (" HELLO  THERE", "hello there"),
        (" OK 你好", "ok 你好"),
        ("Hello", "Hello"),
        ("<|zh|> 你好 <unk", "你好 <unk"),
        ("", ""),
    ],
)
def test_words_are_tidied(raw: str, words: str) -> None:
    assert plain(raw) == words
