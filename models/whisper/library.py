"""The packages and files that Whisper takes, looked up before they are used and refused by name."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.errors import EngineUnavailable

NAME = "whisper"
FILES = ("model.bin", "config.json", "tokenizer.json")
"""What a folder must hold; its vocabulary has one of two names."""


def package(module: str, distribution: str = "") -> Any:
    """A module. Raises `EngineUnavailable` with the command that gets it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise EngineUnavailable(
            f"Whisper needs {module}: pip install {distribution or module}.", engine=NAME
        ) from error


def checked_folder(path: str) -> Path:
    """The folder of weights in CTranslate2's format. Raises `EngineUnavailable` naming what is missing."""
    folder = Path(path).resolve()
    if not path or not folder.is_dir():
        missing = f"The folder {folder.name} is missing" if path else "No weights are named"
        raise EngineUnavailable(f"{missing}: python3 run.py models pull whisper-base.", engine=NAME)
    for file in FILES:
        if not (folder / file).is_file():
            raise EngineUnavailable(f"{file} is missing in the folder {folder.name}.", engine=NAME)
    return folder


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
