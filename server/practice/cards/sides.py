"""What stands on a card: the sentence with the slip in [brackets], and the sentence as it is better. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import blake2b

LONGEST = 300
"""Letters of a sentence on a card; of a longer one, what is around the slip."""

SLIP = re.compile(r"\[([^\[\]]*)\]")
"""What is to be said otherwise."""

ENDS = re.compile(r"[.!?]+[\s\"'”’)]*(?=\s|$)|[。！？…]+[”’」』）]*|\n+")
"""Where a sentence ends."""


@dataclass(frozen=True, slots=True)
class Sides:
    """front: in [brackets] what is to be said otherwise; all of it, where there are none. back: how it is better."""

    front: str
    back: str

    def digest(self, language: str) -> str:
        """The same for the same correction, however it is spaced and capitalised."""
        parts = [language, *(" ".join(side.casefold().split()) for side in (self.front, self.back))]
        return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class DueCard:
    """A card that is to come up in a talk. front: what was said, as it is spoken; back: how it is better."""

    id: str
    front: str
    back: str
    reason: str = ""
    kind: str = ""


def spoken(front: str) -> str:
    """A front as it is said aloud."""
    return SLIP.sub(r"\1", front)


def sides_of(said: str, better: str, turn: str = "", at: int | None = None) -> Sides:
    """The two sides for a correction of `said`, which stands in what was said, `turn`, maybe from the character `at` on.

    What does not stand there is a card of its own, without a sentence around it.
    """
    said, better = said.strip(), better.strip()
    if at is None or turn[at : at + len(said)] != said:
        at = turn.find(said)
    if at < 0 or not said:
        return Sides(said, better)
    start, end = _sentence(turn, at, at + len(said))
    before, after = turn[start:at].lstrip(), turn[at + len(said) : end].rstrip()
    room = max(0, LONGEST - len(said)) // 2
    if len(before) > room:
        before = f"…{before[len(before) - room :]}"
    if len(after) > room:
        after = f"{after[:room]}…"
    return Sides(" ".join(f"{before}[{said}]{after}".split()), " ".join(f"{before}{better}{after}".split()))


def _sentence(turn: str, start: int, end: int) -> tuple[int, int]:
    """From where to where the sentence goes that holds this stretch."""
    begins, ends = 0, len(turn)
    for found in ENDS.finditer(turn):
        if found.end() <= start:
            begins = found.end()
        elif found.end() >= end:
            ends = found.end()
            break
    return begins, ends
