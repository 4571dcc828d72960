"""The first words to strangers and to who comes back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from pipeline.conversation.config import ResponseRequest, SessionConfig
from pipeline.memory.coming_back import Acquaintance, OpenThing, greeting_line
from server.protocol.greeting import first_words
from tests.server.history.kept import a_character

BASE = "Come in. I'm Elias. What has been on your mind lately?"
CELLO = OpenThing("I want to learn the cello.", "goal", last=True)


@dataclass
class Known:
    """Remembers somebody."""

    acquaintance: Acquaintance | None

    async def known(self, _asked: object) -> tuple[()]:
        return ()

    async def come_back(self, _language: str, *, ask: bool) -> Acquaintance | None:
        return self.acquaintance if ask or self.acquaintance is None else replace(self.acquaintance, open=None)


async def words(
    acquaintance: Acquaintance | None, *, by_model: bool, character: str = "philosopher"
) -> ResponseRequest:
    config = SessionConfig(instructions="You are Elias.")
    return await first_words(BASE, a_character(character), config, Known(acquaintance), by_model=by_model)


async def test_a_stranger_hears_the_characters_own_greeting() -> None:
    assert await words(None, by_model=True) == ResponseRequest(say=BASE)


async def test_a_language_model_greets_who_is_known_by_the_facts_and_the_quote_and_asks_one_thing() -> None:
    request = await words(Acquaintance("Ann", CELLO), by_model=True)

    assert request.say == ""
    assert request.instructions is not None
    assert request.instructions.startswith("You are Elias.\n\n")
    assert "Their name is Ann." in request.instructions
    assert (
        "Last time they said: “I want to learn the cello”. Ask how that stands, and ask nothing else."
        in request.instructions
    )
    assert BASE in request.instructions
    assert "Say nothing of them or of earlier talks that does not stand here." in request.instructions


async def test_a_character_with_a_plan_greets_by_name_and_begins_with_its_plan() -> None:
    request = await words(Acquaintance("Ann", CELLO), by_model=True, character="interviewer")

    assert request.say == "Good to hear from you again, Ann. What has been on your mind lately?"


AGAIN = "Good to hear from you again"
EXAM = OpenThing("My exam is on Friday!", "date", last=False)
HAN_CELLO = OpenThing("我想学大提琴。", "goal", last=True)


@pytest.mark.parametrize(
    ("language", "known", "says"),
    [
        ("en", Acquaintance("Ann", CELLO), "Last time you said: “I want to learn the cello.” How is that going?"),
        ("en", Acquaintance("Ann"), "What has been on your mind lately?"),
        (
            "en",
            Acquaintance("Ann", EXAM),
            "A while ago you said: “My exam is on Friday.” How do things stand with that?",
        ),
        ("zh", Acquaintance("小林", HAN_CELLO), "上次你说：“我想学大提琴”。现在进展怎么样？"),
    ],
)
def test_without_a_language_model_the_line_is_made_of_what_was_said(
    language: str, known: Acquaintance, says: str
) -> None:
    line = greeting_line(BASE, language, known)

    assert line == (
        f"{AGAIN}, {known.name}. {says}" if language == "en" else f"{known.name}，又听到你的声音了，真好。{says}"
    )
    assert line.count("?") + line.count("？") == 1


def test_who_gave_no_name_is_greeted_without_one() -> None:
    assert greeting_line(BASE, "en", Acquaintance()) == f"{AGAIN}. What has been on your mind lately?"
