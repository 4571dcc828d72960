"""What kinds of mistakes there are, and what they are called."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def kinds_of(language: str) -> Mapping[str, Mapping[str, str]]:
    """The kinds in a language by its BCP 47 primary tag, each with its label in English and in Chinese."""
    kinds: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(
        (Path(__file__).parent / "kinds.toml").read_text("utf-8")
    )
    return kinds.get(language, {})


def label_of(kind: str, language: str, own_language: str) -> str:
    """What a kind of mistake in `language` is called; its name, where it is none that is known."""
    labels = kinds_of(language).get(kind, {})
    return labels.get(own_language) or labels.get("en") or kind
