"""When the words of a window sound: what the network aligns, cut to where there is a voice.

The alignment is right within about 0.2 s, but lets a word begin in the silence before it or swallow the pause after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.whisper.windows import STEP, VOICE, Stretch
from pipeline.audio.samples import milliseconds_of
from pipeline.engines.protocols import WordTime

GAP = 5
"""Steps without a voice that are a pause and not a part of a word, 0.16 s."""


def words_in(stretch: Stretch, words: Sequence[WordTime]) -> tuple[WordTime, ...]:
    """The words of a window at their places in the utterance, each where it has the most voice."""
    offset, end = milliseconds_of(stretch.at), milliseconds_of(len(stretch.pcm))
    voices = list(_voices(stretch.probabilities))
    return tuple(_placed(word, voices, offset, end) for word in words)


def _placed(word: WordTime, voices: Sequence[tuple[int, int]], offset: int, last: int) -> WordTime:
    parts = [(max(start, word.start_ms), min(end, word.end_ms)) for start, end in voices]
    start, end = max(parts, key=lambda part: part[1] - part[0], default=(0, 0))
    if end <= start:
        start, end = min(word.start_ms, last), min(word.end_ms, last)
    return replace(word, start_ms=offset + start, end_ms=offset + end)


def _voices(probabilities: Sequence[float]) -> Iterator[tuple[int, int]]:
    """From when to when there is a voice, in milliseconds of the window."""
    begin = end = -1
    for step, probability in enumerate(probabilities):
        if probability < VOICE:
            continue
        if begin < 0 or step - end >= GAP:
            if begin >= 0:
                yield milliseconds_of(begin * STEP), milliseconds_of(end * STEP)
            begin = step
        end = step + 1
    if begin >= 0:
        yield milliseconds_of(begin * STEP), milliseconds_of(end * STEP)
