"""Any language model that speaks OpenAI's chat API: OpenAI's own, Ollama, LM Studio, llama.cpp, vLLM and others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any
from uuid import uuid4

import httpx2
import openai

from models.remote.client import Refusal, Server, host_of
from models.remote.discovery import first_chat_model
from models.remote.openai_errors import plain_errors
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, Message, TextDelta, Tool, ToolCall, Usage
from pipeline.errors import EngineError, EngineUnavailable

NAME = "openai"
OPENAI = "https://api.openai.com/v1"
SERVER = Server(NAME, "the language model's server", "KAIKOU_LLM_API_KEY")
LONGEST_ID = 32
CONNECT_S, READ_S = 3.0, 120.0
"""To accept a connection, and to anything new on it. How long a model may be silent is the bound of whoever asks it."""
RETRIES, RETRY_AFTER_S = 1, 0.2
"""For a connection that breaks, or an error of the server's own, before anything was said."""


def create(settings: Mapping[str, Any]) -> OpenAIChat:
    """settings: `base_url` (empty: OpenAI), `api_key`, `model` (empty: the server's first), `max_tokens`.

    Raises `EngineUnavailable` if OpenAI itself is asked for without a key.
    """
    given = {key: value for key, value in settings.items() if value not in ("", None)}
    return OpenAIChat(**given)


