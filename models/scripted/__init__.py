"""The built-in brain for when no language model is there: each character talks from its own file.

It keeps nothing: whatever it remembers it derives from the request, so that any server may answer the next turn.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from models.scripted.brain import aside_to, reply_to
from models.scripted.general import general
from models.scripted.intents import Intent
from models.scripted.memory import PastTurn, turns_of
from models.support.known_settings import check_known
from pipeline.characters.character import Character
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, TextDelta, Usage
from pipeline.memory.words import HAN

PROTECTED_TURNS = 3
"""After a cry for help so many turns are not led back to a practice."""

SAD_NEWS = (Intent.CRISIS, Intent.GRIEF)
GENTLY = "[gentle] "
"""The style mark, and what of a message calls for it: a cheerful voice would hurt."""

_PIECE = re.compile(rf"\s*(?:[{HAN}][^\w\s]*|[^\s{HAN}]+)")


class ScriptedChat:
    """A chat model that picks lines instead of writing them."""

    info = EngineInfo(
        "scripted",
        "chat_model",
        note="Characters speak from their own files and cannot talk freely; connect a language model for that.",
    )

    def __init__(self, fallback: Character, now: Callable[[], datetime] = datetime.now) -> None:
        self._fallback = fallback
        self._now = now

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """One reply in small pieces, then its usage. Tools are never called."""
        character = request.character or self._fallback
        language = request.language.partition("-")[0].lower()
        language = language if language in character.languages else character.default_language
        turns = turns_of(request.messages)
        text = self._directed(request, character, turns, language)
        text = text or reply_to(character, turns, language, self._now(), request.told)
        pieces = _PIECE.findall(text)
        if any(intent.within(turns[-1].said) for intent in SAD_NEWS):
            yield TextDelta(GENTLY)
        allowed = len(pieces) if request.max_tokens is None else max(1, request.max_tokens)
        for piece in pieces[:allowed]:
            yield TextDelta(piece)
            await asyncio.sleep(0)
        heard = sum(len(_PIECE.findall(message.text)) for message in request.messages)
        yield Usage(heard, min(allowed, len(pieces)), truncated=allowed < len(pieces))

    def _directed(self, request: ChatRequest, character: Character, turns: Sequence[PastTurn], language: str) -> str:
        """What a practice wants said; nothing where none does, or where somebody must be protected first."""
        if not request.directed or any(Intent.CRISIS.within(turn.said) for turn in turns[-PROTECTED_TURNS:]):
            return ""
        if not request.answer_first:
            return request.directed
        return f"{aside_to(character, turns, language)} {request.directed}"

    async def aclose(self) -> None:
        """Nothing is held."""


def create(settings: Mapping[str, Any]) -> ScriptedChat:
    """The engine. Settings: `fallback`, who speaks where a request names nobody; `now`, a clock."""
    check_known("scripted", settings, "fallback", "now")
    return ScriptedChat(settings.get("fallback") or general(), settings.get("now", datetime.now))
