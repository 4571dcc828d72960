"""Sentences of a report in the person's own language, from `sentences.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


def sentence(path: str, own_language: str, **values: object) -> str:
    """The sentence at a dotted path, such as `change.shorter`, with `values` put in."""
    found: Any = _sentences()
    for name in path.split("."):
        found = found[name]
    text: str = found[own_language]
    return text.format(**values)


@cache
def _sentences() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "sentences.toml").read_text("utf-8"))
