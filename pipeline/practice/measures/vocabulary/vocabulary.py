"""What can be said of somebody's words: variety, new ones, levels, and from which level to which they may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.practice.measure import Measure
from pipeline.practice.measures.talk import Talk, measure
from pipeline.practice.measures.turn import plain
from pipeline.practice.measures.vocabulary.diversity import WINDOW, mattr, mtld
from pipeline.practice.measures.vocabulary.levels import LEVELS, lemma_of, level_of, words_by_level
from pipeline.practice.measures.vocabulary.words import Said, words_in
from pipeline.practice.practice import Level
from pipeline.practice.speech import Clip, Spoken

LEAST_FOR_MTLD = 100
"""Words; with fewer it swings (McCarthy and Jarvis 2010 had texts of 100 and more)."""
LEAST_FOR_LEVELS = 50
"""Different words of a known level, before anything is said of a level."""
SHARE, LEAST_OF_A_LEVEL = 0.05, 3
"""A level is used where so much of the different words is of it or above, and at least so many."""
RARER: tuple[Level, ...] = ("B2", "C1")


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word that was not said before. `word`: as it stands in a dictionary, where our list knows it."""

    word: str
    level: Level | None
    clip: Clip


@dataclass(frozen=True, slots=True)
class LevelShare:
    """How many different words are of a level; share: of all whose level is known, from 0 to 1."""

    level: Level
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class LevelRange:
    """From which level to which the words are, with what that is read from: always two levels, never one alone.

    words: how many different words have a known level. rarest: those of the highest levels, at most five.
    """

    low: Level
    high: Level
    words: int
    shares: Mapping[Level, float]
    rarest: Sequence[NewWord]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a talk. range: None where too few words of a known level were said."""

    new_words: Sequence[NewWord]
    levels: Sequence[LevelShare]
    range: LevelRange | None


def words_said(spoken: Spoken) -> frozenset[str]:
    """The different words of a talk, as they are known to a later one."""
    talk = Talk(spoken)
    return frozenset(_first_said(words_in(talk), talk.language))


def vocabulary_of(spoken: Spoken, *, known_words: Collection[str] = ()) -> Vocabulary:
    """New words, levels and range. known_words: as `words_said` gave them for earlier talks."""
    talk = Talk(spoken)
    first = _first_said(words_in(talk), talk.language)
    levels = _levels(first, talk.language)
    return Vocabulary(_new(first, talk.language, known_words), _shares(levels), _range(first, levels, talk.language))


def lexical(talk: Talk, known_words: Collection[str]) -> Sequence[Measure]:
    """MATTR, MTLD, new words, share of rarer words."""
    words = words_in(talk)
    texts = [word.text for word in words]
    silent = "" if words else "no_speech"
    first = _first_said(words, talk.language)
    new = _new(first, talk.language, known_words)
    levels = _levels(first, talk.language)
    rarer = [word for word, level in levels.items() if level in RARER]
    unknown = silent or ("" if words_by_level(talk.language) else "language")
    return (
        measure("mattr", mattr(texts) if len(texts) >= WINDOW else 0.0, len(texts), _repeated(words, talk.language),
                missing=silent or ("" if len(texts) >= WINDOW else "too_short")),
        measure("mtld", mtld(texts), len(texts), missing=silent or ("" if len(texts) >= LEAST_FOR_MTLD else "too_short")),
        measure("new_words", float(len(new)), len(first), [word.clip for word in new], missing=unknown),
        measure("rarer_words", 100 * len(rarer) / (len(levels) or 1), len(levels), [first[word].clip for word in rarer],
                missing=unknown or ("" if len(levels) >= LEAST_FOR_LEVELS else "too_short")),
    )  # fmt: skip


def _first_said(words: Iterable[Said], language: str) -> Mapping[str, Said]:
    """Where each different word was said first; numbers in figures are none."""
    first: dict[str, Said] = {}
    for word in words:
        if not any(map(str.isdigit, word.text)):
            first.setdefault(lemma_of(word.text, language), word)
    return first


def _levels(first: Mapping[str, Said], language: str) -> Mapping[str, Level]:
    return {word: level for word in first if (level := level_of(word, language))}


def _new(first: Mapping[str, Said], language: str, known_words: Collection[str]) -> Sequence[NewWord]:
    """What is in none of the earlier talks, the rarest first; a Chinese character that is no word of our list is none."""
    known = {lemma_of(plain(word), language) for word in known_words}
    listed = words_by_level(language)
    new = [
        NewWord(word, listed.get(word), said.clip)
        for word, said in first.items()
        if word not in known and (word in listed or not (language == "zh" and len(word) == 1))
    ]
    return sorted(new, key=lambda word: -LEVELS.index(word.level) if word.level else 1)


def _shares(levels: Mapping[str, Level]) -> Sequence[LevelShare]:
    counts = Counter(levels.values())
    return [LevelShare(level, counts[level], counts[level] / len(levels)) for level in LEVELS if levels]


def _range(first: Mapping[str, Said], levels: Mapping[str, Level], language: str) -> LevelRange | None:
    """From the highest level that is used (see `SHARE`) to the one above it, so that there are always two."""
    if len(levels) < LEAST_FOR_LEVELS:
        return None
    counts = Counter(levels.values())
    low = LEVELS[0]
    for at, level in enumerate(LEVELS):
        above = sum(counts[other] for other in LEVELS[at:])
        if above >= max(LEAST_OF_A_LEVEL, SHARE * len(levels)):
            low = level
    low = min(low, LEVELS[-2])
    rarest = sorted(levels, key=lambda word: -LEVELS.index(levels[word]))[:5]
    return LevelRange(
        low,
        LEVELS[LEVELS.index(low) + 1],
        len(levels),
        {level: counts[level] / len(levels) for level in LEVELS},
        [NewWord(word, levels[word], first[word].clip) for word in rarest],
    )


def _repeated(words: Sequence[Said], language: str) -> Sequence[Clip]:
    """Where the words above the first level were said that came most often."""
    often = Counter(lemma_of(word.text, language) for word in words)
    counted = [(often[lemma], lemma, word) for word in words if (lemma := lemma_of(word.text, language))]
    kept = [(n, lemma, word) for n, lemma, word in counted if n > 2 and level_of(lemma, language) not in (None, "A1")]
    return [word.clip for _, _, word in sorted(kept, key=lambda one: (-one[0], one[1], one[2].clip.start_ms))]
