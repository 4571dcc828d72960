"""How is Chinese said: our rules where they know better, wetext for the other numbers?"""

from __future__ import annotations

from collections.abc import Iterator

from models.spoken_forms.chinese import dates, library, maths, measures, names
from models.spoken_forms.rules import pieces_of
from pipeline.text.spoken_forms import Piece

KINDS = (dates, names, measures, maths)
RULES = [each for kind in KINDS for each in kind.RULES]
"""Of equally long matches the first kind's counts."""


def pieces(text: str) -> Iterator[Piece]:
    """The text, and what of it is said otherwise than it is written."""
    for piece in pieces_of(text, RULES):
        if piece.changes:
            yield piece
        else:
            yield from library.pieces(piece.written)
