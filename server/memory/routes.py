"""`/api/memory`: what is remembered of a person, for them to see, put right and delete."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from pipeline.errors import LimitReached
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.paging import Page, key_of, page_of
from server.api.serving import api_routes
from server.errors import NotFound
from server.memory.answers import (
    CharacterChoice,
    Choices,
    FactEdit,
    FactQuery,
    ForgetQuery,
    Forgotten,
    NewFact,
    RememberedFact,
)
from server.memory.forgetting import Forgetting
from server.memory.memory import Memory
from server.memory.profile import Choice
from server.memory.store import Filter, not_found
from server.services import Services


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/memory`."""
    api = MemoryApi(services.memory)
    all_, one = "/api/memory", "/api/memory/{id}"
    return api_routes(
        services,
        [
            Endpoint("GET", all_, api.listed),
            Endpoint("POST", all_, api.add, (LimitReached,), status=201),
            Endpoint("DELETE", all_, api.forget_all),
            Endpoint("GET", f"{all_}/choices", api.choices),
            Endpoint("PUT", f"{all_}/choices", api.choose),
            Endpoint("PATCH", one, api.edit, (NotFound,)),
            Endpoint("DELETE", one, api.forget, (NotFound,)),
            Endpoint("POST", f"{one}/restore", api.restore, (NotFound,)),
        ],
    )


@dataclass(frozen=True)
class MemoryApi:
    """The endpoints and what they need."""

    memory: Memory

    async def listed(self, call: Call[FactQuery]) -> Page[RememberedFact]:
        """What is remembered, what was told last first; also what holds no more."""
        query = call.query
        wanted, after = Filter(query.character, query.q), key_of(query.cursor, int, str)
        rows = await self.memory.store.listed(call.principal.id, wanted, after, query.limit)
        page = page_of(rows, query.limit, lambda row: (row.told_at, row.id))
        return Page(items=[RememberedFact.of(row) for row in page.items], next=page.next)

    async def add(self, call: Call[Nothing, NewFact]) -> RememberedFact:
        """Have something remembered."""
        row = await self.memory.store.add(call.principal.id, call.body.text.strip(), call.body.character_id or None)
        self.memory.changed()
        return RememberedFact.of(row)

    async def edit(self, call: Call[Nothing, FactEdit]) -> RememberedFact:
        """Put a fact right, or say who may know it."""
        values = call.body.model_dump(exclude_none=True)
        row = await self.memory.store.edit(call.principal.id, call.path["id"], values)
        self.memory.changed()
        return RememberedFact.of(row)

    async def forget(self, call: Call) -> Forgotten:
        """Forget a fact: no character knows it from now on, and it is removed once it cannot be undone any more."""
        return await self._forget(call.principal.id, [call.path["id"]])

    async def forget_all(self, call: Call[ForgetQuery]) -> Forgotten:
        """Forget all that was told, to one character or at all."""
        return await self._forget(call.principal.id, None, call.query.character)

    async def restore(self, call: Call) -> RememberedFact:
        """Undo that a fact was forgotten, for some seconds, or that something contradicted it."""
        await Forgetting(self.memory.store).restore(call.principal.id, call.path["id"])
        self.memory.changed()
        return RememberedFact.of(await self.memory.store.get(call.principal.id, call.path["id"]))

    async def choices(self, call: Call) -> Choices:
        """Where memory is paused or off, and what is shared."""
        chosen = await self.memory.store.choices(call.principal.id)
        return Choices(items=[_told(id, choice) for id, choice in sorted(chosen.items())])

    async def choose(self, call: Call[Nothing, CharacterChoice]) -> CharacterChoice:
        """Pause memory or turn it off, for one character or for all, and say whether others may know."""
        body = call.body
        choice = Choice(body.state, body.shared)
        await self.memory.store.choose(call.principal.id, body.character_id, choice)
        self.memory.changed()
        return _told(body.character_id, choice)

    async def _forget(self, person_id: str, ids: list[str] | None, character: str = "") -> Forgotten:
        rows, undo_until = await Forgetting(self.memory.store).forget(person_id, ids, character=character)
        if ids and not rows:
            raise not_found()
        self.memory.changed()
        return Forgotten(undo_until=undo_until, deleted=len(rows))


def _told(character_id: str, choice: Choice) -> CharacterChoice:
    return CharacterChoice(character_id=character_id, state=choice.state, shared=choice.shared)
