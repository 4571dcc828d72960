"""What this machine has, as far as that decides which engines suit it. Nothing here needs a package or a GPU library."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

UNKNOWN_MEMORY = 8_000_000_000
"""Assumed where the system does not tell."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_bytes() -> int:
    """Memory of the machine."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return UNKNOWN_MEMORY


def disk_free_bytes(folder: Path) -> int:
    """Free room on the disk that `folder` is, or will be, on."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def has_gpu() -> bool:
    """Whether there is an NVIDIA GPU with its driver; which packages can use it is another question."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def has_library(module: str) -> bool:
    """Whether a top-level module could be imported. It is not."""
    return find_spec(module) is not None
