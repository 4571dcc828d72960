import numpy as np
import pytest

from models.support.clauses import (
    LONGEST_CLAUSE,
    PART_TO,
    PREFERENCES,
    ClausePart,
    chunks,
    parts,
    preference,
    resampled,
    time_words,
)
from pipeline.engines.protocols import WordTime
from pipeline.errors import EngineError


def as_is(text: str) -> str:
    return text


def cut(text: str) -> list[str]:
    return [part.text for part in parts(text, as_is, engine="test")]


def test_a_word_is_what_stands_between_spaces_or_one_chinese_character() -> None:
    (part,) = parts("“Well”—我们 use C++, 25% of it…", as_is, engine="test")

    assert part.words == (
        (0, "Well"), (7, "我"), (8, "们"), (10, "use"), (14, "C++"), (19, "25%"), (23, "of"), (26, "it"),
    )  # fmt: skip


def test_a_long_clause_is_cut_at_punctuation() -> None:
    first, second = "This clause goes on for a good many words before it pauses,", "and then it ends."

    assert cut(f"{first} {second}") == [first, second]


def test_a_clause_without_punctuation_is_cut_between_words() -> None:
    pieces = cut("word " * 50)

    assert [len(piece) <= PART_TO + 5 for piece in pieces] == [True] * len(pieces)
    assert " ".join(pieces) == ("word " * 50).strip()


def test_a_word_without_end_is_cut() -> None:
    assert [len(piece) for piece in cut("a" * 450)] == [200, 200, 50]


def test_what_has_no_words_has_no_parts() -> None:
    assert cut("… — !") == []


def test_a_clause_that_is_far_too_long_is_refused() -> None:
    with pytest.raises(EngineError, match="at most 2000 characters"):
        cut("a" * (LONGEST_CLAUSE + 1))


def test_words_without_a_mark_share_the_time_of_the_one_before() -> None:
    part = ClausePart("one two three", ((0, "one"), (4, "two"), (8, "three")))

    timed = time_words(part, [(0, 0.0), (8, 400.0)], end_ms=900.0, from_ms=1000.0)

    assert list(timed) == [WordTime("one", 1000, 1200), WordTime("two", 1200, 1400), WordTime("three", 1400, 1900)]


def test_the_first_of_several_marks_in_a_word_counts() -> None:
    part = ClausePart("25 dogs", ((0, "25"), (3, "dogs")))

    timed = time_words(part, [(0, 0.0), (1, 300.0), (3, 500.0)], end_ms=900.0, from_ms=0.0)

    assert list(timed) == [WordTime("25", 0, 500), WordTime("dogs", 500, 900)]


def test_chunks_last_80_ms_and_carry_the_words_that_begin_in_them() -> None:
    words = [WordTime("a", 0, 90), WordTime("b", 90, 150)]
    waiting = time_words(ClausePart("a b", ((0, "a"), (2, "b"))), [(0, 0.0), (2, 90.0)], end_ms=150.0, from_ms=0.0)

    cut_up = list(chunks(np.zeros(2400, np.int16), 16_000, 0, waiting))

    assert [(len(chunk.pcm), chunk.words) for chunk in cut_up] == [(1280, (words[0],)), (1120, (words[1],))]


def test_resampling_keeps_the_length_and_the_tone() -> None:
    tone = (8000 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)).astype(np.int16)

    made = np.concatenate(list(resampled(np.split(tone, 10), 16_000, 24_000)))

    spectrum = np.abs(np.fft.rfft(made[2400:21_600]))
    assert (abs(len(made) - 24_000) <= 24, int(spectrum.argmax() * 24_000 / 19_200)) == (True, 1000)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("", "female"),
        ("male-low", "male-low"),
        ("espeak/en-gb-female-2", "female-2"),
        ("flite/rms", "male"),
        ("marin", "female"),
        ("cedar", "male"),
        ("Onyx", "male-low"),
        ("alloy", "neutral"),
    ],
)
def test_a_name_means_a_preference(name: str, meant: str) -> None:
    assert preference(name) == meant


@pytest.mark.parametrize(("name", "gender"), [("old woman", "female"), ("冷静的男声", "male"), ("a kind man", "male")])
def test_an_unknown_name_is_taken_by_the_gender_it_hints_at(name: str, gender: str) -> None:
    assert PREFERENCES[preference(name)] == gender
