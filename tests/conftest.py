"""What holds for all tests."""

from __future__ import annotations

import os
import sys

import pytest

MOST_PROCESSES = 4
"""More would only wait for the longest file."""

# Some hundred programs are started; each would compile the server anew (1 s) where the environment forbids to keep it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` means: one more than this one may use cores, since conversations mostly wait."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores + 1, MOST_PROCESSES)
