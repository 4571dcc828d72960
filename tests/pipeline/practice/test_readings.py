"""How written words may be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.practice.readings import readings


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("Don’t", "donot"),
        ("can't", "cannot"),
        ("I'd", "ihad"),
        ("I'd", "iwould"),
        ("it's", "its"),
        ("their", "there"),
        ("OK", "okay"),
        ("colour", "color"),
        ("metres", "meters"),
        ("organise", "organize"),
        ("20", "twenty"),
        ("21", "twentyone"),
        ("105", "onehundredandfive"),
        ("105", "onehundredfive"),
        ("1984", "nineteeneightyfour"),
        ("1905", "nineteenohfive"),
        ("1900", "nineteenhundred"),
        ("2005", "twothousandandfive"),
        ("2024", "twentytwentyfour"),
        ("1,250", "onethousandtwohundredandfifty"),
        ("999999", "ninehundredninetyninethousandninehundredninetynine"),
        ("3.5", "threepointfive"),
        ("4", "fourth"),
        ("22nd", "twentysecond"),
        ("20th", "twentieth"),
        ("7:30", "seventhirty"),
        ("7:05", "sevenohfive"),
        ("8:00", "eightoclock"),
        ("911", "nineoneone"),
        ("20", "二十"),
        ("15", "十五"),
        ("110", "一百一十"),
        ("1005", "一千零五"),
        ("2024", "二零二四"),
        ("20000", "两万"),
        ("10500", "一万零五百"),
        ("3.5", "三点五"),
        ("0", "零"),
    ],
)
def test_a_word_is_read_as_people_say_it(word: str, read: str) -> None:
    assert read in readings(word)


def test_signs_beside_a_number_are_read_with_it() -> None:
    assert "twentydollars" in readings("20", before="$")
    assert {"twentypercent", "百分之二十"} <= readings("20", after="%")


@pytest.mark.parametrize(("one", "other"), [("there", "then"), ("20", "12"), ("won't", "want"), ("1984", "1985")])
def test_words_that_are_said_otherwise_have_no_reading_in_common(one: str, other: str) -> None:
    assert not readings(one) & readings(other)


@given(st.text(max_size=30) | st.from_regex(r"\d{1,40}([.,:]\d{1,9})?(st|th)?", fullmatch=True))
def test_anything_at_all_can_be_read(word: str) -> None:
    assert readings(word, "$", "%")
