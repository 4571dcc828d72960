"""A language model's server for tests: each request is answered by the next of the answers it was given."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeAlias

DONE = "[DONE]"


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Line:
    """The connection of one request, to answer it in any way, good or bad."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def start(self, status: int = 200, kind: str = "text/event-stream") -> None:
        """Status and headers; the body then lasts until the connection ends, in chunks."""
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        self._writer.write(head.encode())
        await self._writer.drain()

    async def send(self, text: str) -> None:
        raw = text.encode()
        self._writer.write(b"%x\r\n%s\r\n" % (len(raw), raw))
        await self._writer.drain()

    async def event(self, data: Any) -> None:
        await self.send(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n")

    async def end(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def until_hung_up(self) -> None:
        """Say nothing until the client goes away."""
        await self._reader.read()


Answer: TypeAlias = Callable[[Line], Awaitable[None]]


@dataclass
class ChatServer:
    """Where the server is, and what it was asked; looked: the requests for its list of models."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    looked: list[Asked] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


async def read_request(reader: asyncio.StreamReader) -> Asked:
    """What a client asks."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    method, path, _ = head[0].split()
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, path, headers, json.loads(body or b"null"))


@asynccontextmanager
async def chat_server(
    *answers: Answer, models: Answer | None = None, about: Answer | None = None
) -> AsyncIterator[ChatServer]:
    """A server on a free port; the last answer is given again and again.

    models: the one to requests for its list; about: to those for more of a model or of the server.
    """
    server = ChatServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await read_request(reader)
        try:
            if models and asked.path.endswith("/models"):
                server.looked.append(asked)
                await models(Line(reader, writer))
                return
            if asked.path in ("/props", "/api/show"):
                server.looked.append(asked)
                await (about or without_list())(Line(reader, writer))
                return
            server.asked.append(asked)
            await answers[min(len(server.asked), len(answers)) - 1](Line(reader, writer))
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server


def saying(*events: Any) -> Answer:
    """Streams the events and ends as it should."""

    async def answer(line: Line) -> None:
        await line.start()
        for event in (*events, DONE):
            await line.event(event)
        await line.end()

    return answer


def refusing(status: int, body: Any) -> Answer:
    """Answers with an error."""
    return _whole(status, body)


def listing(*models: str, owner: str = "somebody") -> Answer:
    """Answers with a list of models."""
    return _whole(
        200, {"object": "list", "data": [{"id": model, "object": "model", "owned_by": owner} for model in models]}
    )


def known(server: ChatServer) -> Path:
    """A memory in which the model "m" of the server answered before, so that its first words are not held back."""
    memory = Path(mkdtemp()) / "models.json"
    memory.write_text(json.dumps({f"{server.base_url} m": {"opened_by_template": False}}))
    return memory


def without_list() -> Answer:
    """Answers like a server that does not list its models."""
    return refusing(404, {"error": {"message": "There is no such page."}})


def _whole(status: int, body: Any) -> Answer:
    async def answer(line: Line) -> None:
        await line.start(status, "application/json")
        await line.send(body if isinstance(body, str) else json.dumps(body))
        await line.end()

    return answer


def delta(finish: str | None = None, **what: Any) -> dict[str, Any]:
    """A piece of a reply."""
    return {
        "id": "chat-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": what, "finish_reason": finish}],
    }


def usage(prompt: int, completion: int) -> dict[str, Any]:
    """The piece with the counts."""
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return delta() | {"choices": [], "usage": counts}
