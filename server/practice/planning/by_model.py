"""The questions of an interview fitted to advert and CV by a language model.

Advert and CV are quoted: what stands in them is no instruction. What the model answers is checked, and never repaired by
guessing: one answer that cannot be used is asked for again, then the plan stays as it was made by rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.engines.protocols import ChatModel, ChatRequest, Message
from pipeline.engines.whole_answer import whole_answer
from pipeline.engines.within import within
from pipeline.errors import EngineError, EngineTimeout
from pipeline.practice.practice import InterviewSetup, Practice, PracticeStep
from server.characters.file_format import CLEAN
from server.practice.planning.interview import FRAME, questions_for
from server.practice.planning.resume import CHINESE
from server.practice.planning.words import CLOSING, WHY
from server.practice.templates.file_format import QuestionTable, RoleTable

PLAN_S = 60.0
"""How long both answers may take together; somebody waits for them."""

ATTEMPTS = 2

MOST_TOKENS, LONGEST_ANSWER = 3_000, 30_000
"""Of an answer: tokens, and characters."""

MOST_SHOWN = 8_000
"""Characters of advert and CV each that the model is shown: windows are small."""

MOST_OFFERED = 24
"""Questions."""

NAMES = {"en": "English", "zh": "Chinese (中文)"}

FITTED = "fitted"
"""How the ids of its own questions begin."""

QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"|「([^」]+)」")


class Unusable(EngineError):
    """The model's answer is no plan that can be used."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Few = Annotated[str, Field(min_length=1, max_length=160), CLEAN]


class _Question(_Strict):
    of: Annotated[str, Field(alias="from", max_length=80)]
    title: Annotated[str, Field(min_length=1, max_length=80), CLEAN]
    ask: Annotated[str, Field(min_length=5, max_length=400), CLEAN]
    hint: Annotated[str, Field(max_length=400), CLEAN]
    listen_for: Annotated[list[Few], Field(max_length=6)]
    quote: Annotated[str, Field(max_length=500)]


class _Plan(_Strict):
    questions: Annotated[list[_Question], Field(min_length=1, max_length=30)]


