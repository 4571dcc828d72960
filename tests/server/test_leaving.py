"""How the process of the server ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipeline.engines.threads import EXIT_WAIT_S

ROOT = Path(__file__).parents[2]

# Whatever is printed at the interpreter's own end would come after these words.
HANGS = """
import asyncio, atexit, threading
from pipeline.engines.workers import Workers
from server.__main__ import leave

begun, never = threading.Event(), threading.Event()

async def main():
    asyncio.create_task(Workers(1).call(lambda: begun.set() or never.wait(), timeout_s=100))
    await asyncio.to_thread(begun.wait)

asyncio.run(main())
atexit.register(print, "the interpreter ends")
leave(3)
"""


def test_a_server_leaves_an_engine_that_hangs_without_ending_the_interpreter_under_it() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS], cwd=ROOT, timeout=EXIT_WAIT_S + 20, capture_output=True, text=True
    )

    assert (ended.returncode, "the interpreter ends" in ended.stdout) == (3, False)


def test_a_server_without_anything_at_work_ends_as_programs_do() -> None:
    quiet = "import atexit; from server.__main__ import leave; atexit.register(print, 'the interpreter ends'); leave(2)"
    ended = subprocess.run([sys.executable, "-c", quiet], cwd=ROOT, timeout=30, capture_output=True, text=True)

    assert (ended.returncode, ended.stdout.strip()) == (2, "the interpreter ends")
