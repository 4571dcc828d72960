"""What holds for all tests."""

from __future__ import annotations

import os
import signal
import sys
import tempfile

import pytest

MOST_PROCESSES = 4
"""More would only wait for the longest file."""

# Some hundred programs are started; each would compile the server anew (1 s) where the environment forbids to keep it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What a shell starts in the background ignores Ctrl-C, and so would every program that tests start and stop that way.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# What servers in processes of their own keep; it goes with this process.
if "KAIKOU_DATA" not in os.environ:
    _data = tempfile.TemporaryDirectory(prefix="kaikou-tests-", ignore_cleanup_errors=True)
    os.environ["KAIKOU_DATA"] = _data.name

LONGEST = (
    "tests/browser/",
    "tests/models/test_conformance.py",
    "tests/test_run.py",
    "tests/server/cli/",
    "tests/server/jobs/test_crashes.py",
    "tests/server/test_speech_model.py",
    "tests/zoo/",
)
"""Files of half a minute or so. They begin first, so that in the end no process is alone with one of them."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files in front; all else stays in its order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` means: one more than this one may use cores, since conversations mostly wait."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores + 1, MOST_PROCESSES)
