"""Cards that become characters of a person's, and characters that become cards: what is kept of a card, and where.

What a card says and our file does not is kept as its JSON in the row (`imported`). Under `characters/<id>/` lie the file
that was imported, if there is more in it than JSON, and the recording of a voice, if it carries one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

from pipeline.errors import InvalidRequest
from server.characters.cards import png
from server.characters.cards.archive import Archive
from server.characters.cards.formats import CardWarning, ImportedCard, Original
from server.characters.cards.reading import read_card
from server.characters.cards.writing import PICTURED, Exported, Format, exported
from server.characters.clean_up import prefix_of
from server.characters.editing import Editing, New
from server.characters.file_format import CharacterFile
from server.characters.store import KIND, Row
from server.characters.transfer import pictures
from server.characters.transfer.worker_slots import WorkerSlots
from server.errors import NotFound, StorageError
from server.storage.ids import new_id
from server.storage.objects import Objects


def new_picture_key(id: str) -> str:
    """Where its next picture lies: each has a name of its own, so that links never show another one."""
    return f"{prefix_of(id)}/{new_id('pic')}.webp"


@dataclass(frozen=True, slots=True)
class Taken:
    """A character that was made of a card."""

    id: str
    card: ImportedCard
    warnings: Sequence[CardWarning]


@dataclass(frozen=True)
class Cards:
    """Imports and exports."""

    editing: Editing
    objects: Objects
    slots: WorkerSlots = field(default_factory=WorkerSlots)

    async def take(self, person_id: str, content: bytes, name: str) -> Taken:
        """Make a character of the person's of a card. name: of its file.

        Raises `InvalidRequest`, `TooLarge`, `QuotaExceeded`, `StorageError`, `Overloaded`.
        """
        card, warnings = await self.slots.run(read_card, content, name), list[CardWarning]()
        picture = b""
        if card.picture:
            try:
                picture = await self.slots.run(pictures.portrait, card.picture)
            except InvalidRequest as error:
                warnings.append(CardWarning("picture", error.code, error.message))
        id = new_id(KIND)
        contents = {
            "picture": (new_picture_key(id), picture),
            "card": (f"{prefix_of(id)}/card", content if card.packed else b""),
            "voice": (f"{prefix_of(id)}/voice", card.voice.content if card.voice else b""),
        }
        keys = {name: key if its else "" for name, (key, its) in contents.items()}
        # The row first, so that no object is ever there without its character.
        record = _record(card, keys)
        size = len(orjson.dumps(record)) + sum(len(its) for _, its in contents.values()) if record else 0
        new = New(card.file, tags=card.about.tags, imported=record, imported_bytes=size)
        await self.editing.create(person_id, new, id)
        done = False
        try:
            for key, its in contents.values():
                if its:
                    await self.objects.put(key, its)
            if any(keys.values()):  # so that it is noticed if the character is gone
                await self.editing.set_picture(person_id, id, keys["picture"])
            done = True
        finally:
            if not done:
                await self._give_up(person_id, id)
        return Taken(id, card, [*card.warnings, *warnings])

    async def _give_up(self, person_id: str, id: str) -> None:
        """Let nothing stay of a character whose objects could not all be kept, whoever deleted it meanwhile."""
        with suppress(NotFound):
            await self.editing.delete(person_id, id)
        with suppress(StorageError):  # then they go with the row
            await self.objects.delete_all(prefix_of(id))

    async def export(self, file: Mapping[str, Any], format: Format, row: Row | None) -> Exported:
        """A character as a card. row: the person's own one, with the card that it came from; None for all others'.

        Raises `StorageError`.
        """
        valid = CharacterFile.model_validate(file)
        record: Mapping[str, Any] = (row.imported if row else None) or {}
        original = Original.of(record) if record else None
        kind, picture_key = PICTURED.get(format), row.picture_key if row else ""
        if kind is None:
            return await self.slots.run(exported, valid, original, format)
        own = bool(record) and record["picture"] == picture_key
        card, picture = await self._read(record["card"] if record else ""), await self._read(picture_key)
        return await self.slots.run(_pictured, valid, original, format, kind, card, picture, own=own)

    async def _read(self, key: str) -> bytes:
        """What lies there; nothing where a server was killed before it was kept."""
        with suppress(NotFound):
            return b"".join([piece async for piece in self.objects.read(key)]) if key else b""
        return b""


def _record(card: ImportedCard, keys: Mapping[str, str]) -> dict[str, Any] | None:
    """What the row keeps of the card, and where the rest lies; None for a file of ours."""
    if card.original is None:
        return None
    kept = {**card.original.stored(), **keys, "about": asdict(card.about), "voice": None}
    if voice := card.voice:
        kept["voice"] = {"key": keys["voice"], "name": voice.name, "type": voice.type, "bytes": len(voice.content)}
    return kept


def _pictured(
    file: CharacterFile,
    original: Original | None,
    format: Format,
    kind: Literal["png", "jpeg"],
    card: bytes,
    picture: bytes,
    *,
    own: bool,
) -> Exported:
    """A card with a picture. card: the file that was imported; picture: the character's, if it has one.

    own: whether that is still the picture of the card, which is larger there.
    """
    archive = Archive(card) if card and original and original.container in ("charx", "jpeg") else None
    if own and card.startswith(png.SIGNATURE) and format == "png" and not archive:
        return exported(file, original, format, card)
    if own and archive and original and format == original.container and (format == "jpeg" or not archive.prefix):
        return exported(file, original, format, archive.prefix, archive, own=True)
    image = _image(read_card(card, "").picture if own and card else picture, kind, file.accent)
    return exported(file, original, format, image, archive)


def _image(content: bytes | None, kind: Literal["png", "jpeg"], accent: str) -> bytes:
    """A picture as one of this kind; one of a colour where there is none, or none that can be read."""
    if content and kind == "png" and content.startswith(png.SIGNATURE):
        return content
    try:
        return pictures.converted(content, kind) if content else pictures.blank(accent, kind)
    except InvalidRequest:
        return pictures.blank(accent, kind)
