"""In a practice the scripted model says what is next; before it, at most, it answers a question, and a cry for help wins."""

from __future__ import annotations

from models.scripted import create
from pipeline.engines.protocols import ChatRequest, Message, TextDelta
from tests.models.scripted_talk import BUILT_IN

ENGINE = create({"fallback": BUILT_IN["interviewer"]})
NEXT = "Tell me about a conflict in your team."


async def said(*lines: str, answer_first: bool = False, language: str = "en") -> str:
    roles = ("system", "user", "assistant")
    messages = [Message("system", "")] + [Message(roles[1 + n % 2], line) for n, line in enumerate(lines)]  # type: ignore[arg-type]
    request = ChatRequest(messages, BUILT_IN["interviewer"], language, directed=NEXT, answer_first=answer_first)
    return "".join([event.text async for event in ENGINE.reply(request) if isinstance(event, TextDelta)])


async def test_what_a_practice_wants_is_said_word_for_word() -> None:
    assert await said("I fixed it in three days.") == NEXT


async def test_a_question_is_answered_in_the_characters_own_words_first() -> None:
    answer = await said("What's the capital of France?", answer_first=True)

    assert answer.endswith(NEXT)
    assert len(answer) > len(NEXT) + 10
    assert "{" not in answer


async def test_who_may_hurt_themselves_is_not_led_back_to_a_practice() -> None:
    assert NEXT not in await said("I want to kill myself.")
    assert NEXT not in await said("I want to kill myself.", "Please call somebody.", "I don't know.")
