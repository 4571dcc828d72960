"""Three things to do next, as the language model sees them; each stands on words that were really said."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from pipeline.practice.answers.quotes import Quotes
from pipeline.practice.measures.definitions import definitions
from server.practice.report.answers import Clip, Next, NextTold
from server.practice.report.heard import Heard
from server.practice.report.model.asking import Answer, Asking, Checked, ModelFailure, Quoted, sensible
from server.practice.report.model.lines import Lines, lines_of
from server.practice.report.model.mistakes import language_name
from server.practice.report.parts.next import MOST, MOST_CLIPS, Others

MOST_FACTS = 12


class _Item(Answer):
    text: Annotated[str, Field(min_length=1, max_length=400)]
    why: Annotated[str, Field(min_length=1, max_length=400)]
    quotes: Annotated[list[Quoted], BeforeValidator(sensible(Quoted))]


class _Items(Answer):
    items: Annotated[list[_Item], BeforeValidator(sensible(_Item)), Field(min_length=1)]


async def next_by_model(asking: Asking, heard: Heard, others: Others) -> Next:
    """What to do next. Raises `ModelFailure`, also where nothing of what it says has a quote that holds."""
    values = {"language": language_name(heard.practice.language, heard.own), "facts": _facts(others, heard)}
    lines = lines_of([turn for turn in heard.turns if turn.text.strip()], asking.room("next", **values))

    def check(answer: _Items) -> Checked[list[NextTold]]:
        return _check(answer, lines)

    items = await asking.checked("next", lines.shown, _Items, check, **values)
    if not items:
        raise ModelFailure("model_unusable")
    return Next(items=items)


def _check(answer: _Items, lines: Lines) -> Checked[list[NextTold]]:
    quotes, items = Quotes(lines.turns), list[NextTold]()
    for told in answer.items[:MOST]:
        clips = quotes.clips([(one.quote, lines.id(one.line)) for one in told.quotes])
        if clips:
            kept = [Clip.of(clip) for clip in clips[:MOST_CLIPS]]
            items.append(NextTold(text=told.text.strip(), why=told.why.strip(), clips=kept))
        else:
            quotes.required.append("item")
    return Checked(items, quotes)


def _facts(others: Others, heard: Heard) -> str:
    """What the report says already, in short; nothing of it was written by the person."""
    facts = list[str]()
    if others.mistakes:
        facts += [f"{group.label}: {group.count}" for group in others.mistakes.groups[:5]]
    if others.questions:
        facts += [f"{one.title}: {one.change.text}" for one in others.questions.items if one.change][:5]
    if others.measures:
        known = {one.id: one for one in definitions(heard.own, heard.practice.language)}
        values = (item for item in others.measures.items if item.value is not None)
        facts += [f"{known[item.id].label}: {item.value:.1f} {known[item.id].unit}" for item in values][:8]
    return "; ".join(facts[:MOST_FACTS]) or "-"
