"""All turns of a talk in order, and those in the language that measures are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from pipeline.practice.measure import Measure
from pipeline.practice.measures.fillers import fillers_in
from pipeline.practice.measures.repairs import repairs_in
from pipeline.practice.measures.syllables import syllables
from pipeline.practice.measures.turn import OrderedTurn
from pipeline.practice.speech import Clip, Spoken
from pipeline.text.language import is_han

MOST_CLIPS = 20

LEAST_VOICE_MS = 5_000
LEAST_WORDS = 10
"""With less of either, what is counted by the minute or the second would be chance."""
LEAST_FOR_SHARES = 20
"""Words for what is counted by the hundred."""


class MeasuredTurn(OrderedTurn):
    """A turn with what was found in it."""

    @cached_property
    def fillers(self) -> Sequence[range]:
        """The indices of the words of each filler."""
        return fillers_in(self)

    @cached_property
    def filling(self) -> frozenset[int]:
        """The indices of all words that are fillers."""
        return frozenset(index for words in self.fillers for index in words)

    @cached_property
    def repairs(self) -> Sequence[range]:
        """The indices of the words of each repair, and of what was said in place of them."""
        return repairs_in(self, self.filling)

    @cached_property
    def units(self) -> int:
        """Words without fillers; in Chinese characters, where a Latin word or a number counts as one."""
        return sum(self._units(index) for index in self._kept())

    @cached_property
    def syllables(self) -> int:
        """Of all words that are no fillers."""
        return sum(self.syllables_of(index) for index in self._kept())

    def syllables_of(self, index: int) -> int:
        """Of a word; none where it is a filler."""
        return 0 if index in self.filling else syllables(self.words[index].text, self.language)

    def _kept(self) -> Iterator[int]:
        return (index for index in range(len(self.words)) if index not in self.filling)

    def _units(self, index: int) -> int:
        return max(1, sum(map(is_han, self.words[index].text)))


class Talk:
    """What measures are made of. `language`: that of the talk, or else the one in which the voice was heard longest.

    every: all turns with a voice; turns: those in that language.
    """

    def __init__(self, spoken: Spoken) -> None:
        ordered = [MeasuredTurn(turn) for turn in spoken.turns]
        self.every = sorted((turn for turn in ordered if turn.ms > 0), key=lambda turn: turn.start_ms)
        heard: Counter[str] = Counter()
        for turn in self.every:
            heard[turn.language] += turn.phonation_ms
        self.language = spoken.language or (heard.most_common(1)[0][0] if heard else "")
        self.turns = [turn for turn in self.every if turn.language == self.language]
        self.character_ms = max(0, spoken.character_ms)
        self.ms = sum(turn.ms for turn in self.turns)
        self.phonation_ms = sum(turn.phonation_ms for turn in self.turns)

    @cached_property
    def units(self) -> int:
        """Words, or characters, without fillers."""
        return sum(turn.units for turn in self.turns)

    @cached_property
    def syllables(self) -> int:
        return sum(turn.syllables for turn in self.turns)

    @property
    def estimated(self) -> bool:
        """Whether any of the word times are."""
        return any(turn.estimated for turn in self.turns if turn.words)

    @property
    def voice_estimated(self) -> bool:
        """Whether there is a turn whose voice is known by its words alone, the times of which are estimated."""
        return any(turn.estimated and not turn.heard_voice for turn in self.turns)

    def too_little(self, *, words: int = 0) -> str:
        """Why nothing can be measured by the minute; empty if it can. words: how many it takes."""
        if not self.turns:
            return "no_speech"
        return "too_short" if self.phonation_ms < LEAST_VOICE_MS or (words and self.units < words) else ""


def measure(
    id: str, value: float, count: int, clips: Sequence[Clip] = (), *, missing: str = "", estimated: bool = False
) -> Measure:
    """A measure with as many clips as it may have; without a value where something is missing."""
    if missing:
        return Measure(id, None, missing=missing)
    return Measure(id, value, count, estimated, tuple(clips[:MOST_CLIPS]))
