"""What is still known of the part of a conversation that the model is not shown word for word any more. Pure values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """One sentence, and the ids of the items that it comes from: where one of these is to be forgotten, it goes."""

    text: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of all items up to `through`, oldest first; empty before the first.

    forgotten: items that no sentence may come from any more.
    """

    sentences: tuple[SummarySentence, ...] = ()
    through: str = ""
    forgotten: frozenset[str] = frozenset()

    def without(self, items: Collection[str]) -> Summary:
        """The same, with nothing that comes from these items, now and later."""
        gone = self.forgotten | frozenset(items)
        return replace(self, sentences=_apart_from(self.sentences, gone), forgotten=gone)

    def going_on(self, sentences: Collection[SummarySentence], through: str) -> Summary:
        """The summary that `sentences` make, which reaches to `through`."""
        return replace(self, sentences=_apart_from(sentences, self.forgotten), through=through)


def _apart_from(sentences: Collection[SummarySentence], items: frozenset[str]) -> tuple[SummarySentence, ...]:
    return tuple(sentence for sentence in sentences if items.isdisjoint(sentence.items))
