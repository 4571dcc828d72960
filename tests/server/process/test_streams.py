"""Whatever standard output and error are, the server goes on; how its process ends when a service manager stops it."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.engines.threads import EXIT_WAIT_S
from server.__main__ import DRAIN_S
from server.settings import Settings

ROOT = Path(__file__).parents[3]
START_S, END_S = 60.0, 30.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="arranges streams the POSIX way")

PRINTS = r"""
import logging, os, sys, time
from server.process.streams import prepare_streams
prepare_streams()
log = logging.StreamHandler()
for number in range(3):
    print("\u00b7", number, flush=True)
    print("\u6a21\u578b", file=sys.stderr)
    log.emit(logging.makeLogRecord({"msg": "\u6a21\u578b"}))
    time.sleep(0.1)
print("end " * 100_000)
opened = os.open(os.devnull, os.O_RDONLY)
sys.exit(7 if opened > 2 else opened)
"""


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    ("redirected", "variables"),
    [
        ("| head -1", {}),
        ("| true", {}),
        ("2>&1 | head -1", {}),
        (">&-", {}),
        ("2>&-", {}),
        (">&- 2>&- <&-", {}),
        ("> /dev/full 2>&1", {}),
        ("", {"PYTHONIOENCODING": "ascii"}),
        ("", {"PYTHONIOENCODING": "cp932"}),
        ("", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ("", {"LC_ALL": "xx_YY.UTF-8", "LANG": "none"}),
    ],
)
def test_a_print_fails_nowhere(redirected: str, variables: dict[str, str], unbuffered: str, tmp_path: Path) -> None:
    status = tmp_path / "status"
    program = f"{shlex.quote(sys.executable)} -c {shlex.quote(PRINTS)}"
    line = f"{{ {program}; echo $? > {shlex.quote(str(status))}; }} {redirected}"
    environment = {**os.environ, **variables, "PYTHONUNBUFFERED": unbuffered, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(["sh", "-c", line], cwd=ROOT, env=environment, capture_output=True, timeout=60)

    assert status.read_text().strip() == "7", ended.stderr
    assert b"Traceback" not in ended.stderr + ended.stdout
    assert b"Exception ignored" not in ended.stderr


@contextmanager
def server(folder: Path, redirected: str = "", **variables: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A real server on a free port, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = f"exec {shlex.quote(sys.executable)} -m server --engines stub --port {port} {redirected}"
    quiet = {"KAIKOU_STARTER": "off", "KAIKOU_LLM_DISCOVER": "off", "KAIKOU_WEIGHTS": str(folder / "w")}
    environment = {**os.environ, **quiet, "PYTHONPATH": str(ROOT), **variables}
    process = subprocess.Popen(
        ["sh", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            _wait_until_it_answers(process, port)
            yield process, port
        finally:
            process.kill()


def _wait_until_it_answers(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        assert process.poll() is None, process.communicate()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_server_serves_without_outputs_home_and_locale_and_sigterm_ends_it_with_status_0(tmp_path: Path) -> None:
    nowhere = {"HOME": "/proc/none", "LC_ALL": "xx_YY.UTF-8", "XDG_CACHE_HOME": "/proc/none"}
    with server(tmp_path, ">&- 2>/dev/full <&-", **nowhere) as (process, _port):
        process.send_signal(signal.SIGTERM)
        assert process.wait(END_S) == 0


def test_a_second_server_of_the_same_folder_serves_too_and_on_the_same_port_says_so(tmp_path: Path) -> None:
    with server(tmp_path) as (first, port), server(tmp_path) as (second, other_port):
        command = [sys.executable, "-m", "server", "--engines", "stub", "--port", str(port)]
        third = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=START_S)
        for process in (first, second):
            process.send_signal(signal.SIGTERM)
        ends = [process.wait(END_S) for process in (first, second)]

    assert port != other_port
    assert (third.returncode, third.stdout, ends) == (2, "", [0, 0])
    assert third.stderr.startswith(f"Kaikou: Port {port} is taken")


HELD = """
import threading, time
from concurrent.futures import ThreadPoolExecutor
from server.__main__ import leave
print("begun", flush=True)
ThreadPoolExecutor(1).submit(time.sleep, 600)
leave(3)
"""


def test_a_thread_that_a_disk_holds_does_not_hold_the_end_of_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", HELD], cwd=ROOT, capture_output=True, timeout=START_S)
    assert (ended.returncode, ended.stdout) == (3, b"begun\n"), ended.stderr


def test_systemd_waits_for_longer_than_a_stop_may_take() -> None:
    unit = (ROOT / "docs" / "deployment.md").read_text("utf-8").partition("```ini\n[Unit]")[2].partition("```")[0]
    lines = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)

    assert int(lines["TimeoutStopSec"]) > Settings().sessions.drain_s + DRAIN_S + EXIT_WAIT_S
    assert lines["ExecStart"].endswith("/run.py")