@dataclass(frozen=True)
class Fitting:
    """What a plan is fitted of. offered: questions of the role, the likeliest first; none if it is there no more."""

    practice: Practice
    setup: InterviewSetup
    offered: Sequence[QuestionTable]
    within_s: float = PLAN_S

    @classmethod
    def of(cls, practice: Practice, table: RoleTable | None) -> Fitting | None:
        """None where there is nothing to fit to: no advert and no CV, or no interview."""
        setup = practice.interview
        if setup is None or not (setup.advert.strip() or setup.resume.strip()):
            return None
        planned = {step.id for step in practice.steps}
        questions = table.questions if table else ()
        likely = sorted(questions, key=lambda one: (one.id not in planned, one.kind != setup.questions))
        return cls(practice, setup, likely[:MOST_OFFERED])

    @property
    def count(self) -> int:
        """How many questions there shall be, without those that every interview has."""
        why = any(step.id == WHY for step in self.practice.steps)
        return max(1, questions_for(self.setup.minutes) - why)

    async def fitted(self, model: ChatModel) -> Practice:
        """The practice with other questions. Raises `EngineError`; `Unusable` and `EngineTimeout` among them."""
        messages = [Message("system", _instructions()), Message("user", self.told(token_hex(4)))]
        try:
            async with within(self.within_s):
                for _attempt in range(ATTEMPTS):
                    request = ChatRequest(tuple(messages), None, self.practice.language, max_tokens=MOST_TOKENS)
                    answer = await whole_answer(model, request, LONGEST_ANSWER)
                    try:
                        return self.practice_with(self.read(answer))
                    except Unusable as error:
                        again = f"That cannot be used: {error.message} Answer once more, with JSON only."
                        messages += [Message("assistant", answer), Message("user", again)]
        except TimeoutError:
            raise EngineTimeout("The language model took too long to plan.", engine=model.info.name) from None
        raise Unusable("The language model wrote no plan that can be used.")

    def told(self, mark: str) -> str:
        """What the model is shown. mark: letters that nobody who wrote an advert or a CV could know."""
        practice, setup = self.practice, self.setup
        least = -(-self.count // 2)
        offered = "\n".join(f"[{one.id}] {one.kind}: {one.ask[0]}" for one in self.offered) or "none"
        return (
            f"Role: {practice.title}. Level: {setup.seniority}. Mostly {setup.questions} questions: {self.count} of them, "
            f"at least {least}.\n`ask`, `hint` and `listen_for` in {NAMES[practice.language]}; "
            f"`title` in {NAMES[practice.own_language]}.\n\nOn offer:\n{offered}\n\n"
            f"{_marked('advert', mark, setup.advert)}\n\n{_marked('cv', mark, setup.resume)}"
        )

    def read(self, answer: str) -> Sequence[_Question]:
        """The questions in an answer. Raises `Unusable` with what is wrong, for the model to read."""
        try:
            plan = _Plan.model_validate_json(answer[max(0, answer.find("{")) : answer.rfind("}") + 1])
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            raise Unusable(f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}.") from None
        if wrong := next(self._wrong_in(plan.questions), ""):
            raise Unusable(wrong)
        return plan.questions

    def _wrong_in(self, questions: Sequence[_Question]) -> Iterator[str]:
        if not -(-self.count // 2) <= len(questions) <= self.count:
            yield f"There shall be {self.count} questions."
        known, seen = {one.id for one in self.offered}, set[str]()
        written = _plain(f"{self.setup.advert}\n{self.setup.resume}")
        for number, one in enumerate(questions, 1):
            if one.of and one.of not in known:
                yield f"No question on offer has the id of question {number}."
            if {one.of, one.ask} & seen - {""}:
                yield f"Question {number} is there twice."
            seen |= {one.of, one.ask}
            if not one.of and not one.quote.strip():
                yield f"Question {number} is your own and has no quote."
            if _plain(one.quote) not in written:
                yield f"The quote of question {number} stands neither in the advert nor in the CV."
            quotes = ("".join(found) for found in QUOTED.findall(one.ask))
            if any(_plain(quote).rstrip(".,;:!?。，；：！？") not in written for quote in quotes):
                yield f"Question {number} quotes what stands neither in the advert nor in the CV."
            if _is_chinese(one.ask) != (self.practice.language == "zh"):
                yield f"Question {number} is in another language than it shall be asked in."

    def practice_with(self, questions: Sequence[_Question]) -> Practice:
        """The practice with these questions between those that every interview has."""
        offered = {one.id: one for one in self.offered}
        steps = [_step(number, one, offered.get(one.of)) for number, one in enumerate(questions, 1)]
        frame = [step for step in self.practice.steps if step.id in FRAME]
        before = [step for step in frame if step.id != CLOSING]
        after = [step for step in frame if step.id == CLOSING]
        return replace(self.practice, steps=(*before, *steps, *after))


def _step(number: int, question: _Question, of: QuestionTable | None) -> PracticeStep:
    ways = (question.ask, *(of.ask if of else ()))
    listen_for = tuple(question.listen_for) or (of.listen_for if of else ())
    return PracticeStep(
        of.id if of else f"{FITTED}-{number}", question.title, ways, question.hint, listen_for=listen_for
    )


def _marked(name: str, mark: str, text: str) -> str:
    return f"<{name} {mark}>\n{text[:MOST_SHOWN].strip() or 'none'}\n</{name} {mark}>"


def _plain(text: str) -> str:
    """With one blank wherever there is white space: lines of a document end anywhere."""
    return " ".join(text.split())


def _is_chinese(text: str) -> bool:
    return len(CHINESE.findall(text)) >= 0.3 * len(text)


@cache
def _instructions() -> str:
    return (Path(__file__).parent / "prompt.txt").read_text("utf-8")
