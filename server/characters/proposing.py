"""A character proposed by the language model, from one sentence of what somebody wants.

What a model writes is checked like everything else: parts that are wrong are left out, and that is told.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.engines.protocols import ChatModel, ChatRequest, Message
from pipeline.engines.whole_answer import whole_answer
from pipeline.errors import EngineError, EngineTimeout
from server.characters.answers import Finding
from server.characters.reading import problems_of
from server.characters.store import with_id
from server.engines.loaded import LoadedEngines
from server.errors import Conflict

PROPOSE_S = 90.0
"""How long the model may write. A small one on a CPU writes some ten words a second."""

MOST_TOKENS, LONGEST = 2_500, 40_000
"""Of its answer: tokens, and characters."""

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "Chinese (中文)"}

FIELDS = (
    "name",
    "line",
    "who",
    "manner",
    "scenario",
    "greeting",
    "greetings",
    "limits",
    "topics",
    "questions",
    "exchanges",
)
"""Of a language's table: what a model is asked for, and what is taken of its answer."""

PROMPT = """You invent characters for spoken conversations. Answer with one JSON object and nothing else, its texts in
{language}: {{"name": "…", "line": "one sentence for a list", "who": "who they are, in three to six sentences",
"manner": "how they speak",
"scenario": "where and when the talk takes place, or leave it out", "greeting": "what they say first, one or two sentences",
"limits": "what they do not do", "topics": ["four to six short ones"], "questions": ["five questions they like to ask"],
"exchanges": [{{"heard": ["what somebody may say"], "says": ["what they answer"]}}],
"purpose": "one of talk, practice, interview, story"}}
Everything is spoken aloud: no markup, no emoji, no stage directions. Nobody who lives. Short sentences."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft, and what of the answer was left out."""

    draft: Mapping[str, Any]
    warnings: Sequence[Finding]


async def proposed(loaded: LoadedEngines, sentence: str, language: str) -> Proposal:
    """What the model makes of the sentence. Raises `Conflict` without a language model, `EngineError`."""
    model = loaded.engines.chat_model
    if not loaded.language_model_connected or model.info.name == "scripted":
        message = (
            "Proposing a character takes a language model, and none is connected: set KAIKOU_LLM_BASE_URL to one, or "
            "start a local one such as Ollama, which is found by itself (docs/language-models.md)."
        )
        raise Conflict(message, code="no_language_model")
    return draft_of(await _written(model, sentence, language), language)


async def _written(model: ChatModel, sentence: str, language: str) -> str:
    system = PROMPT.format(language=LANGUAGES.get(language, language))
    messages = (Message("system", system), Message("user", sentence))
    request = ChatRequest(messages, None, language, max_tokens=MOST_TOKENS)
    try:
        async with asyncio.timeout(PROPOSE_S):
            return await whole_answer(model, request, LONGEST)
    except TimeoutError:
        raise EngineTimeout(
            "The language model took too long to propose a character: connect a faster one, or ask again with less.",
            engine=model.info.name,
        ) from None


def draft_of(text: str, language: str) -> Proposal:
    """The draft that stands in a model's answer. Raises `EngineError` where none does. Pure."""
    answer = _object_in(text)
    table = {field: answer[field] for field in FIELDS if field in answer}
    draft: dict[str, Any] = {"languages": [language], language: table}
    if "purpose" in answer:
        draft["purpose"] = answer["purpose"]
    warnings: list[Finding] = []
    while wrong := _wrong_parts(draft):
        for parts, message in reversed(wrong):  # from behind, so that places in lists stay
            _leave_out(draft, parts)
            warnings.append(Finding(field=".".join(parts), code="left_out", message=f"was left out: {message}"))
    if not table:
        raise _no_character()
    return Proposal(draft, warnings)


def _no_character() -> EngineError:
    return EngineError("The language model's answer holds no character. Try again, or say more of who it shall be.")


def _object_in(text: str) -> Mapping[str, Any]:
    """The first JSON object of a text that may say something before and after it."""
    at = text.find("{")
    while at >= 0:
        try:
            found, _ = json.JSONDecoder().raw_decode(text, at)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return found
        at = text.find("{", at + 1)
    raise _no_character()


Path = tuple[str, ...]


def _wrong_parts(draft: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """What has to go, each once, in order, and why; of a list whole items. What is missing is left to whoever edits."""
    found: dict[Path, str] = {}
    for fault in problems_of(with_id(dict(draft))):
        parts = _there(draft, fault.field)
        a_whole_language = len(parts) == 1 and isinstance(draft[parts[0]], dict)
        if parts and not a_whole_language:
            found.setdefault(parts, fault.message)
    return list(found.items())


def _there(draft: Any, path: str) -> Path:
    """As much of the path as there is, up to the first item of a list."""
    parts, value = list[str](), draft
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            return (*parts, part)
        else:
            break
        parts.append(part)
    return tuple(parts)


def _leave_out(draft: Any, parts: Path) -> None:
    *outer, last = parts
    for part in outer:
        draft = draft[part]
    del draft[int(last) if isinstance(draft, list) else last]
