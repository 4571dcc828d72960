"""Servers in processes of their own, as an operator would start them, for as long as a benchmark needs them."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
START_S = 30.0
STARTER = "KAIKOU_STARTER"


@contextlib.contextmanager
def server(
    *arguments: str, folder: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running Kaikou: its address without a scheme ("127.0.0.1:40123"), and its process.

    folder: another checkout, run by the Python of this one. settings: variables of its environment.
    """
    command = [sys.executable, "-m", "server", "--host", "127.0.0.1", "--port", "0", *arguments]
    quiet = {"KAIKOU_LOG": "warning", "KAIKOU_LLM_DISCOVER": "0"}
    if ((folder or ROOT) / "server" / "starter").is_dir():
        quiet[STARTER] = "off"  # nothing is fetched while something is measured; older checkouts do not know it
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **quiet, **(settings or {})}, cwd=folder
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"https?://(\S+)", line):
                yield found[1], process
                return
        raise RuntimeError(f"The server ended at once, with status {process.wait(START_S)}.")
    finally:
        process.terminate()
        process.wait(START_S)
        process.stdout.close()


@contextlib.contextmanager
def program(command: Sequence[str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running server of another kind: `command` with a free port as its last argument. Address and process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], text=True)
    try:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
                break
            time.sleep(0.1)
        else:
            raise RuntimeError(f"{command[-1]} did not start.")
        yield f"127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(START_S)


@contextlib.contextmanager
def pinned(
    running: contextlib.AbstractContextManager[tuple[str, subprocess.Popen[str]]],
) -> Iterator[tuple[str, Cost]]:
    """A server on the first core: its address and what it costs. This process keeps to the other cores meanwhile."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])  # the server inherits it
    try:
        with running as (address, process):
            os.sched_setaffinity(0, cores[1:] or cores)
            yield address, Cost(process.pid)
    finally:
        os.sched_setaffinity(0, cores)


class Cost:
    """A process's share of a core since the last reading, and its memory."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._cpu, self._at = self.seconds, time.perf_counter()

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        return float(self._process.memory_info().rss / 1e6)

    def share(self) -> float:
        """Percent of a core since the last call, or since the beginning."""
        cpu, at = self.seconds, time.perf_counter()
        share = 100 * (cpu - self._cpu) / (at - self._at)
        self._cpu, self._at = cpu, at
        return round(share, 1)

    @property
    def seconds(self) -> float:
        """What the processor has worked for it."""
        times = self._process.cpu_times()
        return float(times.user + times.system)
