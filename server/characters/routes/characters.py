"""`/api/characters`: find, make, read, save, draft and delete characters."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from pipeline.errors import EngineError
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.etags import expected_version
from server.api.paging import Page, key_of, page_of
from server.api.serving import api_routes
from server.characters.answers import (
    CharacterSummary,
    Checked,
    Deleted,
    Detailed,
    Draft,
    DraftKept,
    FileToCheck,
    Finding,
    ListQuery,
    NewCharacter,
    NewVersion,
    ProposalRequest,
    Proposed,
)
from server.characters.editing import Editing, New
from server.characters.listing import Wanted, key_types
from server.characters.proposing import proposed
from server.characters.reading import parse_character, problems_of
from server.characters.routes.presenter import Presenter
from server.characters.store import with_id
from server.characters.warnings import warnings_of
from server.errors import Conflict, Forbidden, NotFound, PreconditionFailed, QuotaExceeded, TooLarge, ValidationFailed
from server.services import Services
from server.storage.words import terms_of

NOT_KEPT = (ValidationFailed, TooLarge)
"""What is wrong with what was sent."""


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api = CharactersApi(Presenter.by(services), Editing(services.characters.store))
    all_, one = "/api/characters", "/api/characters/{id}"
    changes = (NotFound, Forbidden)
    return api_routes(
        services,
        [
            Endpoint("GET", all_, api.listed, (NotFound,)),
            Endpoint("POST", all_, api.create, (QuotaExceeded, *NOT_KEPT), status=201),
            Endpoint("POST", f"{all_}/check", api.check),
            Endpoint("POST", f"{all_}/propose", api.propose, (Conflict, EngineError), costly=True),
            Endpoint("GET", one, api.show, (NotFound,), etag=True),
            Endpoint("PUT", one, api.save, (*changes, PreconditionFailed, *NOT_KEPT), etag=True),
            Endpoint("DELETE", one, api.delete, changes),
            Endpoint("POST", f"{one}/restore", api.restore, (NotFound, QuotaExceeded)),
            Endpoint("PUT", f"{one}/draft", api.keep_draft, (*changes, *NOT_KEPT)),
        ],
    )


@dataclass(frozen=True)
class CharactersApi:
    """The endpoints and what they need."""

    presenter: Presenter
    editing: Editing

    async def listed(self, call: Call[ListQuery]) -> Page[CharacterSummary]:
        """Characters that whoever asks sees: built-in ones, their own, and what others published."""
        query, person_id = call.query, call.principal.id
        wanted = Wanted(
            terms_of(query.q), query.language.partition("-")[0], query.purpose, query.voice, query.sort, query.whose
        )
        after = key_of(query.cursor, *key_types(query.sort))
        if query.q.strip() and not wanted.terms:  # nothing that anything is found by
            return Page(items=[], next=None)
        found = await self.presenter.listing.page(person_id, wanted, after, query.limit)
        page = page_of(found, query.limit, lambda one: one.key)
        return Page(
            items=[await self.presenter.summary(call.request, person_id, one) for one in page.items], next=page.next
        )

    async def create(self, call: Call[Nothing, NewCharacter]) -> Detailed:
        """Make a character of one's own, from a file or from a draft of one.

        One with a draft alone is in the list of its owner, and nobody can talk to it but its owner, to try it.
        """
        new = New(call.body.file, call.body.draft, call.body.tags)
        id = await self.editing.create(call.principal.id, new)
        return await self.presenter.details(call.request, call.principal, id)

    async def check(self, call: Call[Nothing, FileToCheck]) -> Checked:
        """Tell what is wrong with a file and what is missing, without keeping anything."""
        file = with_id(call.body.file)
        problems = [Finding(field=one.field, code=one.code, message=one.message) for one in problems_of(file)]
        return Checked(problems=problems, warnings=[] if problems else warnings_of(parse_character(file)))

    async def propose(self, call: Call[Nothing, ProposalRequest]) -> Proposed:
        """Have the language model make a draft of one sentence. What it writes is checked, and what is wrong left out."""
        with self.presenter.engines.lease() as loaded:
            proposal = await proposed(loaded, call.body.sentence, call.body.language)
        file = with_id(dict(proposal.draft))
        missing = [] if problems_of(file) else warnings_of(parse_character(file))
        return Proposed(draft=proposal.draft, warnings=[*proposal.warnings, *missing])

    async def show(self, call: Call) -> Detailed:
        """A character with all that its file says, and to its owner the draft."""
        return await self.presenter.details(call.request, call.principal, call.path["id"])

    async def save(self, call: Call[Nothing, NewVersion]) -> Detailed:
        """Save a new version. Its draft is forgotten; talks that go on keep the version that they began with."""
        id, version = call.path["id"], expected_version(call.request)
        await self.editing.save(call.principal.id, id, call.body.file, call.body.tags, version)
        return await self.presenter.details(call.request, call.principal, id)

    async def keep_draft(self, call: Call[Nothing, Draft]) -> DraftKept:
        """Keep what the form holds, of at most 200 kB, as it is. Null forgets it."""
        at = await self.editing.keep_draft(call.principal.id, call.path["id"], call.body.draft)
        return DraftKept(updated_at=at)

    async def delete(self, call: Call) -> Deleted:
        """Delete a character with all its versions; copies that others made stay."""
        return Deleted(undo_until=await self.editing.delete(call.principal.id, call.path["id"]))

    async def restore(self, call: Call) -> Detailed:
        """Undo a deletion."""
        await self.editing.restore(call.principal.id, call.path["id"])
        return await self.presenter.details(call.request, call.principal, call.path["id"])
