"""A character as routes answer it: what is kept of it, with links, and what the engines that are there make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from mimetypes import guess_type
from typing import Any

from starlette.requests import Request

from server.characters.answers import (
    CardWords,
    CarriedVoice,
    CharacterSummary,
    Detailed,
    ListedFields,
    Origin,
    Visibility,
    spoken_here,
)
from server.characters.catalogue import AllCharacters
from server.characters.listing import Listed, Listing
from server.characters.store import Row, character_of, is_kept
from server.characters.warnings import warnings_of
from server.engines.current import CurrentEngines
from server.identity.principal import Principal
from server.services import Services
from server.storage.links import Links
from server.web.objects import link_to

LINK_S = 24 * 3600
"""How long a link to a picture is good."""

OPERATORS = ("operator", "owner")


@dataclass(frozen=True)
class Presenter:
    """Makes the answers about characters; `listing` knows of all."""

    characters: AllCharacters
    listing: Listing
    engines: CurrentEngines
    links: Links

    @classmethod
    def by(cls, services: Services) -> Presenter:
        """With the parts of the server."""
        listing = Listing(services.database, services.characters.files)
        return cls(services.characters, listing, services.engines, services.links)

    async def summary(self, request: Request, person_id: str, listed: Listed) -> CharacterSummary:
        """One of a list."""
        return CharacterSummary(**await self._summary(request, person_id, listed))

    async def details(self, request: Request, principal: Principal, id: str) -> Detailed:
        """All of one that whoever asks sees; operators see also what one of them hid. Raises `NotFound`."""
        talks, favourite = await self.listing.of_one(principal.id, id)
        if not is_kept(id):
            character = await self.characters.files.get(id, principal.id)
            listed = Listed((0, 0, 0, id), id, ListedFields.of(character), talks, favourite)
            about = await self._summary(request, principal.id, listed)
            file = self.characters.files.file(id)
            return Detailed(
                **about,
                version=1,
                file=file,
                draft=None,
                warnings=(),
                visibility="published",
                card=None,
                voice=None,
            )
        row = await self.characters.store.get(id, principal.id, hidden=principal.role in OPERATORS)
        listed = Listed((0, 0, 0, id), id, ListedFields.model_validate(row.listed_fields), talks, favourite, row)
        mine = row.person_id == principal.id
        return Detailed(
            **await self._summary(request, principal.id, listed),
            version=row.version,
            file=row.file,
            draft=row.draft if mine else None,
            warnings=warnings_of(character_of(id, "", row.file)) if row.file else (),
            visibility=visibility_of(row),
            card=CardWords(**row.imported["about"]) if row.imported else None,
            voice=await self._voice(request, row.imported["voice"]) if mine and row.imported else None,
        )

    async def _voice(self, request: Request, voice: Mapping[str, Any] | None) -> CarriedVoice | None:
        """voice: what `server/characters/transfer/cards.py` keeps of it."""
        if voice is None:
            return None
        token = await self.links.token(voice["key"], voice["type"], voice["name"], LINK_S)
        return CarriedVoice(name=voice["name"], type=voice["type"], bytes=voice["bytes"], link=link_to(request, token))

    async def _summary(self, request: Request, person_id: str, listed: Listed) -> Mapping[str, Any]:
        fields, row = listed.fields, listed.row
        hears, speaks = spoken_here(fields, self.engines.current)
        return {
            **fields.model_dump(exclude={"engine"}),
            "id": listed.id,
            "hears": hears,
            "speaks": speaks,
            "mine": row is not None and row.person_id == person_id,
            "published": row is None or visibility_of(row) == "published",
            "unfinished": row is not None and row.version == 0,
            "favourite": listed.favourite,
            "talks": listed.talks,
            "tags": row.tags if row else (),
            "picture": await self._picture(request, row.picture_key) if row and row.picture_key else "",
            "origin": Origin(id=row.origin_id, name=row.origin_name) if row and row.origin_id else None,
            "updated_at": row.updated_at if row else None,
        }

    async def _picture(self, request: Request, key: str) -> str:
        name = key.rpartition("/")[2]
        token = await self.links.token(key, guess_type(name)[0] or "application/octet-stream", name, LINK_S)
        return link_to(request, token)


def visibility_of(row: Row) -> Visibility:
    """Who sees it."""
    if row.hidden_at is not None:
        return "hidden"
    return "private" if row.published_at is None else "published"
