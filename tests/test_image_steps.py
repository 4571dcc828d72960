"""The steps of the images, run in their order outside of one: what pip installs, then the server and its health check."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.images import ROOT, copied, instructions

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the images have Python 3.11"),
]

START_S = 60.0
FOR_ROOT = ("apt-get", "useradd", "ldconfig")
"""Steps that set up the system, not Kaikou."""
NAME = os.environ.get("STEPS_OF", "Dockerfile")
"""Whose steps; the GPU image's install gigabytes."""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The image's folder of the program, and its environment, after all of its steps."""
    app, venv = tmp_path_factory.mktemp("app"), tmp_path_factory.mktemp("opt") / "kaikou"
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "SSL_", "HTTP", "http", "no_", "NO_"))
    }
    environment = {**kept, "HOME": str(app), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    copies = iter(copied(NAME))
    for step in instructions(NAME):
        match step.name:
            case "ENV":
                for assignment in step.rest.split():
                    name, _, value = assignment.partition("=")
                    environment[name] = value.replace("/opt/kaikou", str(venv)).replace(
                        "/usr/local/bin", environment["PATH"]
                    )
            case "COPY" if not step.flags:
                sources, destination = next(copies)
                copy(sources, app / destination)
            case "RUN" if not step.rest.startswith(FOR_ROOT):
                subprocess.run(["sh", "-ec", step.rest], cwd=app, env=environment, check=True, timeout=600)
    return app, environment


def copy(sources: list[str], destination: Path) -> None:
    for path in (path for source in sources for path in ROOT.glob(source)):
        if path.is_dir():
            shutil.copytree(path, destination, ignore=shutil.ignore_patterns("__pycache__", "weights"))
        else:
            shutil.copy(path, destination / path.name)


def test_installed_packages_agree_with_each_other(image: tuple[Path, dict[str, str]]) -> None:
    app, environment = image
    told = subprocess.run(["pip", "check"], cwd=app, env=environment, capture_output=True, text=True, timeout=120)

    # What these two ask for besides is not wanted: torch, and docopt.
    complaints = [line for line in told.stdout.splitlines() if not line.startswith(("silero-vad ", "num2words "))]
    assert complaints in ([], ["No broken requirements found."])


def test_the_server_starts_and_its_health_check_passes(image: tuple[Path, dict[str, str]]) -> None:
    app, environment = image
    last = {step.name: step.rest for step in instructions(NAME)}
    command, check = json.loads(last["CMD"]), json.loads(last["HEALTHCHECK"].partition("CMD ")[2])
    port = free_port()
    check = [word.replace("7210", str(port)) for word in check]
    here = {**environment, "KAIKOU_PORT": str(port), "KAIKOU_HOST": "127.0.0.1", "KAIKOU_LLM_DISCOVER": "false"}
    with subprocess.Popen(command, cwd=app, env=here, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:
        try:
            deadline = monotonic() + START_S
            while (healthy := passes(check, here)) is False and server.poll() is None and monotonic() < deadline:
                sleep(0.5)
        finally:
            server.terminate()
            _, told = server.communicate(timeout=30)

    assert healthy, told.decode()[-2000:]
    assert not passes(check, here)


def passes(check: list[str], environment: dict[str, str]) -> bool:
    return subprocess.run(check, env=environment, capture_output=True, timeout=30).returncode == 0


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
    return port
