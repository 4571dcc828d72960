"""When the words of a clause sound, and what of it was heard."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engines.protocols import WordTime
from pipeline.text.word_times import align, heard_text, interpolate

WORDS = [
    " Hello",
    ",",
    " don't",
    " (born",
    " 1879)",
    "你",
    "好",
    "。",
    "“",
    "”",
    " — ",
    '"',
    " #1",
    " https://x.org/a",
    "\n",
    "…",
]
texts = st.lists(st.sampled_from(WORDS), max_size=20).map("".join)
durations = st.integers(0, 10_000)
engine_words = st.lists(
    st.builds(
        WordTime, st.sampled_from(["Hello", "don't", "born", "你好", "x.org", "number", ""]), durations, durations
    ),
    max_size=8,
)


def words_of(text: str) -> list[str]:
    return [word.text for word in interpolate(text, 1000)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" Hello, dear world!", [" Hello,", " dear", " world!"]),
        ("\nIt is — she said — (born 1879).", ["\nIt", " is —", " she", " said —", " (born", " 1879)."]),
        ('"Well," he said: "No..."', ['"Well,"', " he", " said:", ' "No..."']),
        ("Buy 3.5 kg at https://x.org/a-b.", ["Buy", " 3.5", " kg", " at", " https://x.org/a-b."]),
        ("他说“你好，Tom”。走吧！", ["他", "说", "“你", "好，", "Tom”。", "走", "吧！"]),
        ("… and so", ["… and", " so"]),
        ("?!", ["?!"]),
        ("*She nods.* Hello there. *waves*", ["*She nods.* Hello", " there. *waves*"]),
        (" *waves*", [" *waves*"]),
    ],
)
def test_words_keep_the_space_before_and_the_punctuation_around_them(text: str, expected: list[str]) -> None:
    assert words_of(text) == expected


def test_longer_words_take_longer() -> None:
    short, long, number = (word.end_ms - word.start_ms for word in interpolate("A responsibility 1984", 3000))
    assert short < number < long


def test_characters_take_the_same_time_and_punctuation_is_a_pause() -> None:
    assert interpolate("你好，世界。", 960) == [
        WordTime("你", 0, 200),
        WordTime("好，", 200, 400),
        WordTime("世", 560, 760),
        WordTime("界。", 760, 960),
    ]


def test_words_take_the_times_the_engine_reports() -> None:
    reported = [WordTime("hello", 40, 400), WordTime("dear", 400, 600), WordTime("world", 700, 1000)]
    assert align(' "Hello," dear world!', reported, 1200) == [
        WordTime(' "Hello,"', 40, 400),
        WordTime(" dear", 400, 600),
        WordTime(" world!", 700, 1000),
    ]


def test_words_the_engine_said_otherwise_are_spread_between_their_neighbours() -> None:
    reported = [
        *(WordTime("You", 0, 100), WordTime("are", 100, 200), WordTime("number", 200, 500), WordTime("one", 500, 700)),
        *(WordTime("at", 700, 800), WordTime("x.org", 800, 1400)),
    ]
    assert align("You are #1 at https://x.org/a?b", reported, 1500) == [
        WordTime("You", 0, 100),
        WordTime(" are", 100, 200),
        WordTime(" #1", 200, 700),
        WordTime(" at", 700, 800),
        WordTime(" https://x.org/a?b", 800, 1400),
    ]


def test_acting_takes_no_time_of_its_own() -> None:
    text = "*She tilts her head, and a small smile plays on her lips.* Hello there."
    spoken = [WordTime("Hello", 100, 400), WordTime("there", 450, 800)]

    words = align(text, spoken, 900)

    assert [(word.start_ms, word.end_ms) for word in words] == [(100, 400), (450, 800)]
    assert heard_text(words, text, 400) == "*She tilts her head, and a small smile plays on her lips.* Hello"
    assert heard_text(words, text, 50) == ""


def test_chinese_words_of_an_engine_are_shared_out_by_character() -> None:
    reported = [WordTime("你好", 0, 400), WordTime("世界", 500, 900)]
    assert [word.end_ms for word in align("你好，世界。", reported, 1000)] == [200, 400, 700, 900]


def test_an_engine_that_said_something_else_is_not_believed() -> None:
    reported = [WordTime("la", 0, 100), WordTime("dear", 100, 150)]
    assert align("Hello my dear world", reported, 1000) == interpolate("Hello my dear world", 1000)


@pytest.mark.parametrize(
    ("played_ms", "expected"),
    [(-5, ""), (0, ""), (149, ""), (150, "Hello,"), (300, "Hello,"), (450, 'Hello, "you"!'), (9999, 'Hello, "you"!')],
)
def test_a_word_counts_when_half_of_it_was_heard(played_ms: int, expected: str) -> None:
    words = [WordTime("Hello", 0, 300), WordTime("you", 300, 600)]
    assert heard_text(words, 'Hello, "you"!', played_ms) == expected


def test_text_without_word_times_was_not_heard() -> None:
    assert heard_text([WordTime("Hello", 0, 300)], "Hello, you!", 5000) == "Hello,"


def test_what_was_heard_of_several_clauses_is_one_text() -> None:
    first = interpolate("Well, yes.", 600)
    later = [WordTime(w.text, w.start_ms + 600, w.end_ms + 600) for w in interpolate(" It is so, yes.", 900)]
    assert heard_text([*first, *later], "Well, yes. It is so, yes.", 1000) == "Well, yes. It is"


@settings(max_examples=200, deadline=None)
@given(texts, durations, engine_words)
def test_word_times_cover_the_text_in_order(text: str, duration_ms: int, reported: list[WordTime]) -> None:
    for words in (interpolate(text, duration_ms), align(text, reported, duration_ms)):
        assert "".join(word.text for word in words) == text
        assert all(0 <= word.start_ms <= word.end_ms <= duration_ms for word in words)
        assert all(word.end_ms <= following.start_ms for word, following in pairwise(words))


@settings(max_examples=200, deadline=None)
@given(texts, st.integers(1, 10_000), engine_words, st.integers(0, 10_000), st.integers(0, 10_000))
def test_what_was_heard_only_ever_grows(
    text: str, duration_ms: int, reported: list[WordTime], earlier: int, later: int
) -> None:
    earlier, later = sorted((earlier, later))
    for words in (interpolate(text, duration_ms), align(text, reported, duration_ms), reported):
        assert text.startswith(heard_text(words, text, later))
        assert heard_text(words, text, later).startswith(heard_text(words, text, earlier))
        assert heard_text(words, text, 0) == ""
    assert heard_text(interpolate(text, duration_ms), text, duration_ms).strip() == text.strip()
    assert heard_text(align(text, reported, duration_ms), text, duration_ms).strip() == text.strip()
