"""Transcript and audio that come apart: which clause has which audio, and when its words sound."""

from __future__ import annotations

import numpy as np

from pipeline.conversation.answer_parts import AudioPiece
from pipeline.speech_model.captioned import PIECE_MS, Captioned

RATE = 24_000
FIRST, SECOND = "This is the first sentence of it.", " And here comes the second one."


def sound(milliseconds: int) -> np.ndarray:
    return np.ones(RATE * milliseconds // 1000, np.int16)


def clauses(pieces: list[AudioPiece]) -> list[tuple[str, int]]:
    """Every clause's text, and where on the line it begins."""
    found, at = list[tuple[str, int]](), 0.0
    for piece in pieces:
        if piece.pcm is None:
            found.append((piece.clause.text, round(at)))
        else:
            at += len(piece.pcm) * 1000 / RATE
    return found


def finish(message: Captioned) -> list[AudioPiece]:
    message.finished()
    return list(message.pieces(last=True))


def test_audio_leaves_in_small_pieces_and_nothing_of_it_is_lost() -> None:
    message = Captioned(RATE)
    message.said(FIRST)
    message.sounded(sound(1_010))
    sent = [piece.pcm for piece in [*message.pieces(), *finish(message)] if piece.pcm is not None]

    assert max(map(len, sent)) == RATE * PIECE_MS // 1000
    assert sum(map(len, sent)) == RATE * 1_010 // 1000


def test_text_that_comes_with_its_audio_begins_where_the_audio_was() -> None:
    message = Captioned(RATE)
    message.said(FIRST)
    message.sounded(sound(1_600))
    pieces = list(message.pieces())
    message.said(SECOND)
    message.sounded(sound(1_200))
    pieces += [*message.pieces(), *finish(message)]

    assert clauses(pieces) == [(FIRST, 0), (SECOND, 1_600)]


def test_text_far_ahead_of_its_audio_is_shared_out_by_length_once_all_is_there() -> None:
    message = Captioned(RATE)
    message.said(FIRST + SECOND)
    message.sounded(sound(160))
    pieces = list(message.pieces())
    message.sounded(sound(1_840))
    message.finished()
    pieces += message.pieces(last=True)
    texts = clauses(pieces)

    assert [text for text, _ in texts] == [FIRST, SECOND]
    assert abs(texts[1][1] - 2_000 * len(FIRST) / len(FIRST + SECOND)) <= PIECE_MS


def test_every_clause_ends_with_exact_words() -> None:
    message = Captioned(RATE)
    message.said(FIRST + SECOND)
    message.sounded(sound(2_000))
    told = {id(piece.clause): piece.clause for piece in finish(message)}.values()

    assert all(clause.timed for clause in told)
    assert "".join(word.text for clause in told for word in clause.words) == FIRST + SECOND
    assert round(sum(clause.duration_ms for clause in told)) == 2_000


def test_audio_before_any_text_is_not_held_back() -> None:
    message = Captioned(RATE)
    message.sounded(sound(80))
    first = list(message.pieces())
    message.said(FIRST)
    message.sounded(sound(80))
    second = [*message.pieces(), *finish(message)]

    assert [piece.pcm is None for piece in first] == [True, False]
    assert clauses(first) == [("", 0)]
    assert "".join(text for text, _ in clauses(second)) == FIRST


def test_text_without_audio_is_told_at_the_end() -> None:
    message = Captioned(RATE)
    message.said(FIRST)

    assert list(message.pieces()) == []
    assert clauses(finish(message)) == [(FIRST, 0)]
