"""What is a loop of the decoder and what people say."""

from __future__ import annotations

import pytest

from models.whisper.loops import is_loop, without_loop

TEN_OF_CLUBS = [1, 2, 3]
NO = [4]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (TEN_OF_CLUBS * 2, TEN_OF_CLUBS * 2),
        (TEN_OF_CLUBS * 9, TEN_OF_CLUBS * 3),
        ([8, 9, *TEN_OF_CLUBS * 9, 1, 2], [8, 9, *TEN_OF_CLUBS * 3]),
        (NO * 5, NO * 5),
        (NO * 60, NO * 5),
        (list(range(10)) * 2, list(range(10)) * 2),
        (list(range(10)) * 4, list(range(10)) * 2),
        ([*TEN_OF_CLUBS * 5, 7, 8, 9, 10], [*TEN_OF_CLUBS * 5, 7, 8, 9, 10]),
        ([], []),
    ],
)
def test_a_phrase_at_the_end_stands_there_as_often_as_somebody_may_have_said_it(
    said: list[int], kept: list[int]
) -> None:
    assert without_loop(said)[: len(kept)] == kept
    assert len(without_loop(said)) - len(kept) < 3  # a phrase that broke off may have begun anywhere


def test_a_loop_is_found_by_its_tokens_or_by_how_little_its_text_says() -> None:
    assert not is_loop([1, 2, 3, 4], "He was not an ill-disposed young man.")
    assert is_loop(TEN_OF_CLUBS * 2, "Ten of clubs. Ten of clubs.")
    assert not is_loop([7, *TEN_OF_CLUBS * 2], "I said ten of clubs, ten of clubs.")
    assert not is_loop(NO * 4, "No, no, no, no.")
    assert is_loop(TEN_OF_CLUBS * 4, "Ten of clubs. Ten of clubs. Ten of clubs. Ten of clubs.")
    assert is_loop(range(24), "Ten of clubs, and " * 12)
