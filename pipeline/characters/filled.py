"""A character as one conversation has it: with the macros of its texts filled in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from pipeline.characters.book import Book, BookEntry
from pipeline.characters.character import Character, Exchange, Question, Texts
from pipeline.characters.greeting import in_asterisks
from pipeline.characters.macros import HIDDEN_KEY, ORIGINAL, Filling

SAID = {"en": "friend", "zh": "朋友"}
TOLD = {"en": "the person", "zh": "对方"}
"""Who the person is while no name is known: in what the character says, and in what the model is told."""


def filled_character(character: Character, person: str = "", seed: str = "") -> Character:
    """The character with every macro filled in but for `{{original}}` of its instructions, and those of its book.

    A book can be long, so that it is filled in where it is read, beside the event loop: `book_filling`, `filled_book`.
    person: their name, if it is known. seed: decides what is drawn, the same for the whole conversation.
    """
    filling = partial(_filling, character, person, seed)
    told = {tag: filling(tag, TOLD) for tag in character.languages}
    said = {tag: filling(tag, SAID) for tag in character.languages}
    kept = {tag: filling(tag, TOLD, ORIGINAL) for tag in character.languages}
    return replace(
        character,
        line=_filled(character.line, said),
        who=_filled(character.who, told),
        manner=_filled(character.manner, told),
        limits=_filled(character.limits, told),
        scenario=_filled(character.scenario, told),
        greeting={tag: _greeting(text, said[tag]) for tag, text in character.greeting.items()},
        greetings={
            tag: tuple(_greeting(each, said[tag]) for each in all_) for tag, all_ in character.greetings.items()
        },
        instructions=_filled(character.instructions, kept),
        after=_filled(character.after, told),
        exchanges={
            tag: tuple(_exchange(each, said[tag]) for each in all_) for tag, all_ in character.exchanges.items()
        },
        topics={tag: told[tag].all_of(topics) for tag, topics in character.topics.items()},
        questions={
            tag: tuple(_question(each, said[tag]) for each in all_) for tag, all_ in character.questions.items()
        },
    )


def filled_line(character: Character) -> Texts:
    """Its line as lists show it, where it talks to nobody yet."""
    return {tag: _filling(character, "", "", tag, SAID).of(text) for tag, text in character.line.items()}


def _filling(character: Character, person: str, seed: str, tag: str, somebody: Texts, keeps: str = "") -> Filling:
    called = character.nickname.get(tag) or character.name[tag]
    return Filling(called, person or somebody.get(tag, somebody["en"]), seed, frozenset((keeps,)))


def _filled(texts: Texts, fillings: Mapping[str, Filling]) -> Texts:
    return {tag: fillings[tag].of(text) for tag, text in texts.items()}


def _greeting(text: str, said: Filling) -> str:
    return in_asterisks(said.of(text), said.char)


def _exchange(exchange: Exchange, said: Filling) -> Exchange:
    return Exchange(said.all_of(exchange.heard), said.all_of(exchange.says), said.all_of(exchange.then))


def _question(question: Question, said: Filling) -> Question:
    return Question(said.of(question.ask), said.all_of(question.then))


def book_filling(character: Character, person: str = "", seed: str = "") -> Filling:
    """What the macros of the character's book stand for; the hidden keys stay, for the search."""
    return _filling(character, person, seed, character.default_language, TOLD, HIDDEN_KEY)


def filled_book(book: Book, filling: Filling) -> Book:
    """The book with its macros filled in."""
    return replace(book, entries=tuple(_entry(entry, filling) for entry in book.entries))


def _entry(entry: BookEntry, filling: Filling) -> BookEntry:
    if not any("{{" in text or "<" in text for text in (entry.content, *entry.keys, *entry.secondary_keys)):
        return entry
    keys, second = filling.all_of(entry.keys), filling.all_of(entry.secondary_keys)
    return replace(entry, content=filling.of(entry.content), keys=keys, secondary_keys=second)
