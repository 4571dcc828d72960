"""Which character a session object names: a draft, a kept one, or the one that its model is called like."""

from __future__ import annotations

from pipeline.characters.character import Character
from pipeline.errors import InvalidRequest
from server.characters.catalogue import Characters
from server.errors import NotFound
from server.protocol.session_object import Extension


async def character_of(who: Extension, model: str, characters: Characters, person_id: str) -> Character:
    """The person's draft, or the character, that it names; else the one that the model is called like.

    Raises `InvalidRequest` for one that the person does not see, and for a draft that is no character yet.
    """
    try:
        if who.draft:
            return await characters.draft(who.draft, person_id)
        if who.character:
            return await characters.get(who.character, person_id)
        return await characters.find(model, person_id)
    except NotFound as error:
        field = "draft" if who.draft else "character"
        raise InvalidRequest(error.message, param=f"session.kaikou.{field}") from None
    except InvalidRequest as error:
        message = f"The draft is no character yet: {error.message}"
        raise InvalidRequest(message, code="draft_not_whole", param="session.kaikou.draft") from None
