"""Turns as one writes them: "I went /400/ home", each word of the same length, and pauses of so many milliseconds."""

from __future__ import annotations

import re
from typing import Any

from pipeline.practice.measure import Measure
from pipeline.practice.measures.measures import measured
from pipeline.practice.measures.turn import LATE_MS
from pipeline.practice.speech import Span, Spoken, SpokenTurn, TimedWord

WORD = re.compile(r"[\u4e00-\u9fff]|(?:(?![\u4e00-\u9fff])[\w'])+")


def saying(written: str, language: str = "en", *, at: int = 0, word_ms: int = 300, **given: Any) -> SpokenTurn:
    """A turn whose voice begins at `at`, as detector and recogniser would tell it."""
    text, words, voiced, now = "", list[TimedWord](), list[Span](), at
    for part in re.split(r"\s*/(\d+)/\s*", written) if "/" in written else [written]:
        if part.isdigit():
            now += int(part)
            text += " " if language == "en" else ""
            continue
        start = now
        for word in WORD.finditer(part):
            words.append(TimedWord(word[0], len(text) + word.start(), now, now + word_ms))
            now += word_ms
        text += part
        voiced += [Span(start, now + LATE_MS)] if now > start else []
    return SpokenTurn("line", text, language, at, now, **{"voiced": voiced, "words": words} | given)


def found(*turns: SpokenTurn, character_ms: int = 0, **options: Any) -> dict[str, Measure]:
    """The measures of a talk, by their ids."""
    return {one.id: one for one in measured(Spoken(turns, character_ms), **options)}


def quotes(measure: Measure) -> list[str]:
    return [clip.quote for clip in measure.clips]
