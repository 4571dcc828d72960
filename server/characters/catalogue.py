"""The characters on offer: who they are to the page and to clients that name them as a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.character import Character
from pipeline.errors import SettingError
from server.errors import NotFound

FIRST = ("assistant", "philosopher", "detective", "wizard", "english-coach", "mandarin-coach", "interviewer")
"""The order of the built-in characters on the page: what a newcomer most likely wants comes first."""


class Characters:
    """Known characters by id, the default one for every other name."""

    def __init__(self, characters: Mapping[str, Character], default: str) -> None:
        if default not in characters:
            raise SettingError(f"There is no character {default!r}; known: {', '.join(characters)}.")
        rank = {id: place for place, id in enumerate(FIRST)}
        self._characters = dict(sorted(characters.items(), key=lambda entry: (rank.get(entry[0], 99), entry[0])))
        self.default = default

    def __iter__(self) -> Iterator[Character]:
        return iter(self._characters.values())

    def __contains__(self, id: str) -> bool:
        return id in self._characters

    def find(self, name: str) -> Character:
        """The character called `name`, else the default: stock clients name OpenAI's models."""
        return self._characters.get(name) or self._characters[self.default]

    def get(self, id: str) -> Character:
        """The character `id`. Raises `NotFound`."""
        if id not in self._characters:
            raise NotFound(f"There is no character '{id[:64]}'.")
        return self._characters[id]


def card(character: Character, hears: tuple[str, ...], speaks: tuple[str, ...]) -> dict[str, Any]:
    """What the page shows of a character. `hears` and `speaks`: languages of the engines, empty for any."""
    languages = list(character.languages)
    return {
        "id": character.id,
        "name": dict(character.name),
        "line": dict(character.line),
        "languages": languages,
        "language": character.default_language,
        "topics": {language: list(topics) for language, topics in character.topics.items()},
        "accent": character.accent,
        "portrait": character.portrait,
        "hears": [language for language in languages if not hears or language in hears],
        "speaks": [language for language in languages if not speaks or language in speaks],
    }
