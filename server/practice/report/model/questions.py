"""What the language model says of each answer: how it is built, what is strong, what to change, and a stronger version.

The stronger version is the person's own answer: a number or a name that they did not say is not let through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from pipeline.practice.answers.invented import invented_in
from pipeline.practice.answers.quotes import Quotes
from pipeline.practice.practice import PracticeStep
from pipeline.text.language import language_of
from server.practice.report.answers import Clip, Questions, QuestionTold, StrengthTold, StructureTold, Text
from server.practice.report.heard import Heard
from server.practice.report.model.asking import Answer, Asking, Checked, ModelFailure, Quoted
from server.practice.report.model.lines import Lines, lines_of
from server.practice.report.model.mistakes import language_name
from server.practice.report.parts.questions import questions_in, tells_what_was_done

MOST_ASKED = 15
"""Questions about which the model is asked."""

MAY_GO_ON = ("too_little", "model_unusable")
"""After an answer that cannot be read the next one may be good; a model that is slow or gone is not asked on."""

PARTS = ("situation", "task", "action", "result")


class _Strength(Quoted):
    text: Annotated[str, Field(min_length=1, max_length=400)]


class _Question(Answer):
    situation: Quoted | None = None
    task: Quoted | None = None
    action: Quoted | None = None
    result: Quoted | None = None
    strength: _Strength | None = None
    change: Annotated[str, Field(min_length=1, max_length=600)]
    stronger: Annotated[str, Field(max_length=4_000)] | None = None


async def questions_by_model(asking: Asking, heard: Heard) -> Questions:
    """All questions; those that the model was not asked about, or said nothing useful of, as rules have them.

    Raises `ModelFailure` where it said nothing useful of any.
    """
    steps, told = {step.id: step for step in heard.practice.steps}, list[QuestionTold]()
    asked, made, failure = 0, 0, ModelFailure("too_little")
    for question in questions_in(heard).items:
        if question.answered and asked < MOST_ASKED and failure.reason in MAY_GO_ON:
            asked += 1
            try:
                told.append(await _question(asking, heard, steps[question.step], question))
                made += 1
                continue
            except ModelFailure as error:
                failure = error
        told.append(question)
    if not made:
        raise failure
    return Questions(items=told)


async def _question(asking: Asking, heard: Heard, step: PracticeStep, by_rules: QuestionTold) -> QuestionTold:
    values = {
        "question": (step.ask[0] if step.ask else step.title).replace("\n", " "),
        "listen_for": "; ".join(step.listen_for),
        "language": language_name(heard.practice.language, heard.own),
    }
    lines = lines_of([turn for turn in heard.answers(step) if turn.text.strip()], asking.room("question", **values))

    def check(answer: _Question) -> Checked[QuestionTold]:
        return _check(answer, lines, heard, step, by_rules)

    return await asking.checked("question", lines.shown, _Question, check, **values)


def _check(
    answer: _Question, lines: Lines, heard: Heard, step: PracticeStep, by_rules: QuestionTold
) -> Checked[QuestionTold]:
    quotes, values = Quotes(lines.turns), dict[str, object]()
    if tells_what_was_done(heard):
        clips = {part: _clip(quotes, lines, getattr(answer, part)) for part in PARTS}
        values["structure"] = StructureTold(**clips)
    if answer.strength and (clip := _clip(quotes, lines, answer.strength)):
        values["strength"] = StrengthTold(text=answer.strength.text.strip(), clip=clip)
    values["change"] = Text(text=answer.change.strip())
    if stronger := (answer.stronger or "").strip():
        if _is_theirs(stronger, heard, step):
            values["stronger"] = Text(text=stronger)
        else:
            quotes.required.append("stronger")
    return Checked(by_rules.model_copy(update=values), quotes)


def _clip(quotes: Quotes, lines: Lines, quoted: Quoted | None) -> Clip | None:
    clip = quotes.clip(quoted.quote, lines.id(quoted.line)) if quoted else None
    return Clip.of(clip) if clip else None


def _is_theirs(stronger: str, heard: Heard, step: PracticeStep) -> bool:
    """Whether a stronger version is in the language of the answer, and has nothing in it that the person did not say."""
    said: Sequence[str] = [turn.text for turn in heard.answers(step)]
    same_language = language_of(stronger, heard.practice.language) == heard.practice.language
    return same_language and not invented_in(stronger, [*said, *step.ask])
