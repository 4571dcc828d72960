"""How English, and whatever else espeak-ng reads, is pronounced: IPA from its child process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.embedded.phonemes import Phonemes
from models.neural_voices.reading import Reading, aligned
from models.support.clauses import EMOJI, ClausePart


class English:
    """Thread-safe."""

    def __init__(self, engine: str) -> None:
        """Raises `EngineUnavailable` if espeak-ng is missing or does not work here."""
        self._phonemes = Phonemes(engine)

    def reading(self, part: ClausePart, accent: str, spell: Callable[[str], str]) -> Reading:
        """accent: espeak-ng's name of it. spell: writes IPA with the letters that the network knows."""
        whole, *alone = self.each([part.text, *(word for _, word in part.words)], accent, spell)
        return aligned(whole, alone)

    def each(self, texts: Sequence[str], accent: str, spell: Callable[[str], str]) -> list[str]:
        """The sounds of each of some texts."""
        return [spell(sounds) for sounds in self._phonemes.each(texts, accent)]

    def close(self) -> None:
        self._phonemes.close()


def readable(token: str) -> str:
    """A word without what nobody says."""
    return EMOJI.sub("", token)
