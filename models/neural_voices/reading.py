"""What a network is given for a text, and where in it each word is: the times of phonemes become times of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Reading:
    """sounds: phonemes, one letter each. begins: for each word of the text, the index of its first one."""

    sounds: str
    begins: tuple[int, ...]


def aligned(sounds: str, alone: Sequence[str]) -> Reading:
    """`sounds` of a text, and where its words begin there. alone: how each word sounds when it is spoken alone.

    That differs a little ("of the" is one word to espeak-ng, "a" has two forms), so the two are matched letter by letter.
    """
    joined = " ".join(alone)
    blocks = SequenceMatcher(None, joined, sounds, autojunk=False).get_matching_blocks()
    begins, at, before = list[int](), 0, 0
    for word in alone:
        found = next(
            (
                block.b + max(block.a, at) - block.a
                for block in blocks
                if block.a < at + len(word) and block.a + block.size > at
            ),
            before,
        )
        before = max(before, found)
        begins.append(before)
        at += len(word) + 1
    return Reading(sounds, tuple(begins))
