"""What was said, as a language model is shown it: numbered lines, each of which is quoted material and one line only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.practice.speech import SpokenTurn
from pipeline.text.tokens import cut_to, tokens_of

MOST_PIECES = 10
"""Of a talk; what is said after them the model is not asked about."""

PIECE_TOKENS = 2_500
"""Models read short pieces more carefully than long ones."""


@dataclass(frozen=True)
class Lines:
    """Some turns, numbered from 1."""

    turns: Sequence[SpokenTurn]
    shown: str

    def id(self, number: int) -> str:
        """The id of the line with that number; empty if there is none."""
        return self.turns[number - 1].line_id if 0 < number <= len(self.turns) else ""


def lines_of(turns: Sequence[SpokenTurn], tokens: int) -> Lines:
    """The turns, each cut so that together they take about `tokens`."""
    texts = [_line(number, turn.text) for number, turn in enumerate(turns, 1)]
    if sum(map(tokens_of, texts)) > tokens:
        each = max(20, tokens // max(1, len(texts)))
        texts = [text if tokens_of(text) <= each else cut_to(text, each) for text in texts]
    return Lines(turns, cut_lines(texts, tokens))


def pieces_of(turns: Sequence[SpokenTurn], tokens: int) -> Sequence[Lines]:
    """The turns in pieces of at most `tokens`, each numbered by itself."""
    most = min(tokens, PIECE_TOKENS)
    pieces, now, left = list[list[SpokenTurn]](), list[SpokenTurn](), most
    for turn in turns:
        size = tokens_of(turn.text) + 4
        if now and size > left:
            pieces.append(now)
            now, left = [], most
        now.append(turn)
        left -= size
    return [lines_of(piece, most) for piece in [*pieces, now][:MOST_PIECES] if piece]


def cut_lines(texts: Sequence[str], tokens: int) -> str:
    """As many whole lines as fit."""
    kept = list[str]()
    for text in texts:
        tokens -= tokens_of(text) + 1
        if tokens < 0 and kept:
            break
        kept.append(text)
    return "\n".join(kept)


def _line(number: int, text: str) -> str:
    return f"[{number}] {' '.join(text.split())}"