class OpenAIChat:
    """One client, shared by all sessions; a reply is one streaming request."""

    def __init__(
        self,
        *,
        base_url: str = OPENAI,
        api_key: str = "",
        model: str = "",
        max_tokens: int | None = None,
    ) -> None:
        if not api_key and base_url == OPENAI:
            raise EngineUnavailable("OpenAI needs a key (KAIKOU_LLM_API_KEY).", engine=NAME)
        self.info = EngineInfo(NAME, "chat_model")
        # Local servers take any key but the client insists on one. We retry ourselves, sooner.
        timeout = httpx2.Timeout(READ_S, connect=CONNECT_S)
        self._client = openai.AsyncOpenAI(base_url=base_url, api_key=api_key or "none", timeout=timeout, max_retries=0)
        self._model = model
        self._looking = asyncio.Lock()
        self._max_tokens = max_tokens
        # OpenAI's newer models refuse the old name of this limit; many other servers know no other.
        own = host_of(base_url).endswith(".openai.com")
        self._limit_name = "max_completion_tokens" if own else "max_tokens"
        self._counts_usage = True

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Text without the model's reasoning, calls when complete, usage last.

        Raises `EngineBusy` when asked to slow down, `EngineUnavailable` when the server cannot be reached or refuses the
        key, and `EngineError` otherwise. Closing it hangs up; how long to wait is for whoever asks.
        """
        answer = _Answer()
        with self._translated(answer):
            stream = await self._open(request)
            try:
                async for chunk in stream:
                    for event in _readable(answer.take(chunk)):
                        yield event
            finally:
                await stream.close()
        if not answer.finish:
            raise EngineError("The language model broke off its reply.", engine=NAME)
        for event in _readable(answer.end()):
            yield event

    async def aclose(self) -> None:
        await self._client.close()

    async def _open(self, request: ChatRequest) -> Any:
        asked: dict[str, Any] = {
            "model": await self._model_name(),
            "messages": [_message(message) for message in request.messages],
            "stream": True,
        }
        if limit := request.max_tokens or self._max_tokens:
            asked[self._limit_name] = limit
        if request.tools:
            asked["tools"] = [_tool(tool) for tool in request.tools]
            asked["tool_choice"] = _tool_choice(request.tool_choice)
        if self._counts_usage:
            try:
                return await self._post(asked | {"stream_options": {"include_usage": True}})
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                # Older servers refuse the option. If it was something else, the next request is refused as well.
                stream = await self._post(asked)
                self._counts_usage = False
                return stream
        return await self._post(asked)

    async def _post(self, asked: dict[str, Any]) -> Any:
        for retries_left in range(RETRIES, -1, -1):
            try:
                return await self._client.chat.completions.create(**asked)
            except (openai.APIConnectionError, openai.InternalServerError) as error:
                if not retries_left or isinstance(error, openai.APITimeoutError):
                    raise
            await asyncio.sleep(RETRY_AFTER_S)
        raise AssertionError

    async def _model_name(self) -> str:
        async with self._looking:
            if not self._model:
                self._model = first_chat_model([model.id async for model in self._client.models.list()])
            if not self._model:
                raise EngineUnavailable("The language model's server has no model loaded.", engine=NAME)
            return self._model

    @contextmanager
    def _translated(self, answer: _Answer) -> Iterator[None]:
        """Turns errors of the client and of the connection into ours."""
        try:
            with plain_errors():
                yield
        except (Refusal, TimeoutError, httpx2.HTTPError, ValueError) as error:
            wanted = f"The language model {self._model!r}"
            failure = SERVER.failure(error, begun=answer.begun, waited_s=READ_S, wanted=wanted)
            raise failure from None


def _readable(events: Iterator[ChatEvent]) -> list[ChatEvent]:
    """All of them. The client does not check the types of what a server sends, so we find out by using it."""
    try:
        return list(events)
    except (AttributeError, TypeError) as error:
        raise SERVER.unreadable() from error


# --- The answer ------------------------------------------------------------------------------------------------------


class Thoughts:
    """Takes `<think>…</think>` out of streamed text; a tag may come in pieces."""

    OPEN, CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self._started = False

    def without(self, text: str) -> str:
        """What of `text`, and of what was held back before, is certainly not thought."""
        self._held += text
        said = ""
        while True:
            tag = self.CLOSE if self._thinking else self.OPEN
            before, found, after = self._held.partition(tag)
            if not found:
                held = _overlap(before, tag)
                before, after = before[: len(before) - held], before[len(before) - held :]
            self._held = after
            if not self._thinking:
                said += self._trimmed(before)
            if not found:
                return said
            self._thinking = not self._thinking
            self._started = False

    def rest(self) -> str:
        """At the end of the reply: what was held back and turned out to be no tag."""
        return "" if self._thinking else self._trimmed(self._held)

    def _trimmed(self, text: str) -> str:
        """Without the empty lines at the start and after a thought."""
        text = text if self._started else text.lstrip()
        self._started = self._started or bool(text)
        return text


def _overlap(text: str, tag: str) -> int:
    """How many of the last characters of `text` may be the beginning of `tag`."""
    return next((size for size in range(min(len(text), len(tag) - 1), 0, -1) if text.endswith(tag[:size])), 0)


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class _Answer:
    """A streamed reply put together: text passes through, calls and usage gather until the end."""

    begun: bool = False
    finish: str = ""
    calls: dict[int, _Call] = field(default_factory=dict)
    usage: Any = None
    thoughts: Thoughts = field(default_factory=Thoughts)

    def take(self, chunk: Any) -> Iterator[ChatEvent]:
        self.usage = chunk.usage or self.usage
        for choice in chunk.choices or ():
            self.begun = True
            self.finish = choice.finish_reason or self.finish
            if choice.delta is None:
                continue
            if text := self.thoughts.without(choice.delta.content or ""):
                yield TextDelta(text)
            for piece in choice.delta.tool_calls or ():
                self._gather(piece)

    def end(self) -> Iterator[ChatEvent]:
        if text := self.thoughts.rest():
            yield TextDelta(text)
        for call in self.calls.values():
            if call.name:
                yield ToolCall(short_id(call.id), call.name, call.arguments or "{}")
        tokens = (self.usage.prompt_tokens or 0, self.usage.completion_tokens or 0) if self.usage else (0, 0)
        yield Usage(*tokens, truncated=self.finish == "length")

    def _gather(self, piece: Any) -> None:
        index = piece.index if piece.index is not None else max(len(self.calls) - 1, 0)
        if piece.id and (known := self.calls.get(index)) and known.id not in ("", piece.id):
            index = len(self.calls)  # some servers number every call 0
        call = self.calls.setdefault(index, _Call())
        call.id = piece.id or call.id
        if piece.function:
            call.name = call.name or piece.function.name or ""
            call.arguments += piece.function.arguments or ""


def short_id(identifier: str) -> str:
    """The same id, if it is one of at most 32 characters; else one made from it, or new if it is empty."""
    if 0 < len(identifier) <= LONGEST_ID:
        return identifier
    seed = identifier or uuid4().hex
    return "call_" + blake2s(seed.encode(), digest_size=12).hexdigest()


# --- The question ----------------------------------------------------------------------------------------------------


def _message(message: Message) -> dict[str, Any]:
    shaped: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.role == "tool":
        shaped["tool_call_id"] = message.call_id
    if message.calls:
        shaped["content"] = message.text or None
        shaped["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.calls
        ]
    return shaped


def _tool(tool: Tool) -> dict[str, Any]:
    parameters = dict(tool.parameters) or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def _tool_choice(choice: str) -> Any:
    if choice in ("auto", "none", "required"):
        return choice
    return {"type": "function", "function": {"name": choice}}
