"""How an interview went, by dimensions with anchors in words. The language model is asked three times, each time anew.

Told is a range around the median: where all agree it is one number. Where two answers are two steps or more apart, two more
are asked for. As long as no more than one answer in three is off, the median is the same each time; a score without a quote
that was really said does not count.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median_high, median_low
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pipeline.practice.answers.quotes import Quotes
from pipeline.practice.speech import SpokenTurn
from server.practice.report.answers import Clip, DimensionTold, Rubric, Text
from server.practice.report.heard import Heard
from server.practice.report.model.asking import Answer, Asking, Checked, ModelFailure, Quoted, sensible
from server.practice.report.model.lines import Lines, lines_of
from server.practice.report.model.mistakes import language_name

TIMES, MOST_TIMES = 3, 5
"""How often it is asked; and where the answers are far apart."""

FEWEST = 2
"""Scores that a dimension needs."""

MOST_EVIDENCE = 4

_PROMISE = re.compile(
    r"\b(?:hire[ds]?|hiring|guarantee[ds]?|(?:will|would|should) (?:get|pass|be offered|succeed)|job offer)\b"
    r"|录用|录取|保证|一定能|必定|肯定会|拿到offer",
    re.IGNORECASE,
)
"""An impression is none of how an interview would end."""


class _Score(Answer):
    id: str
    score: Annotated[int, Field(ge=1, le=5)]
    why: Annotated[str, Field(min_length=1, max_length=600)]
    quotes: Annotated[list[Quoted], BeforeValidator(sensible(Quoted))]


class _Scores(Answer):
    dimensions: Annotated[list[_Score], BeforeValidator(sensible(_Score)), Field(min_length=1)]
    impression: Annotated[str, Field(max_length=1_500)] = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """One dimension in one answer."""

    score: int
    why: str
    evidence: Sequence[Clip]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One whole answer."""

    scores: Mapping[str, Scored]
    impression: str


async def rubric_by_model(asking: Asking, heard: Heard) -> Rubric:
    """The rubric. Raises `ModelFailure`, also where the model answered fewer than twice."""
    turns = answered(heard)
    values = {"language": language_name(heard.practice.language, heard.own), "dimensions": _listed(heard.own)}
    lines = lines_of(turns, asking.room("rubric", **values))
    given, failure = list[Judgement](), None
    while len(given) < TIMES or (len(given) < MOST_TIMES and _far_apart(given)):
        try:
            judgement = await asking.checked(
                "rubric", lines.shown, _Scores, lambda answer: _check(answer, lines), **values
            )
        except ModelFailure as error:
            failure = error
            break
        given.append(judgement)
    dimensions = [told for id in dimensions_of(heard.own) if (told := _told(id, given, heard.own))]
    if not dimensions:
        raise failure or ModelFailure("model_unusable")
    impression = next((one.impression for one in given if one.impression), "")
    return Rubric(dimensions=dimensions, impression=Text(text=impression) if impression else None)


def answered(heard: Heard) -> Sequence[SpokenTurn]:
    """What was said to questions; all that was said, where nobody knows to which."""
    answers = [turn for step in heard.practice.steps for turn in heard.answers(step) if turn.text.strip()]
    return answers or [turn for turn in heard.turns if turn.text.strip()]


def dimensions_of(own: str) -> Mapping[str, tuple[str, Sequence[str]]]:
    """The dimensions, each with its label and what 1 to 5 stand for."""
    return {id: (table["label"][own], table["anchors"][own]) for id, table in _tables().items()}


def range_of(scores: Sequence[int]) -> tuple[int, int]:
    """From where to where scores go, around their median and no further from it than one step."""
    low, high = median_low(scores), median_high(scores)
    if low < high:
        return low, high
    return max(min(scores), low - 1), min(max(scores), high + 1)


def _told(id: str, given: Sequence[Judgement], own: str) -> DimensionTold | None:
    scored = [one.scores[id] for one in given if id in one.scores]
    if len(scored) < FEWEST:
        return None
    label, anchors = dimensions_of(own)[id]
    low, high = range_of([one.score for one in scored])
    middle = median_low([one.score for one in scored])
    first = next(one for one in scored if one.score == middle)
    return DimensionTold(
        id=id, label=label, low=low, high=high, anchors=list(anchors), why=first.why, evidence=list(first.evidence)
    )


def _far_apart(given: Sequence[Judgement]) -> bool:
    scores = [[one.scores[id].score for one in given if id in one.scores] for id in _tables()]
    return any(some and max(some) - min(some) >= 2 for some in scores)


def _check(answer: _Scores, lines: Lines) -> Checked[Judgement]:
    quotes, scores = Quotes(lines.turns), dict[str, Scored]()
    for told in answer.dimensions:
        if told.id not in _tables() or told.id in scores:
            continue
        clips = quotes.clips([(one.quote, lines.id(one.line)) for one in told.quotes])
        if clips:
            scores[told.id] = Scored(told.score, told.why.strip(), [Clip.of(clip) for clip in clips[:MOST_EVIDENCE]])
        else:
            quotes.required.append(told.id)
    impression = answer.impression.strip()
    return Checked(Judgement(scores, "" if _PROMISE.search(impression) else impression), quotes)


def _listed(own: str) -> str:
    return "\n".join(
        f"{id}: {label}. " + " ".join(f"{score} = {anchor}" for score, anchor in enumerate(anchors, 1))
        for id, (label, anchors) in dimensions_of(own).items()
    )


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "rubric.toml").read_text("utf-8"))
