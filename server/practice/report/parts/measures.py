"""How somebody spoke, and with which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.practice.measure import Measure
from pipeline.practice.measures.definitions import Part, definitions
from pipeline.practice.measures.measures import measured
from pipeline.practice.measures.vocabulary import vocabulary
from server.practice.report.answers import Clip, LevelRange, LevelShare, Measures, MeasureTold, NewWord, Vocabulary
from server.practice.report.heard import Heard
from server.practice.report.sentences import sentence

MOST_NEW_WORDS = 1_000
"""That are told, and known to later practices."""


def measures_of(heard: Heard) -> Measures | None:
    """The measures, with those of the last practice beside them; None where nothing was spoken."""
    if not heard.spoken.turns:
        return None
    return Measures(items=_told(heard, "measures"))


def vocabulary_of(heard: Heard) -> Vocabulary | None:
    """The words, with the measures of them; None where nothing was spoken."""
    if not heard.spoken.turns:
        return None
    words = vocabulary.vocabulary_of(heard.spoken, known_words=heard.known_words)
    new = [
        NewWord(word=one.word, level=one.level or "", clip=Clip.of(one.clip))
        for one in words.new_words[:MOST_NEW_WORDS]
    ]
    levels = [LevelShare(level=one.level, count=one.count, share=round(one.share, 4)) for one in words.levels]
    return Vocabulary(
        items=_told(heard, "vocabulary"), new_words=new, levels=levels, range=_range(words.range, heard.own)
    )


def _told(heard: Heard, part: Part) -> list[MeasureTold]:
    ids = {one.id for one in definitions(heard.own) if one.part == part}
    found: Sequence[Measure] = measured(heard.spoken, known_words=heard.known_words)
    before: Mapping[str, Any] = heard.previous.get(part, {})
    values = {item["id"]: item["value"] for item in before.get("items", ())}
    return [MeasureTold.of(measure, values.get(measure.id)) for measure in found if measure.id in ids]


def _range(found: vocabulary.LevelRange | None, own: str) -> LevelRange | None:
    """The range with what it is read from, in sentences."""
    if found is None:
        return None
    above = sum(share for level, share in found.shares.items() if level >= found.low)
    evidence = [sentence("level.share", own, words=found.words, percent=round(100 * above), level=found.low)]
    if found.rarest:
        rarest = ", ".join(f"{one.word} ({one.level})" for one in found.rarest)
        evidence.append(sentence("level.rarest", own, words=rarest))
    return {"from": found.low, "to": found.high, "evidence": [*evidence, sentence("level.only", own)]}
