"""The first start on every Python of this machine that Kaikou is for: the real packages, the real server, a word spoken."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.images import ROOT

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(900)]

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PARTS = ("run.py", "requirements*.txt", "pipeline", "models", "server", "personas", "static")
LAZY = "ctranslate2, tokenizers, opencc, pypinyin, num2words, wetext, onnxruntime"
"""What engines import when they are first used."""


def interpreter(version: str) -> Path | None:
    """The Python of that version: on the path, or among pyenv's."""
    found = [Path(path) for path in [shutil.which(f"python{version}")] if path]
    if pyenv := shutil.which("pyenv"):
        told = subprocess.run([pyenv, "root"], capture_output=True, text=True, timeout=30)
        found += Path(told.stdout.strip()).glob(f"versions/{version}.*/bin/python")
    return next((path for path in found if is_python(path, version)), None)


def is_python(path: Path, version: str) -> bool:
    question = "import ensurepip, sys; print('.'.join(map(str, sys.version_info[:2])))"
    told = subprocess.run([str(path), "-c", question], capture_output=True, text=True, timeout=30)
    return told.stdout.strip() == version


@contextmanager
def started(python: Path, home: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a server that `python` makes in `home`, and all that it says; it is stopped when the block ends."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAIKOU_", "OPENAI_"))}
    process = subprocess.Popen(
        [str(python), "run.py", "--port", "0"],
        cwd=home,
        env={**kept, "KAIKOU_STARTER": "off", "KAIKOU_LLM_DISCOVER": "off"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = list[str]()
    with process:
        try:
            for line in process.stdout or ():
                said.append(line)
                if "Ctrl-C" in line:
                    break
            address = re.search(r" is at (http://\S+)", "".join(said))
            assert address, "".join(said)
            yield address[1], said
        finally:
            process.send_signal(signal.SIGINT)
            said += process.stdout or ()


def answer(url: str, body: object = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, {"Content-Type": "application/json"}), timeout=30) as response:
        return bytes(response.read())


@pytest.mark.parametrize("version", [one for one in PYTHONS if one != ".".join(map(str, sys.version_info[:2]))])
def test_first_start_on_another_python_ends_in_a_server_that_is_ready_and_speaks(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    for path in (path for part in PARTS for path in ROOT.glob(part)):
        if path.is_dir():
            shutil.copytree(path, tmp_path / path.name, ignore=shutil.ignore_patterns("__pycache__", "weights"))
        else:
            shutil.copy(path, tmp_path)

    with started(python, tmp_path) as (address, said):
        ready = json.loads(answer(f"{address}/ready"))
        speech = answer(f"{address}/v1/audio/speech", {"model": "tts-1", "voice": "alloy", "input": "Hello there."})
    imported = subprocess.run([tmp_path / ".venv/bin/python", "-c", f"import {LAZY}"], capture_output=True, text=True)

    assert ready["ready"]
    assert len(speech) > 1_000
    unexpected = [line for line in said if "Traceback" in line or "no jobs are done" in line]
    assert unexpected == []
    assert imported.returncode == 0, imported.stderr
