"""Mistakes that the language model finds, besides those of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from pydantic import BeforeValidator, Field

from pipeline.practice.answers.quotes import Quotes
from pipeline.practice.mistake import Mistake
from pipeline.practice.mistakes.kinds import kinds_of
from server.practice.report.answers import Mistakes
from server.practice.report.heard import Heard
from server.practice.report.model.asking import Answer, Asking, Checked, ModelFailure, sensible
from server.practice.report.model.lines import Lines, pieces_of
from server.practice.report.parts.mistakes import Found, found_by_rules, joined, mistakes_of

OTHER = {"en": "R:OTHER", "zh": "other"}
"""For a kind that is none of ours."""

LONGEST_SAID = 200
"""Characters of what is put right: more is no mistake but another way to say it all."""


class _Mistake(Answer):
    line: int = 0
    said: Annotated[str, Field(min_length=1, max_length=LONGEST_SAID)]
    better: Annotated[str, Field(min_length=1, max_length=2 * LONGEST_SAID)]
    reason: Annotated[str, Field(min_length=1, max_length=400)]
    kind: str = ""
    hinders: bool = False


class _Mistakes(Answer):
    mistakes: Annotated[list[_Mistake], BeforeValidator(sensible(_Mistake))]


async def mistakes_by_model(asking: Asking, heard: Heard) -> Mistakes | None:
    """All mistakes: the model's, and those of the rules about other words. Raises `ModelFailure`."""
    kinds = kinds_of(heard.practice.language)
    listed = "; ".join(f"{kind} ({labels[heard.own]})" for kind, labels in kinds.items())
    values = {"language": language_name(heard.practice.language, heard.own), "kinds": listed}
    found = list[Found]()
    for number, piece in enumerate(pieces_of(heard.practised, asking.room("mistakes", **values))):
        try:
            check = partial(_check, piece=piece, heard=heard)
            checked: Sequence[Found] = await asking.checked("mistakes", piece.shown, _Mistakes, check, **values)
            found += checked
        except ModelFailure:
            if not number:
                raise
            break  # what it found before is kept
    return mistakes_of(heard, joined(_each_once(found), found_by_rules(heard)))


def language_name(language: str, own: str) -> str:
    """What a language is called in another."""
    names = {"en": {"en": "English", "zh": "英语"}, "zh": {"en": "Chinese", "zh": "汉语"}}
    return names.get(language, {}).get(own, language)


def _check(answer: _Mistakes, piece: Lines, heard: Heard) -> Checked[Sequence[Found]]:
    quotes, found = Quotes(piece.turns), list[Found]()
    language = heard.practice.language
    for told in answer.mistakes:
        place = quotes.place(told.said, piece.id(told.line))
        if place is None:
            continue
        turn, start, end = place
        said, better = turn.text[start:end], told.better.strip()
        if said.casefold() == better.casefold():
            continue
        kind = told.kind if told.kind in kinds_of(language) else OTHER.get(language, "other")
        found.append(Found(turn, Mistake(said, start, better, told.reason.strip(), kind, told.hinders, "model")))
    return Checked(found, quotes)


def _each_once(found: Sequence[Found]) -> Sequence[Found]:
    return joined([], found)
