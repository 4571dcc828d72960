"""How is English said: which rules find its numbers, money, dates, measures, names and formulas?"""

from __future__ import annotations

from collections.abc import Iterable

from models.spoken_forms.english import addresses, codes, dates, maths, money, names, numbers, roman, units
from models.spoken_forms.rules import pieces_of
from pipeline.text.spoken_forms import Piece

KINDS = (dates, codes, addresses, roman, names, money, units, maths, numbers)
RULES = [each for kind in KINDS for each in kind.RULES]
"""Of equally long matches the first kind's counts."""


def pieces(text: str) -> Iterable[Piece]:
    """The text, and what of it is said otherwise than it is written."""
    return pieces_of(text, RULES)
