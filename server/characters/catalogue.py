"""The characters on offer: who they are to the page and to clients that name them as a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pipeline.characters.character import Character
from pipeline.errors import SettingError
from server.errors import NotFound

FIRST = ("assistant", "philosopher", "detective", "wizard", "english-coach", "mandarin-coach", "interviewer")
"""The order of the built-in characters on the page: what a newcomer most likely wants comes first."""


class Characters(Protocol):
    """Where characters are found. Finding one may take a moment: they may be kept in another place than this process."""

    async def everyone(self) -> Sequence[Character]:
        """All of them, in the order in which they are shown."""
        ...

    async def find(self, name: str) -> Character:
        """The character called `name`, else the default: stock clients name OpenAI's models."""
        ...

    async def get(self, id: str) -> Character:
        """The character `id`. Raises `NotFound`."""
        ...


class FileCharacters:
    """The characters of files, read once, by id; the default one for every other name."""

    def __init__(self, characters: Mapping[str, Character], default: str) -> None:
        if default not in characters:
            known = ", ".join(characters)
            raise SettingError(f"There is no character {default!r} (KAIKOU_DEFAULT_CHARACTER); known: {known}.")
        rank = {id: place for place, id in enumerate(FIRST)}
        self._characters = dict(sorted(characters.items(), key=lambda entry: (rank.get(entry[0], 99), entry[0])))
        self._default = default

    async def everyone(self) -> Sequence[Character]:
        return list(self._characters.values())

    async def find(self, name: str) -> Character:
        return self._characters.get(name) or self._characters[self._default]

    async def get(self, id: str) -> Character:
        if id not in self._characters:
            raise NotFound(f"There is no character '{id[:64]}'.")
        return self._characters[id]


def card(character: Character, hears: Sequence[str] | None, speaks: Sequence[str] | None) -> dict[str, Any]:
    """What the page shows of a character. `hears` and `speaks`: languages of the engines, empty for any, None for none."""
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
        "hears": _among(languages, hears),
        "speaks": _among(languages, speaks),
    }


def _among(languages: Sequence[str], done: Sequence[str] | None) -> list[str]:
    """Those of `languages` that an engine does."""
    return [] if done is None else [language for language in languages if not done or language in done]
