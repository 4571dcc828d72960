from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from models.downloads.catalogue import Machine
from pipeline.engines.protocols import EngineInfo, Role
from pipeline.engines.weights import Weights
from pipeline.errors import EngineUnavailable, SettingError
from server.cli.doctor import Doctor, Finding, main, shown, starter_line
from server.engines.selection import InstalledWeights
from server.settings import load_settings
from server.starter.rules import StarterRules
from tests.speech import NEEDS_POCKETSPHINX

GB = 1_000_000_000
ZIPFORMER = Weights("zipformer-zh-en", "sherpa", "recognizer", Path("/w/z"), ("zh", "en"), ("sherpa_onnx",), 20)
PARAFORMER = Weights("funasr-paraformer", "funasr", "recognizer", Path("/w/p"), ("zh",), ("torch",), 30, gpu=True)


class Engine:
    """Notes how it was made and that it was closed."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.info = EngineInfo("sherpa", "recognizer", note="It hears well.")
        self.options = options
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Maker(list[Engine]):
    def __call__(self, role: Role, name: str, options: Mapping[str, Any]) -> Engine:
        self.append(Engine(options))
        return self[-1]


def doctor(*installed: Weights, without: tuple[str, ...] = (), make: Any = None, disk_free: int = 90 * GB) -> Doctor:
    on = InstalledWeights(installed, ("zh", "en"), lambda module: module not in without, gpu=False, cores=2)
    return Doctor(on, Maker() if make is None else make, 4 * GB, disk_free)


async def test_an_engine_with_all_that_it_needs_is_made_with_its_weights_and_ended() -> None:
    made = Maker()

    finding = await doctor(ZIPFORMER, make=made).look_at("recognizer", "sherpa", {"threads": 2})

    assert finding == Finding("recognizer", "sherpa", note="It hears well.")
    assert [(engine.options, engine.closed) for engine in made] == [({"threads": 2, "weights": "/w/z"}, True)]


@pytest.mark.parametrize(
    ("looking", "finding"),
    [
        (
            doctor(),
            ("sherpa", "It lacks weights.", "python3 run.py models pull zipformer-zh-en", "about 199 MB"),
        ),
        (
            doctor(without=("sherpa_onnx",)),
            (
                "sherpa",
                "It lacks the package sherpa_onnx and weights.",
                "python3 run.py models pull zipformer-zh-en",
                "about 199 MB",
            ),
        ),
        (
            doctor(ZIPFORMER, without=("sherpa_onnx",)),
            ("sherpa", "It lacks the package sherpa_onnx.", "python3 run.py models pull zipformer-zh-en", ""),
        ),
        (
            doctor(disk_free=100_000_000),
            (
                "sherpa",
                "It lacks weights.",
                "python3 run.py models pull zipformer-zh-en",
                "about 199 MB; the disk has only 100 MB free",
            ),
        ),
        (
            doctor(PARAFORMER, without=("torch", "funasr")),
            (
                "funasr",
                "It lacks the packages torch, funasr.",
                "python3 run.py models pull funasr-paraformer",
                "made for a GPU, and there is none (NVIDIA, with its driver); slow without; "
                "wants 6.0 GB of memory, there are 4.0 GB",
            ),
        ),
    ],
)
async def test_what_is_missing_is_told_with_the_command_that_gets_it(
    looking: Doctor, finding: tuple[str, str, str, str]
) -> None:
    engine, lacks, fix, note = finding

    assert await looking.look_at("recognizer", engine, {}) == Finding("recognizer", engine, lacks, fix, note)


@pytest.mark.parametrize("error", [EngineUnavailable("Install libflite1."), SettingError("flite: no such voice.")])
async def test_what_an_engine_says_about_itself_is_passed_on(error: Exception) -> None:
    def refuse(role: Role, name: str, options: Mapping[str, Any]) -> Engine:
        raise error

    finding = await doctor(make=refuse).look_at("synthesizer", "flite", {})

    assert finding.lacks == str(error)


def test_a_finding_is_shown_with_its_command_on_a_line_of_its_own() -> None:
    assert shown(Finding("recognizer", "sherpa", "It lacks weights.", "run it", "about 1 MB")).splitlines() == [
        "  sherpa        -      It lacks weights.",
        "                       (about 1 MB)",
        "                       run it",
    ]
    assert shown(Finding("recognizer", "sherpa", note="Fine.")) == "  sherpa        ready  Fine."


@NEEDS_POCKETSPHINX
def test_the_whole_house_is_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "kaikou.toml"
    settings.write_text(f"weights = {str(tmp_path / 'weights')!r}\nllm_discover = false\n", "utf-8")

    assert main(["--config", str(settings)]) == 0

    told = capsys.readouterr().out
    assert "\nhears; now: pocketsphinx\n" in told
    assert "\n  pocketsphinx  ready  Basic" in told
    assert "smart_turn    -      It lacks " in told
    assert "python3 run.py models pull smart-turn" in told
    assert "No language model is connected" in told
    assert "stub" not in told


@pytest.mark.parametrize(
    ("flags", "stopped", "installed", "said"),
    [
        (
            {},
            False,
            [],
            "(about 64 MB) is missing; the next start fetches it, or at once: python3 run.py models pull starter",
        ),
        ({}, True, [], "(about 64 MB) was stopped on the page; to get it: python3 run.py models pull starter"),
        ({"starter": "off"}, False, [], "nothing is fetched: the settings switch it off, or choose the engines"),
        ({}, False, ["piper-joe"], "starter set: piper-joe is there"),
        ({"starter": "off"}, False, ["piper-joe"], "starter set: piper-joe is there; nothing is fetched"),
        ({}, False, ["small"], "nothing of it fits this machine, or would be used beside what is installed"),
    ],
)
def test_it_says_whether_the_starter_set_is_there_and_why_not(
    flags: dict[str, Any], stopped: bool, installed: list[str], said: str, tmp_path: Path
) -> None:
    settings = load_settings({"weights": tmp_path, "recognizer": "pocketsphinx", **flags}, {})
    disk_free = 0 if installed == ["small"] else 90 * GB
    rules = StarterRules(settings, machine=lambda _folder: Machine(1, 8 * GB, disk_free))
    rules.remember(stopped=stopped)
    for name in installed:
        (tmp_path / name).mkdir()

    assert said in starter_line(rules, installed)


@pytest.mark.skipif(sys.platform == "win32", reason="signals itself the POSIX way")
def test_ctrl_c_ends_it_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(server: socket.socket) -> None:
        with server.accept()[0]:  # the language model is asked, and says nothing
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setenv("KAIKOU_WEIGHTS", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.getsockname()[1]}/v1")
        asked = Thread(target=interrupt, args=(server,))
        asked.start()
        status = main(["--model"])
        asked.join()

    assert status == 130
