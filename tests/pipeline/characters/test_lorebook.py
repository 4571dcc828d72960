"""Which entries of a lorebook the model is shown."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.characters.book import Book, BookEntry
from pipeline.characters.decorators import Decorators, decorated
from pipeline.characters.lorebook import MOST_KEYS, MOST_RECALLED, Hit, Lorebook, ScannedMessage, occurs

TALK = [
    ScannedMessage("Where do you come from?"),
    ScannedMessage("From a place in the North.", by_character=True),
    ScannedMessage("Is the Dark  Forest there?"),
    ScannedMessage("It is. And a dragon, too.", by_character=True),
    ScannedMessage("我想听听长安的故事。"),
]


def shown(*entries: BookEntry, talk: list[ScannedMessage] = TALK, tokens: int = 1_000, **book: int | bool) -> list[str]:
    """What of the book is shown after `talk`."""
    settings_ = {"scan_depth": 3, "token_budget": 0, **book}
    hits = Lorebook(Book(entries, **settings_)).found(talk, tokens, by_re)  # type: ignore[arg-type]
    return [hit.text for hit in hits]


def by_re(expression: str, flags: str, text: str) -> bool:
    return bool(re.search(expression, text, re.IGNORECASE if "i" in flags else 0))


def entry(content: str, *keys: str, **fields: object) -> BookEntry:
    return replace(BookEntry(content, keys), **fields)


FOUND = {
    "a word": (entry("x", "dragon"), True),
    "part of a word": (entry("x", "drag"), False),
    "several words, however they are spaced": (entry("x", "dark forest"), True),
    "a Chinese word within a text": (entry("x", "长安"), True),
    "a Chinese word that is not there": (entry("x", "洛阳"), False),
    "any of the keys": (entry("x", "castle", "dragon"), True),
    "further back than is searched": (entry("x", "North"), False),
    "further back, but the entry searches there": (entry("@@scan_depth 4\nx", "North"), True),
    "not so far back": (entry("@@scan_depth 1\nx", "dragon"), False),
    "in other letters": (entry("x", "DRAGON"), True),
    "in other letters, where these count": (entry("x", "DRAGON", case_sensitive=True), False),
    "in the very letters": (entry("x", "Dark Forest", case_sensitive=True), True),
    "a second key that is there": (entry("x", "dragon", selective=True, secondary_keys=("forest",)), True),
    "a second key that is not": (entry("x", "dragon", selective=True, secondary_keys=("sea",)), False),
    "second keys that do not count": (entry("x", "dragon", secondary_keys=("sea",)), True),
    "no second keys": (entry("x", "dragon", selective=True), True),
    "always": (entry("x", constant=True), True),
    "never": (entry("x", "dragon", constant=True, enabled=False), False),
    "without keys": (entry("x"), False),
    "an empty key": (entry("x", ""), False),
    "an expression": (entry("x", "/dr.gon/"), True),
    "an expression with flags": (entry("x", "/DR.GON/i"), True),
    "an expression in other letters": (entry("x", "/DR.GON/"), False),
    "an expression that is not written as one": (entry("x", "dr.gon"), False),
    "with letters that are no flags": (entry("x", "/dragon/xq"), False),
    "activated": (entry("@@activate\nx"), True),
    "not to be activated": (entry("@@dont_activate\nx", "dragon"), False),
    "activated all the same": (entry("@@dont_activate\n@@activate\nx"), True),
    "after two answers": (entry("@@activate_only_after 2\nx", "dragon"), True),
    "after three answers": (entry("@@activate_only_after 3\nx", constant=True), False),
    "every second answer": (entry("@@activate_only_every 2\nx", "dragon"), True),
    "every third answer": (entry("@@activate_only_every 3\nx", "dragon"), False),
    "kept since": (entry("@@keep_activate_after_match\nx", "come from"), True),
    "once, which was before": (entry("@@dont_activate_after_match\nx", "dragon"), False),
    "once, which is now": (entry("@@dont_activate_after_match\nx", "长安"), True),
    "another key that is there": (entry("@@additional_keys sea, forest\nx", "dragon"), True),
    "another key of two groups": (entry("@@additional_keys forest\n@@additional_keys sea\nx", "dragon"), False),
    "a key that must not be there": (entry("@@exclude_keys sea,forest\nx", "dragon"), False),
    "an emoji": (entry("x", "🐉"), False),
    "nothing to show": (entry("@@depth 3\n", "dragon"), False),
}


@pytest.mark.parametrize(("given_", "expected"), FOUND.values(), ids=FOUND)
def test_an_entry_is_found_by_its_keys_and_by_nothing_else(given_: BookEntry, expected: bool) -> None:
    assert shown(given_) == (["x"] if expected else [])


def test_keys_that_join_no_letters_stand_anywhere() -> None:
    assert occurs("🐉", "a🐉b")
    assert occurs("python", "我爱python编程")
    assert not occurs("cat", "concatenate")
    assert occurs("cat", "concatenate, cat")


def test_what_was_found_is_searched_only_if_the_book_says_so_and_not_for_ever() -> None:
    chain = [entry(f"word{n + 1}", "dragon" if n == 0 else f"word{n}") for n in range(20)]

    assert shown(*chain) == ["word1"]
    assert 2 <= len(shown(*chain, recursive_scanning=True)) <= 10


def test_hidden_keys_are_searched_in_what_was_found_and_shown_to_nobody() -> None:
    first, second = entry("Fire.{{hidden_key:moon}}", "dragon"), entry("Cheese.", "moon")

    assert shown(first, second, recursive_scanning=True) == ["Fire.", "Cheese."]


def test_entries_stand_before_and_after_the_character_and_the_deepest_of_the_others_first() -> None:
    entries = [
        entry("@@depth 1\nsix", constant=True),
        entry("@@depth 4\nfive", constant=True),
        entry("four", constant=True, insertion_order=2),
        entry("three", constant=True, insertion_order=1),
        entry("@@position before_desc\n@@depth 9\ntwo", constant=True, insertion_order=300),
        entry("one", constant=True, position="before_char", insertion_order=200),
    ]

    assert shown(*entries) == ["one", "two", "three", "four", "five", "six"]


def test_the_least_important_is_left_out_where_not_everything_fits() -> None:
    entries = [
        entry("Early and dear. " * 4, constant=True, priority=9, insertion_order=1),
        entry("Late. " * 8, constant=True, insertion_order=5),
        entry("@@ignore_on_max_context\nFirst to go. " + "x " * 30, constant=True, priority=99),
        entry("Early. " * 8, constant=True, insertion_order=2),
    ]

    assert [text.split(".")[0] for text in shown(*entries, token_budget=45)] == ["Early and dear", "Late"]
    assert [text.split(".")[0] for text in shown(*entries, tokens=20)] == ["Early and dear"]
    assert len(shown(*entries)) == 4


def test_an_entry_longer_than_the_budget_is_cut_at_the_end_of_a_sentence() -> None:
    assert shown(entry("One thing is so. " * 50, constant=True), tokens=12) == ["One thing is so. One thing is so."]


def test_a_hit_has_the_name_that_a_person_gave_the_entry() -> None:
    book = Book((entry("x", "dragon", comment=" The old\nDragon "), entry("y", "forest", id="17")), scan_depth=9)

    assert Lorebook(book).found(TALK, 100) == [Hit("x", "0", "The old Dragon"), Hit("y", "17", "forest")]


DECORATED = {
    "none": ("Text\n@@depth 3", Decorators(), "Text\n@@depth 3"),
    "all kinds": (
        "\n@@depth 3\n@@scan_depth 2\n\n@@activate\nText\n\nmore",
        Decorators(depth=3, scan_depth=2, activate=True),
        "Text\n\nmore",
    ),
    "unknown": ("@@role user\n@@disable_ui_prompt system_prompt\nText", Decorators(), "Text"),
    "a fallback": ("@@risu_only 4\n@@@depth 5\nText", Decorators(depth=5), "Text"),
    "the second fallback": ("@@risu 4\n@@@agn 4\n@@@depth 5\n@@@scan_depth 1\nText", Decorators(depth=5), "Text"),
    "a fallback that is not needed": ("@@depth 5\n@@@scan_depth 1\nText", Decorators(depth=5), "Text"),
    "a fallback of a wrong value": ("@@depth deep\n@@@depth 2\nText", Decorators(depth=2), "Text"),
    "a fallback of nothing": ("@@@depth 2\nText", Decorators(), "Text"),
    "the same twice": ("@@depth 1\n@@depth 2\nText", Decorators(depth=1), "Text"),
    "false": ("@@activate false\nText", Decorators(), "Text"),
    "a position that we do not have": ("@@position personality\n@@@depth 1\nText", Decorators(depth=1), "Text"),
}


@pytest.mark.parametrize(("content", "decorators", "rest"), DECORATED.values(), ids=DECORATED)
def test_decorators_are_read_and_taken_out(content: str, decorators: Decorators, rest: str) -> None:
    assert decorated(content) == (decorators, rest)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["@@", "@@@", "depth", " ", "3", "\n", "x", "activate", "scan_depth", "-", "9" * 30])))
def test_any_content_can_be_read(pieces: list[str]) -> None:
    decorators, rest = decorated("".join(pieces))

    assert rest == rest.strip()
    assert (decorators.depth or 0) >= 0


def test_a_book_of_five_thousand_entries_is_searched_within_the_time_of_a_pause() -> None:
    book = Book(tuple(entry("A tale. " * 40, f"Castle{n}", f"lord number {n}", f"王国{n}") for n in range(5_000)))
    lorebook, talk = Lorebook(book), [ScannedMessage("Tell me of castle77 and of 王国4. " * 20)] * 10
    began = time.process_time()

    hits = lorebook.found(talk, 1_000)

    assert time.process_time() - began < 0.1
    assert "77" in {hit.id for hit in hits}


FOLDED = [
    ("straße", "STRASSE"),
    ("STRASSE", "straße"),
    ("İstanbul", "istanbul"),
    ("istanbul", "İSTANBUL"),
    ("Ｄｒａｇｏｎ", "dragon"),
]
FOLDED += [("cafe\u0301", "CAFÉ"), ("ΟΔΟΣ", "οδος"), ("ﬁre", "FIRE")]


@pytest.mark.parametrize(("key", "said"), FOLDED)
def test_capitals_and_ways_to_write_a_letter_do_not_matter_in_any_language(key: str, said: str) -> None:
    book = Lorebook(Book((BookEntry("It is known.", (key,)),)))

    assert [hit.text for hit in book.found([ScannedMessage(f"So {said}!")], 100)] == ["It is known."]


def test_a_search_ends_after_so_many_keys_however_many_a_book_has() -> None:
    keys = tuple(f"dragon {number}" for number in range(MOST_KEYS // 2))
    book = Lorebook(Book(tuple(BookEntry(f"Entry {place}.", (*keys, "dragon")) for place in range(4))))

    assert [hit.text for hit in book.found([ScannedMessage("A dragon!")], 100)] == ["Entry 0.", "Entry 1."]


def test_of_what_was_recalled_only_so_much_is_searched_in_its_turn() -> None:
    for length, found in ((MOST_RECALLED - 9, 2), (MOST_RECALLED + 1, 1)):
        long = BookEntry("x" * length + " gold", ("dragon",))
        book = Lorebook(Book((long, BookEntry("Gold is heavy.", ("gold",))), token_budget=0, recursive_scanning=True))

        assert len(book.found([ScannedMessage("A dragon!")], 10 * MOST_RECALLED)) == found
