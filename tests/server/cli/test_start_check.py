from __future__ import annotations

import socket
from pathlib import Path

import pytest

from server.cli import weights
from server.cli.start_check import findings
from server.settings import load_settings


def found(*ignored: str, **environment: str) -> list[str]:
    variables = {f"KAIKOU_{name.upper()}": value for name, value in {"port": "0", **environment}.items()}
    return list(findings(load_settings({}, variables), ignored))


def test_a_start_that_works_has_no_findings(tmp_path: Path) -> None:
    assert found(weights=str(tmp_path)) == []


def test_all_mistakes_of_a_start_are_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = found("KAIKOU_SERVICE_HOST", weights=str(tmp_path / "file"), ssl_certfile="none.pem", port=port,
                     default_character="nobody")  # fmt: skip

    assert len([line for line in told if "KAIKOU_WEIGHTS" in line]) == 1
    assert [line for line in told if "KAIKOU_SSL_CERTFILE" in line]
    assert [line for line in told if "KAIKOU_DEFAULT_CHARACTER" in line]
    assert [line for line in told if f"Port {port} is taken" in line]
    assert told[-1].endswith("set nothing: KAIKOU_SERVICE_HOST.")


def test_a_folder_that_cannot_be_looked_at_is_found_once_and_ends_nothing() -> None:
    told = found(personas="a" * 300, models_from="gitlab")

    assert [len([line for line in told if name in line]) for name in ("KAIKOU_PERSONAS", "KAIKOU_MODELS_FROM")] == [
        1,
        1,
    ]


def test_the_commands_about_weights_name_a_folder_that_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KAIKOU_WEIGHTS", str(tmp_path / "file"))

    assert weights.main(["list"]) == 2
    assert capsys.readouterr().err.startswith("Kaikou: weights (KAIKOU_WEIGHTS): ")
