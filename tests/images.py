"""Just enough of a Dockerfile's grammar to ask what an image is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILES = ("Dockerfile", "Dockerfile.gpu")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; its flags, such as `--from=image`, apart from the rest."""

    name: str
    flags: tuple[str, ...]
    rest: str


def instructions(name: str) -> list[Instruction]:
    """The instructions of a Dockerfile of ours, comments and line ends taken out."""
    text = "\n".join(
        line for line in (ROOT / name).read_text("utf-8").splitlines() if not line.lstrip().startswith("#")
    )
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [_instruction(line) for line in lines if line.strip()]


def _instruction(line: str) -> Instruction:
    name, *words = line.split()
    count = next((index for index, word in enumerate(words) if not word.startswith("--")), len(words))
    flags = words[:count]
    rest = line.split(maxsplit=1 + count)[-1] if words else ""
    return Instruction(name, tuple(flags), rest)


def copied(name: str) -> list[tuple[list[str], str]]:
    """What is copied out of this repository: sources and destination."""
    found = [each.rest.split() for each in instructions(name) if each.name == "COPY" and not each.flags]
    return [(words[:-1], words[-1]) for words in found]


def sent_to_the_builder(path: str) -> bool:
    """Whether `.dockerignore` lets a path through; its last matching line decides, as the builder has it."""
    through = True
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#") and _matches(path, pattern.removeprefix("!")):
            through = pattern.startswith("!")
    return through


def _matches(path: str, pattern: str) -> bool:
    """Whether the pattern names the path or a folder above it."""
    parts = path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    if pattern.startswith("**/"):
        return any(fnmatch(part, pattern[3:]) for part in parts)
    return any(fnmatch(each, pattern) and each.count("/") == pattern.count("/") for each in above)


def images(name: str) -> Iterator[str]:
    """Every image that a Dockerfile builds on or copies from."""
    for each in instructions(name):
        if each.name == "FROM":
            yield each.rest.split()[0]
        yield from (flag.removeprefix("--from=") for flag in each.flags if flag.startswith("--from="))
