"""A character as one conversation has it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.characters.filled import book_filling, filled_book, filled_character
from pipeline.characters.greeting import in_asterisks
from server.characters.reading import parse_character
from tests.pipeline.characters.test_stage_directions import BUILT_IN

MACRO = "{{char}} and {{user}}"


def card(**changes: Any) -> dict[str, Any]:
    texts = ("who", "manner", "limits", "scenario", "greeting", "instructions", "after")
    table = {"name": "Robert", "nickname": "Bo", **dict.fromkeys(texts, MACRO), "greetings": [MACRO]}
    table |= {"exchanges": [{"heard": MACRO, "says": MACRO}], "questions": [MACRO]}
    entry = {"keys": [MACRO], "secondary_keys": [MACRO], "content": MACRO + "{{hidden_key:x}}"}
    return {"id": "bo", "languages": ["en"], "en": table | changes, "book": {"entries": [entry]}}


def test_every_text_of_a_card_has_its_macros_filled_in() -> None:
    file = parse_character(card())

    for person, told in (("Ann", "Bo and Ann"), ("", "Bo and the person")):
        character, said = filled_character(file, person), told.replace("the person", "friend")
        exchange = character.exchanges["en"][0]
        [entry] = filled_book(character.book, book_filling(file, person)).entries
        texts = (
            character.who,
            character.manner,
            character.limits,
            character.scenario,
            character.instructions,
            character.after,
        )
        assert {text["en"] for text in texts} == {told}
        assert (character.greeting["en"], character.greetings["en"]) == (said, (said,))
        assert (exchange.heard, exchange.says, character.questions["en"][0].ask) == ((said,), (said,), said)
        assert (entry.keys, entry.secondary_keys, entry.content) == ((told,), (told,), told + "{{hidden_key:x}}")


def test_a_greeting_is_written_in_one_way() -> None:
    character = filled_character(
        parse_character(card(greeting='Bo: He looks up. "You are late!"', greetings=['"Hi!" {{char}} smiles.']))
    )

    assert character.greeting["en"] == '*He looks up.* "You are late!"'
    assert character.greetings["en"] == ('"Hi!" *Bo smiles.*',)


def test_a_character_without_macros_stays_as_it_is() -> None:
    assert {id: filled_character(character) for id, character in BUILT_IN.items()} == BUILT_IN


@pytest.mark.parametrize("piece", ["“", "「", "“a", "『.", "«a ", '"', "“.”「"])
def test_a_greeting_of_quotation_marks_alone_is_read_at_once(piece: str) -> None:
    assert in_asterisks(piece * 200_000, "Bo") == piece * 200_000
