"""The lorebook of a character in a talk."""

from __future__ import annotations

from typing import Any

from pipeline.characters.character import Character
from server.characters.catalogue import FileCharacters
from server.characters.reading import parse_character
from tests.server.socketless import connected, update, write


def with_book(*entries: dict[str, Any]) -> Character:
    file = {"name": "Bo", "who": "A baker.", "greeting": "Hi?"}
    return parse_character({"id": "bo", "languages": ["en"], "en": file, "book": {"entries": list(entries)}})


BO = with_book(
    {"keys": ["bread"], "content": "{{char}} sells rye bread.", "comment": "Bread"},
    {"keys": [r"/\bcakes?\b/i"], "content": "Cakes are for Sundays.", "id": "cakes"},
    {"keys": ["sea"], "content": "The sea is far."},
)


async def test_what_of_the_lorebook_belongs_to_what_was_said_is_told_with_the_answer() -> None:
    async with connected(characters=FileCharacters({"bo": BO}, "bo")) as client:
        await client.send(update(kaikou={"character": "bo"}))
        await client.send(write("Have you bread, or a Cake?"))
        await client.send({"type": "response.create"})
        await client.settle()

    told = [event["used"] for event in client.events if event["type"] == "kaikou.context"]
    used = [
        {"kind": "lorebook", "id": "0", "label": "Bread"},
        {"kind": "lorebook", "id": "cakes", "label": "Cakes are for Sundays."},
    ]
    assert told == [used]


async def test_a_client_with_instructions_of_its_own_gets_none_and_a_book_is_read_once() -> None:
    async with connected(characters=FileCharacters({"bo": BO}, "bo")) as client:
        told = []
        for changes in ({}, {"tools": []}, {"instructions": "Be kind."}, {"instructions": None}):
            await client.send(update(kaikou={"character": "bo"}, **changes))
            told.append(list(client.session.config.sources))

    first = told[0][0]
    assert told == [[first], [first], [], [first]]
    assert all(sources[0] is first for sources in told if sources)
