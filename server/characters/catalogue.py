"""The characters on offer: where sessions and clients that name one as a model find them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.characters.character import Character
from pipeline.errors import SettingError
from server.characters.reading import load_files
from server.characters.store import CharacterStore, is_kept, no_such_character
from server.errors import NotFound

FIRST = ("assistant", "philosopher", "detective", "wizard", "english-coach", "mandarin-coach", "interviewer")
"""The order of the built-in characters on the page: what a newcomer most likely wants comes first."""


class Characters(Protocol):
    """Where characters are found. Finding one may take a moment: they may be kept in another place than this process."""

    async def everyone(self, person_id: str) -> Sequence[Character]:
        """The built-in ones, in the order in which they are shown, then the person's own, the newest first."""
        ...

    async def find(self, name: str, person_id: str) -> Character:
        """The character called `name` that the person sees, else the default: stock clients name OpenAI's models."""
        ...

    async def get(self, id: str, person_id: str) -> Character:
        """The character `id`. Raises `NotFound`, also for one that the person does not see."""
        ...

    async def draft(self, id: str, person_id: str) -> Character:
        """One of the person's own as it is being edited. Raises `NotFound`, and `InvalidRequest` where it is not whole."""
        ...


class FileCharacters:
    """The characters of files, read once, by id; the default one for every other name. files: what each file says."""

    def __init__(
        self, characters: Mapping[str, Character], default: str, files: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        if default not in characters:
            known = ", ".join(characters)
            raise SettingError(f"There is no character {default!r} (KAIKOU_DEFAULT_CHARACTER); known: {known}.")
        rank = {id: place for place, id in enumerate(FIRST)}
        self._characters = dict(sorted(characters.items(), key=lambda entry: (rank.get(entry[0], 99), entry[0])))
        self._default, self._files = default, files or {}

    @classmethod
    def read(cls, folder: Path, default: str) -> FileCharacters:
        """Those of all files in `folder`. Raises `SettingError`."""
        files = load_files(folder)
        characters = {id: character for id, (character, _) in files.items()}
        return cls(characters, default, {id: data for id, (_, data) in files.items()})

    @property
    def all(self) -> Sequence[Character]:
        """In the order in which they are shown."""
        return list(self._characters.values())

    def file(self, id: str) -> Mapping[str, Any]:
        """What the file of a character says. Raises `NotFound`."""
        if id not in self._files:
            raise no_such_character(id)
        return self._files[id]

    async def everyone(self, person_id: str) -> Sequence[Character]:
        return self.all

    async def find(self, name: str, person_id: str) -> Character:
        return self._characters.get(name) or self._characters[self._default]

    async def get(self, id: str, person_id: str) -> Character:
        if id not in self._characters:
            raise no_such_character(id)
        return self._characters[id]

    async def draft(self, id: str, person_id: str) -> Character:
        raise no_such_character(id)


@dataclass(frozen=True)
class AllCharacters:
    """Those of files, and those that people keep."""

    files: FileCharacters
    store: CharacterStore

    async def everyone(self, person_id: str) -> Sequence[Character]:
        return [*await self.files.everyone(person_id), *await self.store.of(person_id)]

    async def find(self, name: str, person_id: str) -> Character:
        if is_kept(name):
            with suppress(NotFound):
                return await self.store.character(name, person_id)
        return await self.files.find(name, person_id)

    async def get(self, id: str, person_id: str) -> Character:
        if is_kept(id):
            return await self.store.character(id, person_id)
        return await self.files.get(id, person_id)

    async def draft(self, id: str, person_id: str) -> Character:
        return await self.store.draft(id, person_id)
