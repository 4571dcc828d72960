"""When words sound, by the tokens that a network put out and when it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.support.sense_voice import TAG
from pipeline.engines.protocols import WordTime
from pipeline.text.language import is_han

LONGEST_WORD_MS = 1_000
SPACE = "▁"


def words_of(
    tokens: Sequence[str],
    starts_s: Sequence[float],
    place_ms: Callable[[float], float] = lambda ms: ms,
    longest_ms: int = LONGEST_WORD_MS,
) -> tuple[WordTime, ...]:
    """The words, each Chinese character being one; a word ends where the next begins. Empty where no times are known.

    starts_s: when each token was put out, in seconds of the stream; place_ms: where that is in what was heard; longest_ms:
    how long a word that a pause follows may be.
    """
    words: list[tuple[str, float]] = []
    begins = True
    for token, start_s in zip(tokens, starts_s, strict=False):
        spaced = TAG.sub("", token).replace(SPACE, " ")
        begins = begins or spaced.startswith(" ")
        if not (text := spaced.strip()):
            continue
        wordless = not any(map(str.isalnum, text))
        if words and (wordless or not (begins or is_han(text[0]) or is_han(words[-1][0][-1]))):
            words[-1] = (words[-1][0] + text, words[-1][1])
        elif not wordless:
            words.append((text, place_ms(start_s * 1000)))
        begins = spaced.endswith(" ")
    ends = [later for _, later in words[1:]] + [float("inf")]
    return tuple(
        WordTime(text, int(start), int(min(end, start + longest_ms)))
        for (text, start), end in zip(words, ends, strict=False)
    )
