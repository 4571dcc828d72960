"""A language model looks for the one mistake of a turn that matters most. What it answers is checked: no exact words, no
correction. Nobody waits for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.engines.protocols import ChatModel, ChatRequest, Message
from pipeline.engines.whole_answer import whole_answer
from pipeline.engines.within import within
from pipeline.practice.director.phrases import language_name
from pipeline.practice.mistake import Mistake
from pipeline.practice.mistakes.kinds import kinds_of
from pipeline.practice.practice import Practice
from pipeline.text.clean import clean

ANSWER_S = 12.0
"""How long it may take: later the person is somewhere else."""

MOST_TOKENS, LONGEST_ANSWER = 250, 2_000
"""Of an answer: tokens, and characters."""

LONGEST_TEXT = 1_500
"""Characters of a turn that are read."""

FEWEST_LETTERS = 4
"""A turn with fewer has no mistake worth a question."""

PROMPT = """\
You read one line that a learner of {language} said in a conversation, as a speech recogniser wrote it down. Find the one \
mistake in grammar or choice of words that matters most. Punctuation, capitals, fillers, repetitions, false starts and \
what could be the recogniser's error are no mistakes; a casual spoken form is none either.
Answer with one JSON object and nothing else.
If there is no such mistake: {{"said": ""}}
Else: {{"said": the wrong words, copied exactly from the line, as few as make it clear; "better": what to say in their \
place; "reason": one short sentence in {own}; "kind": one of {kinds}; "hinders": true if it makes the line hard to \
understand}}"""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    said: Annotated[str, Field(max_length=200)] = ""
    better: Annotated[str, Field(max_length=200)] = ""
    reason: Annotated[str, Field(max_length=300)] = ""
    kind: Annotated[str, Field(max_length=40)] = ""
    hinders: bool = False


async def correction_by_model(model: ChatModel, text: str, practice: Practice) -> Mistake | None:
    """The mistake of a turn that is told; None if there is none, or the model does not say so in time and in order.

    Raises what the model raises.
    """
    if sum(map(str.isalpha, text)) < FEWEST_LETTERS:
        return None
    told = PROMPT.format(
        language=language_name(practice.language, "en"),
        own=language_name(practice.own_language, "en"),
        kinds=", ".join(f'"{kind}"' for kind in kinds_of(practice.language)),
    )
    messages = [Message("system", told), Message("user", text[:LONGEST_TEXT])]
    request = ChatRequest(messages, language=practice.language, max_tokens=MOST_TOKENS)
    try:
        async with within(ANSWER_S):
            answer = await whole_answer(model, request, LONGEST_ANSWER)
    except TimeoutError:
        return None
    mistake = checked(answer, text, practice.language)
    hindering = practice.scene is not None and practice.scene.correcting == "hindering"
    return None if mistake and hindering and not mistake.hinders else mistake


def checked(answer: str, text: str, language: str) -> Mistake | None:
    """The mistake that an answer tells of; None unless its words stand in the text exactly, and something is better."""
    start, end = answer.find("{"), answer.rfind("}")
    try:
        told = _Answer.model_validate_json(answer[start : end + 1])
    except ValidationError:
        return None
    said, better = told.said.strip(), clean(told.better).strip()
    at = text.find(said) if said else -1
    if at < 0 or not better or better.casefold() == said.casefold():
        return None
    reason = " ".join(clean(told.reason).split())
    kinds = list(kinds_of(language))
    kind = told.kind if told.kind in kinds or not kinds else kinds[-1]
    return Mistake(said, at, better, reason, kind, told.hinders, "model")
