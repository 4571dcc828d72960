"""`/api/characters/import` and `/api/characters/{id}/export`: cards in, cards out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import Field
from starlette.responses import Response
from starlette.routing import BaseRoute

from pipeline.errors import InvalidRequest
from server.api.endpoint import Call, Described, Endpoint
from server.api.serving import api_routes
from server.characters.answers import CardWords, CarriedVoice, Detailed, Finding
from server.characters.cards.formats import LARGEST_CARD
from server.characters.cards.writing import Format
from server.characters.editing import Editing
from server.characters.routes.presenter import Presenter
from server.characters.transfer.cards import Cards
from server.errors import NotFound, Overloaded, QuotaExceeded, StorageError, TooLarge, TooSlow, ValidationFailed
from server.rest import body_bytes
from server.services import Services
from server.web.ranged import disposition

UPLOAD_S = 120.0
"""For `LARGEST_CARD` over 2 Mbit/s."""

OPAQUE = "application/octet-stream"
BINARY = (OPAQUE, {"type": "string", "format": "binary"})

SENT = ("application/json", "application/toml", "application/zip", "image/png", "image/jpeg")

_FIELD = re.compile(r"\w{1,60}", re.ASCII)


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api = CardsApi(Presenter.by(services), Cards(Editing(services.characters.store), services.objects))
    all_, one = "/api/characters/import", "/api/characters/{id}/export"
    refused = (InvalidRequest, ValidationFailed, TooLarge, TooSlow, QuotaExceeded, StorageError, Overloaded)
    return api_routes(
        services,
        [
            Endpoint("POST", all_, api.take, refused, status=201, receives=BINARY, costly=True),
            Endpoint("GET", one, api.export, (NotFound, StorageError, Overloaded), sends=SENT, costly=True),
        ],
    )


class ImportQuery(Described):
    """What is known of the file."""

    name: Annotated[str, Field(max_length=255)] = ""
    """Its name, which the character gets if the card has none."""


class Imported(Described):
    """What was made of a card."""

    character: Detailed
    warnings: Sequence[Finding]
    """What of the card is not used as it stands there; it is kept all the same, and exported again."""
    kept: CardWords
    voice: CarriedVoice | None
    greetings: int
    """How many there are to choose from."""


class ExportQuery(Described):
    """Which kind of card."""

    format: Format
    """`toml`: a file of ours; `book`: the lorebook alone."""


@dataclass(frozen=True)
class CardsApi:
    """The endpoints and what they need."""

    presenter: Presenter
    cards: Cards

    async def take(self, call: Call[ImportQuery]) -> Imported:
        """Make a character of a card.

        The body is the file: a Character Card V1, V2 or V3 as JSON, in a PNG picture, as CHARX or as JPEG with an archive; a
        card of Pygmalion; a lorebook, also a world of SillyTavern; or a file of ours (TOML).
        """
        content = await body_bytes(call.request, LARGEST_CARD, UPLOAD_S)
        taken = await self.cards.take(call.principal.id, content, call.query.name)
        detailed = await self.presenter.details(call.request, call.principal, taken.id)
        language = taken.card.file[detailed.language]
        return Imported(
            character=detailed,
            warnings=[Finding(**asdict(one)) for one in taken.warnings],
            kept=CardWords(**asdict(taken.card.about)),
            voice=detailed.voice,
            greetings=1 + len(language.get("greetings", ())),
        )

    async def export(self, call: Call[ExportQuery]) -> Response:
        """A character as a card, to take away.

        One that was imported is exported as it came, with what was changed since; somebody else's has only what its file
        says. The header `Kaikou-Lost` names what that kind of card has no field for.
        """
        detailed = await self.presenter.details(call.request, call.principal, call.path["id"])
        if detailed.file is None:
            raise NotFound("There is only a draft of this character.", code="character_not_found")
        row = await self.presenter.characters.store.get(detailed.id, call.principal.id) if detailed.mine else None
        card = await self.cards.export(detailed.file, call.query.format, row)
        headers = {
            "Content-Disposition": disposition(OPAQUE, f"{detailed.name[detailed.language]}.{card.ending}"),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if lost := [name for name in card.lost if _FIELD.fullmatch(name)]:
            headers["Kaikou-Lost"] = ", ".join(lost[:40])
        return Response(card.content, 200, headers, card.type)
