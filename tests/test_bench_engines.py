"""The table of engines: what is listed in it, and that its figures come from engines that really ran."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.engines import known, main, table
from pipeline.engines import registry

FIGURES = {"real_time_factor": 0.00391, "first_ms": 5.06, "cancel_ms": 0.0, "memory_mb": 73.99}
ESPEAK = {"role": "synthesizer", "name": "espeak", **FIGURES}
OPENAI = {"role": "chat_model", "name": "openai", "not_measured": "it needs a key"}


def test_every_engine_is_measured_but_the_stubs() -> None:
    listed = {f"{role}.{name}" for role, name in known()}

    assert listed == {f"{role}.{name}" for role, names in registry.BUILT_IN.items() for name in names if name != "stub"}


def test_what_was_not_measured_stays_out_of_the_table_and_says_why() -> None:
    lines = table([ESPEAK, OPENAI]).splitlines()

    assert lines[2] == "| synthesizer espeak | 0.0039 | 5 ms |  | 0 ms | 74 MB |  |"
    assert lines[-1] == "chat_model openai: it needs a key"


def test_a_synthesiser_is_measured_in_a_process_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "engines.json"

    status = main(["--only", "synthesizer.espeak", "--speech", str(tmp_path), "--json", str(report)])

    (row,) = json.loads(report.read_text())
    assert (status, row["name"], set(FIGURES) <= set(row)) == (0, "espeak", True)
    assert 0 < row["real_time_factor"] < 1
    assert 0 < row["first_ms"] < 1_000
    assert 10 < row["memory_mb"] < 500
    assert "| synthesizer espeak |" in capsys.readouterr().out


def test_without_recordings_a_recogniser_is_not_measured_and_the_reason_is_given(tmp_path: Path) -> None:
    report = tmp_path / "engines.json"

    status = main(["--only", "recognizer.pocketsphinx", "--speech", str(tmp_path), "--json", str(report)])

    (row,) = json.loads(report.read_text())
    assert (status, "No recordings" in row["not_measured"]) == (1, True)


def test_an_engine_that_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "recognizer.parrot"]) == 2
    assert "recognizer.pocketsphinx" in capsys.readouterr().out
