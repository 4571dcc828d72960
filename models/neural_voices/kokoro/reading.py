"""Text in the letters that Kokoro reads: Chinese and what stands in it in Latin letters, each by its own rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.neural_voices import chinese
from models.neural_voices.english import English
from models.neural_voices.kokoro.alphabet import LONGEST, TOKENS, spelled
from models.neural_voices.reading import Reading, aligned
from models.support.clauses import HAN, ClausePart

HAN_LETTER = re.compile(f"[{HAN}]")
LATIN = re.compile(r"([A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’.\-]*(?:\s+[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’.\-]*)*)")

CLOSING = ",.!?:;…—”)"


class KokoroReading:
    """Thread-safe."""

    def __init__(self, english: English) -> None:
        self._english = english

    def readings(self, part: ClausePart, accent: str) -> Iterator[tuple[ClausePart, Reading]]:
        """The part's sounds. One with too many of them comes in halves, cut between words."""
        reading = self._read(part, accent)
        if len(reading.sounds) <= LONGEST:
            yield part, reading
        elif len(part.words) > 1:
            for half in _halves(part):
                yield from self.readings(half, accent)
        else:  # one word without end
            yield part, Reading(reading.sounds[:LONGEST], reading.begins)

    def _read(self, part: ClausePart, accent: str) -> Reading:
        if not HAN_LETTER.search(part.text):
            return self._english.reading(part, accent, spelled)
        words = [word for _, word in part.words]
        runs = LATIN.split(part.text)  # every second one is Latin
        foreign = [*runs[1::2], *(word for word in words if LATIN.match(word))]
        read = iter(self._english.each(foreign, accent, spelled))
        sounds = ""
        for index, run in enumerate(runs):
            more = next(read) if index % 2 else _known(chinese.phonemes(run))
            sounds += " " * bool(sounds and more and more[0] not in CLOSING) + more
        return aligned(sounds, [next(read) if LATIN.match(word) else _known(chinese.phonemes(word)) for word in words])


def _known(sounds: str) -> str:
    return "".join(letter for letter in sounds if letter in TOKENS)


def _halves(part: ClausePart) -> Iterator[ClausePart]:
    middle = len(part.words) // 2
    at = part.words[middle][0]
    yield ClausePart(part.text[:at], part.words[:middle])
    yield ClausePart(part.text[at:], tuple((place - at, word) for place, word in part.words[middle:]))
