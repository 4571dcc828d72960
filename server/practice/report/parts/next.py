"""Three things to do next, each with what it is read from; by rules, from the other parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.practice.report.answers import Clip, Measures, Mistakes, Next, NextTold, Questions
from server.practice.report.heard import Heard
from server.practice.report.sentences import sentence

MOST = 3
MOST_CLIPS = 3

MANY_FILLERS = 6.0
"""For 100 words. Speakers of English have some 6 (Bortfeld et al. 2001: 5.97 disfluencies for 100 words)."""

MANY_PAUSES = 15.0
"""Within sentences, a minute: every fourth second."""

WATCHED = {"fillers": ("fillers", MANY_FILLERS), "pauses": ("pauses_within", MANY_PAUSES)}
"""What is said of which measure from how much of it on."""


@dataclass(frozen=True, slots=True)
class Others:
    """The other parts of the report, as far as they are there."""

    measures: Measures | None = None
    mistakes: Mistakes | None = None
    questions: Questions | None = None


def next_of(heard: Heard, others: Others) -> Next:
    """At most three, those of most use first: a mistake that hinders, an answer that lacks something, how it was spoken."""
    found = [
        *_mistakes(heard, others.mistakes),
        *_questions(heard, others.questions),
        *_measured(heard, others.measures),
    ]
    if not found:
        found = [_item(heard, "again" if heard.said else "speak")]
    return Next(items=found[:MOST])


def _mistakes(heard: Heard, mistakes: Mistakes | None) -> Iterator[NextTold]:
    groups = sorted(mistakes.groups if mistakes else (), key=lambda g: (-any(i.hinders for i in g.items), -g.count))
    for group in groups[:2]:
        clips = [item.clip for item in group.items]
        why = "mistake_one" if group.count == 1 else "mistake"
        yield _item(heard, "mistake", clips, why, label=group.label, count=group.count)


def _questions(heard: Heard, questions: Questions | None) -> Iterator[NextTold]:
    items = questions.items if questions else ()
    missed = [one for one in items if one.asked and not one.answered]
    lacking = [one for one in items if one.answered and one.change]
    for one in missed[:1]:
        yield _item(heard, "unanswered", title=one.title)
    for one in lacking[:2]:
        yield _item(heard, "change", one.clips, title=one.title, change=one.change.text if one.change else "")


def _measured(heard: Heard, measures: Measures | None) -> Iterator[NextTold]:
    values = {item.id: item for item in measures.items} if measures else {}
    for name, (id, many) in WATCHED.items():
        item = values.get(id)
        if item and item.value is not None and item.value >= many:
            yield _item(heard, name, item.clips, value=f"{item.value:.0f}")


def _item(heard: Heard, name: str, clips: list[Clip] | None = None, why: str = "", **values: object) -> NextTold:
    return NextTold(
        text=sentence(f"next.text.{name}", heard.own, **values),
        why=sentence(f"next.why.{why or name}", heard.own, **values),
        clips=(clips or [])[:MOST_CLIPS],
    )
