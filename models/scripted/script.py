"""What a character can say in one language: its own file's lines, and our general ones where it has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from models.scripted.general import general
from models.scripted.retrieval import Index
from pipeline.characters.character import Character, Exchange, text_in
from pipeline.memory.words import FUNCTION_WORDS, tokens

FEW_EXCHANGES = 10
"""A file with fewer exchanges than this gets the general small talk as well."""


@dataclass(frozen=True)
class Script:
    """The lines of one character in one language.

    index: finds the exchange that fits what was said.
    chains: lines that follow one another, question by question and exchange by exchange.
    phrases: stock phrases by kind.
    words: every word of the file, by which gibberish is told from speech.
    """

    language: str
    index: Index
    questions: tuple[str, ...]
    chains: tuple[tuple[str, ...], ...]
    phrases: Mapping[str, tuple[str, ...]]
    words: frozenset[str]

    @property
    def lines(self) -> Iterator[str]:
        return (line for chain in self.chains for line in chain)


@lru_cache(maxsize=64)
def script_of(character: Character, language: str) -> Script:
    """The script of a character; kept, since indexing takes a few milliseconds."""
    own, ours = text_in(character.exchanges, language), text_in(general().exchanges, language)
    enough = own is ours or len(own) >= FEW_EXCHANGES
    exchanges = [_introduced(exchange, character, language) for exchange in (own if enough else own + ours)]
    questions = text_in(character.questions, language) or text_in(general().questions, language)
    phrases, spare = text_in(character.phrases, language), text_in(general().phrases, language)
    spoken = (token for e in exchanges for line in (*e.heard, *e.says, *e.then) for token in tokens(line))
    return Script(
        language=language,
        index=Index(exchanges),
        questions=tuple(question.ask for question in questions),
        chains=(
            *((line, *exchange.then) for exchange in exchanges for line in exchange.says),
            *((question.ask, *question.then) for question in questions),
        ),
        phrases={kind: phrases[kind] or spare[kind] for kind in spare},
        words=frozenset(spoken) | FUNCTION_WORDS,
    )


def _introduced(exchange: Exchange, character: Character, language: str) -> Exchange:
    """The exchange with the character's own name and line in it."""
    name, line = text_in(character.name, language), text_in(character.line, language)
    says = (text.replace("{own_name}", name).replace("{line}", line).strip() for text in exchange.says)
    return Exchange(exchange.heard, tuple(says), exchange.then)
