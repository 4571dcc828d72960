"""Practices as routes and talks know them: what can be practised, what was chosen and planned, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.characters.character import Character
from pipeline.practice.practice import InterviewSetup, LanguageSetup, Practice
from server.characters.catalogue import Characters
from server.errors import Conflict, FieldFault, NotFound, ValidationFailed
from server.practice.cards.due import due_cards
from server.practice.planning.by_model import Fitting
from server.practice.planning.interview import InterviewAsked, planned_interview
from server.practice.planning.language import LanguageAsked, free_talk, planned_language
from server.practice.store import PracticeStore, begun
from server.practice.templates.catalogue import Templates
from server.practice.templates.file_format import RoleFile, RoleTable, SceneFile
from server.practice.templates.store import OwnTemplates
from server.practice.values import practice_of
from server.storage.database import Database
from server.storage.ids import Now, now_ms

WITH = {("interview", "en"): "interviewer", ("interview", "zh"): "interviewer"}
WITH |= {("language", "en"): "english-coach", ("language", "zh"): "mandarin-coach"}
"""With whom it is, unless somebody is chosen."""

MOST_DUE = 8
"""Cards that are due, which one talk works in."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose. setup: of an interview, or of a scene."""

    language: str
    own_language: str
    setup: InterviewSetup | LanguageSetup
    character_id: str = ""

    @property
    def kind(self) -> str:
        return "interview" if isinstance(self.setup, InterviewSetup) else "language"


@dataclass(frozen=True)
class Practices:
    """All of a server."""

    characters: Characters
    templates: Templates
    store: PracticeStore

    @classmethod
    def on(cls, database: Database, characters: Characters, personas: Path, now: Now = now_ms) -> Practices:
        """Those that the database has. Raises `SettingError` for a built-in role or scene that is not right."""
        return cls(characters, Templates.read(personas, OwnTemplates(database, now)), PracticeStore(database, now))

    async def make(self, person_id: str, chosen: Chosen) -> Any:
        """Plan a practice by rules, and keep it; its row. Raises `ValidationFailed`, `QuotaExceeded`."""
        character_id = await self._character(person_id, chosen)
        match chosen.setup:
            case InterviewSetup():
                practice = await self._interview(person_id, chosen, chosen.setup, character_id)
            case LanguageSetup():
                practice = await self._language(person_id, chosen, chosen.setup, character_id)
        return await self.store.create(person_id, practice)

    async def fitting(self, person_id: str, practice_id: str) -> Fitting:
        """What a language model fits the questions of an interview with. Raises `NotFound`, `Conflict`."""
        row = await self.store.get(person_id, practice_id)
        if row.state != "ready":
            raise begun()
        practice = practice_of(row.practice)
        fitting = Fitting.of(practice, await self._role_table(person_id, practice))
        if fitting is None:
            raise Conflict("There is no advert and no CV to fit the questions to.", code="nothing_to_fit")
        return fitting

    async def _role_table(self, person_id: str, practice: Practice) -> RoleTable | None:
        """What the role says now; None where it was deleted meanwhile."""
        with suppress(NotFound):
            parsed = (await self.templates.get(person_id, practice.interview.role if practice.interview else "")).parsed
            return parsed.table(practice.language) if isinstance(parsed, RoleFile) else None
        return None

    async def _character(self, person_id: str, chosen: Chosen) -> str:
        id = chosen.character_id or WITH[chosen.kind, chosen.language]
        try:
            character: Character = await self.characters.get(id, person_id)
        except NotFound:
            if chosen.character_id:
                raise _wrong("character_id", "not_found", "There is no such character") from None
            character = await self.characters.find(id, person_id)  # an operator has other characters
        if chosen.language not in character.languages:
            raise _wrong("character_id", "other_language", "It does not speak the language that is practised")
        return character.id

    async def _interview(self, person_id: str, chosen: Chosen, setup: InterviewSetup, character_id: str) -> Practice:
        role = await self._template(person_id, setup.role, "interview.role", chosen.language)
        if not isinstance(role, RoleFile):
            raise _wrong("interview.role", "not_found", "It is a scene, and no role")
        last, id = await self.store.last_planned(person_id, setup.role), self.store.new_id()
        before = [step.id for step in last.steps] if last else ()
        asked = InterviewAsked(id, chosen.language, chosen.own_language, character_id, setup, role, id, before)
        return await asyncio.to_thread(planned_interview, asked)  # a long role and long documents take some 100 ms

    async def _language(self, person_id: str, chosen: Chosen, setup: LanguageSetup, character_id: str) -> Practice:
        scene = free_talk(setup.goal)
        if setup.scene:
            found = await self._template(person_id, setup.scene, "scene.scene", chosen.language)
            if not isinstance(found, SceneFile):
                raise _wrong("scene.scene", "not_found", "It is a role, and no scene")
            scene = found
        due = await due_cards(self.store.database, person_id, chosen.language, MOST_DUE, self.store.now())
        id = self.store.new_id()
        return planned_language(
            LanguageAsked(id, chosen.language, chosen.own_language, character_id, setup, scene, id, due)
        )

    async def _template(self, person_id: str, id: str, field: str, language: str) -> RoleFile | SceneFile:
        try:
            parsed = (await self.templates.get(person_id, id)).parsed
        except NotFound:
            raise _wrong(field, "not_found", "There is none of that id") from None
        if language not in parsed.languages:
            raise _wrong(field, "other_language", "It cannot be practised in that language: it has no such table")
        return parsed

    # --- For talks ----------------------------------------------------------------------------------------------------

    async def begin(self, practice_id: str, person_id: str, conversation_id: str) -> Practice:
        """Have it talked in that conversation. Raises `NotFound`, `Conflict`."""
        return await self.store.begin(practice_id, person_id, conversation_id)

    async def release(self, practice_id: str, conversation_id: str) -> None:
        """Have it ready again, since nothing was said in that conversation."""
        await self.store.release(practice_id, conversation_id)

    async def finish(self, practice_id: str, moves: dict[str, Any], corrections: Sequence[dict[str, Any]]) -> None:
        """Its talk is over."""
        await self.store.finish(practice_id, moves, corrections)


def _wrong(field: str, code: str, message: str) -> ValidationFailed:
    return ValidationFailed([FieldFault(field, code, message)])
