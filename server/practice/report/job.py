"""The job that makes a report, part by part: first what needs no language model, which takes some hundredths of a second,
then what the model can say, which takes minutes. What was said is read anew for each step, so that none of it is kept with
the job; each part is kept as soon as it is ready.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, TypeVar, assert_never

import structlog

from pipeline.engines.protocols import ChatModel
from pipeline.practice.practice import PracticeKind
from server.jobs.kind import JobContext, JobKind
from server.practice.report.answers import Content, Measures, Mistakes, PartName, Questions, Reason
from server.practice.report.heard import Heard, heard
from server.practice.report.model.asking import Asking, Limits, ModelFailure
from server.practice.report.model.parts import by_model
from server.practice.report.parts.measures import measures_of, vocabulary_of
from server.practice.report.parts.mistakes import found_by_rules, mistakes_of
from server.practice.report.parts.next import Others, next_of
from server.practice.report.parts.questions import questions_in
from server.practice.report.parts.understood import understood_in
from server.practice.report.store import Made, ReportStore

C = TypeVar("C", Measures, Mistakes, Questions)

log = structlog.get_logger("kaikou")

REPORT = "practice.report"
LONGEST_S = 1_800.0

BY_RULES: Mapping[PracticeKind, Sequence[PartName]] = {
    "language": ("measures", "vocabulary", "mistakes", "understood", "next"),
    "interview": ("measures", "vocabulary", "questions", "next"),
}
"""What needs no language model, in the order in which it is made."""

PARTS: Mapping[PracticeKind, Sequence[PartName]] = {
    "language": ("next", "measures", "vocabulary", "mistakes", "understood"),
    "interview": ("next", "questions", "rubric", "measures", "vocabulary"),
}
"""What a report has, in the order in which it is read."""

BY_MODEL: Mapping[PracticeKind, Sequence[PartName]] = {
    "language": ("mistakes", "next"),
    "interview": ("questions", "rubric", "next"),
}
"""What a language model adds to it, or puts in the place of what rules said."""

Models: TypeAlias = Callable[[], AbstractContextManager[ChatModel | None]]
"""The language model to ask, for as long as the block lasts; None where none is connected."""


@dataclass(frozen=True)
class ReportJob:
    """The job, and what it needs. limits: within which the language model is asked."""

    store: ReportStore
    models: Models
    limits: Limits = field(default_factory=Limits)

    @property
    def kind(self) -> JobKind:
        """As it is declared."""
        return JobKind(REPORT, self.run, longest_s=LONGEST_S)

    async def run(self, context: JobContext, arguments: Mapping[str, Any]) -> Any:
        """Make the report of one practice. It ends where the practice or its talk is deleted, or made anew meanwhile."""
        practice_id, number, kind = str(arguments["practice"]), int(arguments["number"]), arguments["kind"]
        steps: list[tuple[str, Callable[[], Awaitable[bool]]]] = []
        for part in BY_RULES[kind]:
            steps.append((part, partial(self._by_rules, practice_id, number, part)))
        for part in BY_MODEL[kind]:
            steps.append((f"{part}.model", partial(self._by_model, practice_id, number, part)))
        for done, (name, step) in enumerate(steps):
            if not await context.step(name, step):
                return {"wanted": False}
            await context.progress((done + 1) / len(steps), f"report.{name.removesuffix('.model')}")
        return {"wanted": True}

    # --- Without a language model -------------------------------------------------------------------------------------

    async def _by_rules(self, practice_id: str, number: int, part: PartName) -> bool:
        talk = await heard(self.store, practice_id)
        if talk is None:
            return False
        others = await self._others(practice_id) if part == "next" else Others()
        content = await asyncio.to_thread(_made, talk, part, others)
        reason: Reason = "" if content else _why_missing(talk, part)
        return await self.store.put(practice_id, part, number, Made(content, "rules", reason))

    async def _others(self, practice_id: str) -> Others:
        """The parts that were made before."""
        rows = {row.part: row.content for row in await self.store.parts(practice_id) if row.state == "ready"}

        def read(name: PartName, kind: type[C]) -> C | None:
            return kind.model_validate(rows[name]) if name in rows else None

        return Others(read("measures", Measures), read("mistakes", Mistakes), read("questions", Questions))

    # --- With one -----------------------------------------------------------------------------------------------------

    async def _by_model(self, practice_id: str, number: int, part: PartName) -> bool:
        talk = await heard(self.store, practice_id)
        if talk is None:
            return False
        if not talk.said:
            return await self.store.explain(practice_id, part, number, "no_speech")
        with self.models() as model:
            if model is None:
                return await self.store.explain(practice_id, part, number, "no_language_model")
            others = await self._others(practice_id)
            try:
                content = await by_model(part, Asking(model, talk.own, self.limits), talk, others)
            except ModelFailure as failure:
                log.warning("the language model made no part of a report", part=part, reason=failure.reason)
                return await self.store.explain(practice_id, part, number, failure.reason)
        return await self.store.put(practice_id, part, number, Made(content, "model"))


def _why_missing(talk: Heard, part: PartName) -> Reason:
    of_sound = part in ("measures", "vocabulary", "understood")
    return "too_little" if talk.spoken.turns or (talk.said and not of_sound) else "no_speech"


def _made(talk: Heard, part: PartName, others: Others) -> Content | None:
    match part:
        case "measures":
            return measures_of(talk)
        case "vocabulary":
            return vocabulary_of(talk)
        case "mistakes":
            return mistakes_of(talk, found_by_rules(talk))
        case "understood":
            return understood_in(talk)
        case "questions":
            return questions_in(talk)
        case "next":
            return next_of(talk, others)
        case "rubric":
            return None
        case _:
            assert_never(part)
