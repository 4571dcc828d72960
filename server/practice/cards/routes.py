"""`/api/practice/cards`: cards to learn from."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from pipeline.errors import LimitReached
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.etags import expected_version
from server.api.paging import Page, key_of, page_of
from server.api.serving import api_routes
from server.errors import NotFound, PreconditionFailed
from server.practice.cards.answers import (
    CardDeleted,
    CardEdit,
    CardQuery,
    CardSummary,
    NewCard,
    PracticeCard,
    Review,
    SummaryQuery,
)
from server.practice.cards.deleting import CardDeletion
from server.practice.cards.store import CardStore, Row
from server.services import Services


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of cards."""
    api = CardsApi(CardStore(services.database))
    all_, one = "/api/practice/cards", "/api/practice/cards/{id}"
    changed = (NotFound, PreconditionFailed)
    return api_routes(
        services,
        [
            Endpoint("GET", all_, api.listed, (NotFound,)),
            Endpoint("POST", all_, api.make, (NotFound, LimitReached), status=201, also={200: "There is that card."}),
            Endpoint("GET", f"{all_}/summary", api.summary),
            Endpoint("GET", one, api.show, (NotFound,), etag=True),
            Endpoint("PATCH", one, api.edit, changed, etag=True),
            Endpoint("DELETE", one, api.delete, (NotFound,)),
            Endpoint("POST", f"{one}/restore", api.restore, (NotFound,)),
            Endpoint("POST", f"{one}/review", api.review, changed, etag=True),
            Endpoint("DELETE", f"{one}/review", api.take_back, (NotFound,)),
        ],
    )


@dataclass(frozen=True)
class CardsApi:
    """The endpoints and what they need."""

    store: CardStore

    async def listed(self, call: Call[CardQuery]) -> Page[PracticeCard]:
        """The cards, the newest first; with `due` those that are due, the longest overdue first."""
        query = call.query
        rows = await self.store.listed(call.principal.id, query, key_of(query.cursor, int, str), query.limit)
        page = page_of(rows, query.limit, lambda row: (row.due_at if query.due else row.created_at, row.id))
        return Page(items=[self._told(row) for row in page.items], next=page.next)

    async def make(self, call: Call[Nothing, NewCard]) -> PracticeCard:
        """Make a card of a correction. The same correction is one card: it is answered again."""
        row, is_new = await self.store.make(call.principal.id, call.body)
        call.reply.status_code = 201 if is_new else 200
        return self._told(row)

    async def summary(self, call: Call[SummaryQuery]) -> CardSummary:
        """How many cards there are, and how many of them are due."""
        due, total, next_due_at, languages = await self.store.summary(call.principal.id, call.query.language)
        return CardSummary(due=due, total=total, next_due_at=next_due_at, languages=list(languages))

    async def show(self, call: Call) -> PracticeCard:
        """One card."""
        return self._told(await self.store.get(call.principal.id, call.path["id"]))

    async def edit(self, call: Call[Nothing, CardEdit]) -> PracticeCard:
        """Change what stands on a card. When it is due stays."""
        values = call.body.model_dump(exclude_none=True)
        version = expected_version(call.request)
        return self._told(await self.store.edit(call.principal.id, call.path["id"], version, values))

    async def delete(self, call: Call) -> CardDeleted:
        """Delete a card: it is in no answer from now on, and removed once it cannot be undone any more."""
        until = await CardDeletion(self.store).delete(call.principal.id, call.path["id"])
        return CardDeleted(undo_until=until)

    async def restore(self, call: Call) -> PracticeCard:
        """Undo the deletion of a card."""
        return self._told(await CardDeletion(self.store).restore(call.principal.id, call.path["id"]))

    async def review(self, call: Call[Nothing, Review]) -> PracticeCard:
        """Say how well a card was known; FSRS says when it comes again.

        With `If-Match` an answer to a card that was reviewed meanwhile, in another tab say, is not counted.
        """
        body, version = call.body, expected_version(call.request)
        row = await self.store.review(call.principal.id, call.path["id"], body.rating, version=version, ms=body.ms)
        return self._told(row)

    async def take_back(self, call: Call) -> PracticeCard:
        """Undo the last review of a card."""
        return self._told(await self.store.take_back(call.principal.id, call.path["id"]))

    def _told(self, row: Row) -> PracticeCard:
        return PracticeCard.of(row, self.store.now())
