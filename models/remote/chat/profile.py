"""What was learnt about a model at a server: what it refuses, and how it thinks. Kept in a small file for the next start."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

log = logging.getLogger(__name__)

SystemPlace: TypeAlias = Literal["anywhere", "first", "user"]
FEWEST = 1_500
"""Characters of a conversation; none is shortened further, and a file that says so is damaged."""
MOST = 200
"""Models that are remembered; of more the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one model is asked.

    system: where instructions may stand: anywhere, only at the very beginning, or only within the person's first words.
    alternates: whether the roles must alternate and begin with the person. tools: whether functions may be offered.
    null_content: whether a message with calls alone may have no content. counts_usage: whether usage may be asked for.
    other_limit: whether the limit of tokens goes by its other name. quiet: whether it may be asked not to think.
    returns_thoughts: whether the thought that led to a call goes back with it. characters: how much of a conversation
    fits, where that was found out. opened_by_template: whether its thoughts begin unmarked, since the template opens them;
    None where that is unknown.
    """

    system: SystemPlace = "anywhere"
    alternates: bool = False
    tools: bool = True
    null_content: bool = True
    counts_usage: bool = True
    other_limit: bool = False
    quiet: bool = True
    returns_thoughts: bool = False
    characters: int | None = None
    opened_by_template: bool | None = None

    @classmethod
    def of(cls, stored: object) -> Profile:
        """The profile that was written as JSON; what does not fit in it counts as unknown."""
        if not isinstance(stored, Mapping):
            return cls()
        known = {field.name: field.default for field in fields(cls)}
        right = {
            name: value
            for name, value in stored.items()
            if name in known and (type(value) in (type(known[name]), bool if name == "opened_by_template" else int))
        }
        if right.get("system", "anywhere") not in ("anywhere", "first", "user"):
            del right["system"]
        if (characters := right.get("characters")) is not None and characters < FEWEST:
            del right["characters"]
        return cls(**right)


class Memory:
    """The profiles of all models, by server and name; with a path they outlive the process."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._profiles: dict[str, Profile] = {}
        for key, stored in self._read().items():
            self._profiles[key] = Profile.of(stored)

    def profile(self, server: str, model: str) -> Profile:
        """What is known of a model."""
        return self._profiles.get(f"{server} {model}", Profile())

    def learn(self, server: str, model: str, profile: Profile) -> None:
        """Keep what was found out; nothing is written if it was known."""
        key = f"{server} {model}"
        if self._profiles.get(key) == profile:
            return
        # Another engine, or another process, may have written what it learnt meanwhile.
        kept = {name: Profile.of(stored) for name, stored in self._read().items() if name not in self._profiles}
        self._profiles = kept | self._profiles
        self._profiles.pop(key, None)
        self._profiles[key] = profile
        while len(self._profiles) > MOST:
            del self._profiles[next(iter(self._profiles))]
        self._write()

    def _read(self) -> Mapping[str, Any]:
        try:
            stored = json.loads(self._path.read_text("utf-8")) if self._path else {}
        except (OSError, ValueError, RecursionError):
            return {}
        return stored if isinstance(stored, dict) else {}

    def _write(self) -> None:
        if self._path is None:
            return
        written = {
            key: {name: value for name, value in asdict(each).items() if value is not None}
            for key, each in self._profiles.items()
        }
        partial = self._path.with_name(self._path.name + ".partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8")
            os.replace(partial, self._path)
        except OSError as error:
            log.warning("What was learnt about the language model cannot be kept: %s.", error.strerror)
