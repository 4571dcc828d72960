"""Fillers, what may be fillers, and repairs, each for 100 words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.practice.measure import Measure
from pipeline.practice.measures.fillers import LANGUAGES
from pipeline.practice.measures.syllables import syllables
from pipeline.practice.measures.talk import LEAST_FOR_SHARES, MeasuredTurn, Talk, measure
from pipeline.practice.speech import Clip, Span

POSSIBLE_MS = 250
"""A voice for so long that no word covers may be an "um" that the recogniser left out."""
LONGEST_WORD_MS, LONGEST_SYLLABLE_MS = 400, 300
"""A word covers at most the first, and the second for each syllable: recognisers let the last one before a gap last on."""


def disfluencies(talk: Talk) -> Sequence[Measure]:
    """Fillers, possible fillers and repairs."""
    missing = talk.too_little(words=LEAST_FOR_SHARES)
    unknown = missing or ("" if talk.language in LANGUAGES else "language")
    hundreds = talk.units / 100 or 1.0
    fillers = [(turn, words) for turn in talk.turns for words in turn.fillers]
    repairs = [turn.clip(words[0], words[-1]) for turn in talk.turns for words in turn.repairs]
    timed = [turn for turn in talk.turns if turn.heard_voice and not turn.estimated]
    timed_hundreds = sum(turn.units for turn in timed) / 100 or 1.0
    gaps = sorted((clip for turn in timed for clip in _uncovered(turn)), key=lambda clip: clip.start_ms - clip.end_ms)
    untimed = missing or ("" if sum(turn.units for turn in timed) >= LEAST_FOR_SHARES else "no_word_times")
    return (
        measure("fillers", len(fillers) / hundreds, len(fillers), _commonest_first(fillers), missing=unknown),
        measure("possible_fillers", len(gaps) / timed_hundreds, len(gaps), gaps, missing=untimed),
        measure("repairs", len(repairs) / hundreds, len(repairs), _longest_first(repairs), missing=unknown),
    )


def _uncovered(turn: MeasuredTurn) -> Iterator[Clip]:
    """Where a voice was heard for at least `POSSIBLE_MS` and no word."""
    words, at = turn.words, 0
    for voice in turn.voiced:
        since = voice.start_ms
        while at < len(words) and words[at].end_ms <= voice.start_ms:
            at += 1
        n = at
        while n < len(words) and words[n].start_ms < voice.end_ms:
            yield from _possible(turn, Span(since, words[n].start_ms))
            since = max(since, min(words[n].end_ms, words[n].start_ms + _longest_ms(turn, n)))
            n += 1
        at = max(at, n - 1)
        yield from _possible(turn, Span(since, voice.end_ms))


def _longest_ms(turn: MeasuredTurn, index: int) -> int:
    return LONGEST_WORD_MS + LONGEST_SYLLABLE_MS * syllables(turn.words[index].text, turn.language)


def _possible(turn: MeasuredTurn, gap: Span) -> Iterator[Clip]:
    if gap.ms >= POSSIBLE_MS:
        yield Clip(turn.line_id, gap.start_ms, gap.end_ms)


def _commonest_first(fillers: Sequence[tuple[MeasuredTurn, range]]) -> Sequence[Clip]:
    clips = [turn.clip(words[0], words[-1]) for turn, words in fillers]
    often = Counter(clip.quote.casefold() for clip in clips)
    return sorted(clips, key=lambda clip: (-often[clip.quote.casefold()], clip.quote.casefold(), clip.start_ms))


def _longest_first(clips: Sequence[Clip]) -> Sequence[Clip]:
    return sorted(clips, key=lambda clip: -len(clip.quote))
