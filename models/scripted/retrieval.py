"""Which exchange of a character's file fits what was said: word overlap weighted by rarity, forgiving of mishearing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from models.scripted.words import alike, sound
from pipeline.characters.character import Exchange
from pipeline.memory.words import FUNCTION_WORDS, tokens, weight_of

QUERY_TOKENS = 90
"""Of a long message only the beginning is compared."""

PHRASE = 0.6
"""What it counts that all of a phrase was said, against nothing else being said; a part of it counts little."""

SAME_SOUND, SAME_LETTERS = 0.75, 0.6
"""What a word counts that only sounds like, or is only spelt like, the one in the file."""


@dataclass(frozen=True, slots=True)
class Match:
    """An exchange and how well it fits, 0 to 1."""

    exchange: Exchange
    score: float


class Index:
    """The exchanges of one character in one language, ready to be searched in well under a millisecond."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._phrases = [(set(tokens(phrase)), exchange) for exchange in exchanges for phrase in exchange.heard]
        frequency = Counter(token for phrase, _ in self._phrases for token in phrase)
        self._weight = {
            token: weight_of(token) * math.log(1 + len(self._phrases) / (0.5 + count))
            for token, count in frequency.items()
        }
        self._rare = math.log(1 + len(self._phrases) / 1.5)
        self._by_sound: dict[str, list[str]] = {}
        for token in self._weight:
            if token.isascii() and token not in FUNCTION_WORDS:
                self._by_sound.setdefault(sound(token), []).append(token)
        self._near: dict[str, tuple[str, float] | None] = {}

    def best(self, said: str) -> Match | None:
        """The exchange one of whose phrases is most like `said`, if any has a word in common."""
        heard = self._heard(said)
        if not heard:
            return None
        asked = sum(self._query_weight(token) for token in set(tokens(said)[:QUERY_TOKENS]))
        best: Match | None = None
        for phrase, exchange in self._phrases:
            shared = sum(self._weight[token] * heard[token] for token in phrase & heard.keys())
            if not shared:
                continue
            covered = shared / sum(self._weight[token] for token in phrase)
            score = PHRASE * covered**2 + (1 - PHRASE) * min(1.0, shared / asked)
            if best is None or score > best.score:
                best = Match(exchange, score)
        return best

    def knows(self, token: str) -> bool:
        """Whether a token occurs in any phrase."""
        return token in self._weight

    def _heard(self, said: str) -> dict[str, float]:
        """The index's tokens that `said` may contain, each with how sure that is."""
        heard: dict[str, float] = {}
        for token in tokens(said)[:QUERY_TOKENS]:
            if token in self._weight:
                heard[token] = 1.0
            elif near := self._nearest(token):
                heard[near[0]] = max(near[1], heard.get(near[0], 0.0))
        return heard

    def _query_weight(self, token: str) -> float:
        return self._weight.get(token) or weight_of(token) * self._rare

    def _nearest(self, token: str) -> tuple[str, float] | None:
        """The English word of the index that a word not in it was probably meant to be."""
        if not token.isascii() or not token.isalpha() or len(token) < 3 or token in FUNCTION_WORDS:
            return None
        if token not in self._near:
            if len(self._near) > 4096:
                self._near.clear()
            self._near[token] = self._search(token)
        return self._near[token]

    def _search(self, token: str) -> tuple[str, float] | None:
        key = sound(token)
        same = self._by_sound.get(key, []) if len(key) > 1 else []
        if same:
            return max(same, key=lambda other: alike(token, other)), SAME_SOUND
        close = [other for key_ in self._by_sound if key_[:1] == key[:1] for other in self._by_sound[key_]]
        nearest = max(close, key=lambda other: alike(token, other), default="")
        return (nearest, SAME_LETTERS) if nearest and alike(token, nearest) >= 0.6 else None
