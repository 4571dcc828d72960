"""Draws strategies as points: how often they cut people off, against how long they wait."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def plot(compared: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    raise NotImplementedError
