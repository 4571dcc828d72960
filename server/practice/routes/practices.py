"""`/api/practices`: choose and plan a practice, find it again, delete it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from starlette.routing import BaseRoute

from pipeline.engines.protocols import ChatModel
from pipeline.errors import EngineError, EngineTimeout
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.paging import Page, key_of, page_of
from server.api.serving import api_routes
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.errors import Conflict, FieldFault, NotFound, QuotaExceeded, ValidationFailed
from server.history.exporting.job import ExportJob
from server.practice.answers import ListedPractice, NewPractice, NotFitted, PlannedPractice, PracticeQuery, Replanned
from server.practice.planning.by_model import Unusable
from server.practice.practices import Chosen, Practices
from server.practice.store import Wanted
from server.services import Services

log = structlog.get_logger("kaikou")


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api = PracticesApi(services.practices, services.engines, services.exports)
    all_, one = "/api/practices", "/api/practices/{id}"
    return api_routes(
        services,
        [
            Endpoint("GET", all_, api.listed, (NotFound,)),
            Endpoint("POST", all_, api.make, (ValidationFailed, QuotaExceeded), status=201),
            Endpoint("GET", one, api.show, (NotFound, Conflict)),
            Endpoint("DELETE", one, api.delete, (NotFound,)),
            Endpoint("POST", f"{one}/plan", api.fit, (NotFound, Conflict), costly=True),
        ],
    )


@dataclass(frozen=True)
class PracticesApi:
    """The endpoints and what they need."""

    practices: Practices
    engines: CurrentEngines
    exports: ExportJob

    async def listed(self, call: Call[PracticeQuery]) -> Page[ListedPractice]:
        """Practices, the newest first."""
        query = call.query
        wanted, before = Wanted(query.kind, query.language, query.conversation), key_of(query.cursor, int, str)
        rows = await self.practices.store.listed(call.principal.id, wanted, before, query.limit)
        page = page_of(rows, query.limit, lambda row: (row.created_at, row.id))
        return Page(items=[ListedPractice.of(row) for row in page.items], next=page.next)

    async def make(self, call: Call[Nothing, NewPractice]) -> PlannedPractice:
        """Choose what is practised; it is planned by rules, at once."""
        body = call.body
        choice = body.interview if body.kind == "interview" else body.scene
        if choice is None:
            field = "interview" if body.kind == "interview" else "scene"
            raise ValidationFailed([FieldFault(field, "missing", "Say what is practised")])
        chosen = Chosen(body.language, body.own_language, choice.setup(), body.character_id)
        return PlannedPractice.of(await self.practices.make(call.principal.id, chosen))

    async def show(self, call: Call) -> PlannedPractice:
        """A practice with its plan."""
        return PlannedPractice.of(await self.practices.store.get(call.principal.id, call.path["id"]))

    async def delete(self, call: Call) -> None:
        """Delete a practice for good, with its report. Its conversation stays, and so do cards that were made of it."""
        await self.practices.store.delete(call.principal.id, call.path["id"])
        await self.exports.remove_begun_before(call.principal.id, self.practices.store.now())  # it may be in one

    async def fit(self, call: Call) -> Replanned:
        """Have the language model fit the questions of an interview to advert and CV; only before it begins.

        What it writes is checked. Where it cannot be used the plan stays as it is, and `reason` says why.
        """
        person_id, id = call.principal.id, call.path["id"]
        fitting = await self.practices.fitting(person_id, id)
        try:
            with self.engines.lease() as loaded:
                fitted = await fitting.fitted(language_model_of(loaded))
        except EngineError as error:
            reason = _reason(error)
            log.warning("a plan was not fitted", reason=reason, error=error.message)
            row = await self.practices.store.get(person_id, id)
            return Replanned(practice=PlannedPractice.of(row), made_by="rules", reason=reason)
        row = await self.practices.store.replan(person_id, fitted)
        return Replanned(practice=PlannedPractice.of(row), made_by="model", reason="")


def _reason(error: EngineError) -> NotFitted:
    if isinstance(error, EngineTimeout):
        return "too_slow"
    return "unusable" if isinstance(error, Unusable) else "model_failed"


def language_model_of(loaded: LoadedEngines) -> ChatModel:
    """The language model that is connected. Raises `Conflict` where none is."""
    model = loaded.engines.chat_model
    if not loaded.language_model_connected or model.info.name == "scripted":
        message = (
            "Fitting the questions takes a language model, and none is connected: set KAIKOU_LLM_BASE_URL to one, or "
            "start a local one such as Ollama, which is found by itself (docs/language-models.md)."
        )
        raise Conflict(message, code="no_language_model")
    return model
