"""The right form of what somebody said wrong, as part of the answer: a natural echo, never a lecture. Pure."""

from __future__ import annotations

import re

from pipeline.practice.director.phrases import joined, say, tell
from pipeline.practice.mistake import Mistake
from pipeline.practice.mistakes.mistakes import mistakes_in

LONGEST_SENTENCE = 90
"""Characters of a sentence that is said again whole; of a longer one, or one with a further slip, only the right words."""

_ENDS = ".!?。！？\n"
_FILLER = re.compile(r"^(?:(?:um+|uh+|er+m?|嗯+|呃+)[,，\s]*)+", re.IGNORECASE)


def echoed(mistake: Mistake, text: str, language: str, number: int = 0) -> str:
    """ "You mean: I went yesterday." Empty where the words do not stand in the text as the mistake has them."""
    end = mistake.at + len(mistake.said)
    if text[mistake.at : end] != mistake.said or not mistake.better.strip():
        return ""
    start = max((text.rfind(mark, 0, mistake.at) for mark in _ENDS), default=-1) + 1
    stop = min((place for mark in _ENDS if (place := text.find(mark, end)) >= 0), default=len(text))
    sentence = f"{text[start : mistake.at]}{mistake.better}{text[end:stop]}".strip()
    sentence = _FILLER.sub("", sentence)
    if len(sentence) > LONGEST_SENTENCE or mistakes_in(sentence, language, language):
        sentence = mistake.better.strip()
    sentence = sentence[:1].upper() + sentence[1:]
    stopped = sentence if sentence[-1:] in _ENDS else sentence + ("。" if language.startswith("zh") else ".")
    return say(language, "mean", number, better=stopped)


def with_recast(line: str, echo: str, language: str) -> str:
    """What is said next, with the echo in front of it."""
    return joined(language, echo, line)


def instructed(mistake: Mistake, language: str) -> str:
    """What a language model is told of it."""
    return tell(language, "recast", better=mistake.better, text=mistake.said)
