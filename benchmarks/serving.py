"""A server in a process of its own, as an operator would start it, for as long as a benchmark needs it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator

START_S = 30.0


@contextlib.contextmanager
def server(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running server: its address without a scheme ("127.0.0.1:40123"), and its process."""
    command = [sys.executable, "-m", "server", "--host", "127.0.0.1", "--port", "0", *arguments]
    quiet = {"KAIKOU_LOG": "warning", "KAIKOU_LLM_DISCOVER": "0"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **quiet})
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
