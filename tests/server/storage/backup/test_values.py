"""What a text is found by, from one database to the other."""

from __future__ import annotations

from server.storage.backup.values import MOST_PLACES, vector_of, words_of
from server.storage.database import POSTGRESQL
from server.storage.words import tokens_of

TEXT = "To be, or not to be: 什么是勇气？是勇气。 it's naïve"


def test_the_words_of_postgresql_are_those_of_sqlite_and_back() -> None:
    words, vector = tokens_of(TEXT, "sqlite"), tokens_of(TEXT, POSTGRESQL)
    assert (vector_of(words), words_of(vector)) == (vector, words)


def test_a_word_that_is_said_all_the_time_keeps_the_places_that_postgresql_takes() -> None:
    assert words_of(vector_of("no " * 1000)) == " ".join(["no"] * MOST_PLACES)


def test_nothing_in_a_forged_word_means_anything_to_postgresql() -> None:
    assert vector_of("a':1 b\\' '' c") == "'a:1':1 'b':2 'c':4"
