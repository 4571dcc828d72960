"""What a plan says of one moment: the steps, the ways to put a question, what is left of the time. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.memory.words import HAN, squash
from pipeline.practice.practice import Phrase, Practice, PracticeStep

LONGEST_MINUTES = 60
"""Of a practice that names no minutes."""

NEED_S = {"interview": 60.0, "language": 25.0}
"""What one more question takes; with less time left none is begun."""

CARD_NEED_S = 20.0

_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:'[^\W_{HAN}]+)*")

NEAR_END = 0.15, 60.0, 180.0
"""The share of the time, and its least and most seconds, from which on the person hears how long is left."""


@dataclass(frozen=True)
class Plan:
    """A practice as the director reads it."""

    practice: Practice

    @cached_property
    def steps(self) -> dict[str, PracticeStep]:
        """By id, in order; of two with one id the first."""
        found: dict[str, PracticeStep] = {}
        for step in self.practice.steps:
            if step.id:
                found.setdefault(step.id, step)
        return found

    @property
    def is_interview(self) -> bool:
        return self.practice.kind == "interview"

    @property
    def seconds(self) -> float:
        """How long it is to take."""
        minutes = self.practice.minutes or LONGEST_MINUTES
        return min(minutes, LONGEST_MINUTES) * 60.0

    @property
    def near_end_s(self) -> float:
        """With how much left the person is told."""
        share, least, most = NEAR_END
        return min(max(share * self.seconds, least), most, self.seconds / 2)

    def need_s(self, step: PracticeStep) -> float:
        """How long that step takes at least."""
        return CARD_NEED_S if step.card else min(NEED_S[self.practice.kind], self.seconds / 4)

    def ask(self, id: str, way: int = 0) -> str:
        """The question of a step, in the `way`-th of its ways; empty where there is none."""
        step = self.steps.get(id)
        ways = [ask for ask in step.ask if ask.strip()] if step else []
        return ways[way % len(ways)] if ways else ""

    def hint(self, id: str) -> str:
        """What one could say, for who is stuck."""
        step = self.steps.get(id)
        if step is None or (self.practice.scene and not self.practice.scene.hints):
            return ""
        return step.hint

    def title(self, id: str) -> str:
        """A few words of what a step is about, in the person's own language."""
        step = self.steps.get(id)
        return step.title if step else self.practice.title

    def shows(self, id: str, said: str) -> bool:
        """Whether what was said shows that the step was answered; of a step that names no words anything does."""
        step = self.steps.get(id)
        return step is None or not step.words or self.names(id, said)

    def names(self, id: str, said: str) -> bool:
        """Whether what was said has one of the step's words, or a phrase that it is for.

        Those of a card must be just these: another ending may be what it is about.
        """
        step = self.steps.get(id)
        shown = says if step and step.card else _within
        return step is not None and (
            any(shown(word, said) for word in step.words) or any(_has(said, phrase) for phrase in step.phrases)
        )

    def is_phrase(self, said: str) -> bool:
        """Whether what was said is one of the practice's phrases, and nothing else."""
        return squash(said) in {squash(phrase.text) for phrase in self.phrases}

    @cached_property
    def phrases(self) -> Sequence[Phrase]:
        """All of the practice, those of its steps first."""
        return tuple(dict.fromkeys(self._all_phrases()))

    def meaning(self, line: str) -> str:
        """What a line means in the person's own language, if a phrase of the practice says it."""
        found = [phrase for phrase in self.phrases if phrase.meaning and squash(phrase.text) in squash(line)]
        return max(found, key=lambda phrase: len(phrase.text)).meaning if found else ""

    def phrase_for(self, meaning: str) -> str:
        """How to say what somebody means, if a phrase of the practice says just that, or has it within."""
        wanted = squash(meaning)
        if not wanted:
            return ""
        for phrase in self.phrases:
            if squash(phrase.meaning) == wanted or squash(phrase.text) == wanted:
                return phrase.text
        long = len(wanted) >= 2 if not wanted.isascii() else len(wanted) >= 4
        near = (
            [phrase for phrase in self.phrases if phrase.meaning and wanted in squash(phrase.meaning)] if long else []
        )
        return min(near, key=lambda phrase: len(phrase.meaning)).text if near else ""

    def _all_phrases(self) -> Iterator[Phrase]:
        for step in self.steps.values():
            yield from step.phrases
        yield from self.practice.phrases


def says(words: str, said: str) -> bool:
    """Whether these words were said, one after the other, whatever the punctuation; in Chinese as a run of characters."""
    wanted, found = _WORD.findall(_plain(words)), _WORD.findall(_plain(said))
    return any(found[at : at + len(wanted)] == wanted for at in range(len(found) - len(wanted) + 1))


def _has(said: str, phrase: Phrase) -> bool:
    return bool(text := squash(phrase.text)) and text in squash(said)


def _plain(text: str) -> str:
    return text.casefold().replace("’", "'")


def _within(word: str, said: str) -> bool:
    """Whether a word was said, with an ending or without; in Chinese as a run of characters."""
    if not word.isascii():
        return squash(word) in squash(said)
    pattern = rf"(?<![^\W_]){re.escape(word.casefold())}(?:s|es|ed|d|ing)?(?![^\W_])"
    return bool(re.search(pattern, _plain(said)))
