"""How is English said: which rules find its numbers, money, dates, measures, names and formulas?"""

from __future__ import annotations

from collections.abc import Iterable

from models.spoken_forms.english import dates, maths, money, names, numbers, units
from models.spoken_forms.rules import pieces_of
from pipeline.text.spoken_forms import Piece

RULES = [*dates.RULES, *names.RULES, *money.RULES, *units.RULES, *maths.RULES, *numbers.RULES]


def pieces(text: str) -> Iterable[Piece]:
    """The text, and what of it is said otherwise than it is written."""
    return pieces_of(text, RULES)
