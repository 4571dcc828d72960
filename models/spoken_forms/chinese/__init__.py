"""How is Chinese said: our rules where they know better, wetext for the other numbers?"""

from __future__ import annotations

from collections.abc import Iterator

from models.spoken_forms.chinese import dates, library, maths, measures, names
from models.spoken_forms.rules import pieces_of
from pipeline.text.spoken_forms import Piece

RULES = [*dates.RULES, *names.RULES, *measures.RULES, *maths.RULES]


def pieces(text: str) -> Iterator[Piece]:
    """The text, and what of it is said otherwise than it is written."""
    for piece in pieces_of(text, RULES):
        if piece.changes:
            yield piece
        else:
            yield from library.pieces(piece.written)
