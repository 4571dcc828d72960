"""How well somebody was understood: words of a sentence that was known beforehand, which the recogniser took for others.

Nothing is said of sounds, of which only a model of single sounds could know. Known are the phrases of a practice, and only
where somebody surely said one: nearly all of its words stand in the turn, and what stands instead of the others is written
alike. In Chinese other words are written with other characters however alike they sound, so that one other character in a
sentence of six is the most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pipeline.practice.answers.quotes import Word, clip_at, words_of
from pipeline.practice.speech import SpokenTurn
from server.practice.report.answers import Clip, MisheardTold, Understood
from server.practice.report.heard import Heard

FEWEST, FEWEST_HAN = 4, 6
"""Words, or characters, of a phrase that is looked for."""

ALIKE_PHRASE = 0.7
"""The share of its words that must stand in the turn."""

ALIKE_WORD = 0.5
"""How alike two words must be written for one to have been taken for the other."""

MOST_WORDS = 200
"""Of a turn: who says more says no phrase."""

MOST = 50


def understood_in(heard: Heard) -> Understood | None:
    """What was understood otherwise; None where nothing was said in the language that is practised."""
    turns = [turn for turn in heard.practised if turn.voiced or turn.words]
    if not turns:
        return None
    items, known = list[MisheardTold](), 0
    phrases = [words for text in _phrases(heard) if len(words := words_of(text)) >= _fewest(heard)]
    for turn in turns:
        there = words_of(turn.text)
        for phrase in phrases if len(there) <= MOST_WORDS else ():
            if (misheard := _misheard(turn, there, phrase, heard.practice.language)) is not None:
                items += misheard
                known += 1
                break
    return Understood(items=items[:MOST], known=known)


def _phrases(heard: Heard) -> Sequence[str]:
    practice = heard.practice
    of_steps = (phrase.text for step in practice.steps for phrase in step.phrases)
    hints = (step.hint for step in practice.steps if "…" not in step.hint)
    return list(dict.fromkeys([*of_steps, *(phrase.text for phrase in practice.phrases), *hints]))


def _fewest(heard: Heard) -> int:
    return FEWEST_HAN if heard.practice.language == "zh" else FEWEST


def _misheard(
    turn: SpokenTurn, there: Sequence[Word], phrase: Sequence[Word], language: str
) -> Sequence[MisheardTold] | None:
    """The words of the phrase that were taken for others; None where it was not said."""
    expected, heard = [word.plain for word in phrase], [word.plain for word in there]
    matcher = SequenceMatcher(None, expected, heard, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks or sum(block.size for block in blocks) < ALIKE_PHRASE * len(expected):
        return None
    replaced = [code[1:] for code in matcher.get_opcodes() if code[0] == "replace"]
    if language == "zh" and sum(until - since for since, until, _start, _end in replaced) > 1:
        return None
    return list(_pairs(turn, there, phrase, replaced, language))


def _pairs(
    turn: SpokenTurn,
    there: Sequence[Word],
    phrase: Sequence[Word],
    replaced: Sequence[tuple[int, int, int, int]],
    language: str,
) -> Iterator[MisheardTold]:
    for since, until, start, end in replaced:
        if until - since != end - start:
            continue
        for expected, heard in zip(phrase[since:until], there[start:end], strict=True):
            if language == "zh" or SequenceMatcher(None, expected.plain, heard.plain).ratio() >= ALIKE_WORD:
                clip = clip_at(turn, heard.start, heard.end)
                yield MisheardTold(expected=expected.plain, heard=clip.quote, clip=Clip.of(clip))
