from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.clean import CleanStream, clean

LAW = settings(max_examples=200, deadline=None, derandomize=True, database=None)
ANY = st.text(st.characters(exclude_categories=()), max_size=40) | st.text("a \n\x00\ud83d\ude00", max_size=12)
"""Surrogates and control characters included."""


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        ("Good morning! 你好 😀 é\u200d", "Good morning! 你好 😀 é\u200d"),
        ("two\nlines\tand a tab\r\n", "two\nlines\tand a tab\n"),
        ("a\x00b\x1b[0mc\x7f\x85", "ab[0mc"),
        ("half \ud83d", "half "),
        ("\ude00 other half", " other half"),
        ("whole \ud83d\ude00", "whole 😀"),
        ("the wrong way \ude00\ud83d", "the wrong way "),
    ],
)
def test_what_cannot_be_kept_is_left_out_and_pairs_are_joined(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@LAW
@given(ANY)
def test_clean_text_can_be_written_as_json_and_back_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)

    assert json.loads(json.dumps(cleaned).encode()) == cleaned.encode().decode() == clean(cleaned)
    assert not {character for character in cleaned if ord(character) < 32} - {"\n", "\t"}


@LAW
@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40))
def test_text_that_was_clean_is_not_touched(text: str) -> None:
    assert clean(text) == text


@LAW
@given(ANY, st.lists(st.integers(0, 40)))
def test_however_a_text_is_cut_the_pieces_make_what_the_whole_makes(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    stream = CleanStream()
    pieces = [stream.push(text[start:end]) for start, end in pairwise(places)]

    assert "".join(pieces) == clean(text)
