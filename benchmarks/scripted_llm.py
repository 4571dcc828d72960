"""A language model's server for benchmarks: it counts what it reads, keeps what it has read, and takes time for the rest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from threading import Thread
from typing import Any

from pipeline.text.tokens import tokens_of

BEGIN_S, READ_S, WRITE_S = 0.03, 0.0001, 0.0005
"""Before anything, and for each token that is read or written. So small a model on a graphics card reads as fast; a talk of
which only the pauses are left out needs it to write faster."""
SLOTS = 4
"""Requests whose text is kept, as servers do: what the next one begins with alike is not read again."""


@dataclass(frozen=True, slots=True)
class Read:
    """One request: all of its text, its last message, its tokens, those among them that were kept, and those written."""

    text: str
    last: str
    tokens: int
    kept: int
    written: int

    @property
    def cost(self) -> float:
        """What a provider asks for it, in tokens that are read: a tenth for what it kept, four times for what it writes."""
        return self.tokens - 0.9 * self.kept + 4 * self.written


class ScriptedModel:
    """Answers by `answer`, which is given the messages. reads: what it was asked, in order."""

    def __init__(self, answer: Callable[[Sequence[Mapping[str, Any]]], str]) -> None:
        self._answer = answer
        self._slots: list[list[str]] = []
        self.reads: list[Read] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection with one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = head.partition("content-length:")[2].partition("\r\n")[0]
            body = json.loads(await reader.readexactly(int(length or 0)) or b"null")
            if "/chat/completions" in head.splitlines()[0]:
                await self._write(body["messages"], writer)
            else:
                listed = {"object": "list", "data": [{"id": "scripted", "object": "model", "max_model_len": 32_768}]}
                _begin(writer, "application/json")
                writer.write(json.dumps(listed).encode())
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _write(self, messages: Sequence[Mapping[str, Any]], writer: asyncio.StreamWriter) -> None:
        read = [f"{message['role']}: {message['content']}" for message in messages]
        kept = max((_alike(read, slot) for slot in self._slots), default=0)
        tokens, answer = sum(map(tokens_of, read)), self._answer(messages)
        await asyncio.sleep(BEGIN_S + READ_S * (tokens - kept))
        self._slots = [read, *self._slots][:SLOTS]
        self.reads.append(Read("\n".join(read), str(messages[-1]["content"]), tokens, kept, tokens_of(answer)))
        _begin(writer, "text/event-stream")
        for word in answer.split(" "):
            await asyncio.sleep(WRITE_S)
            _event(writer, {"choices": [{"index": 0, "delta": {"content": f"{word} "}}]})
            await writer.drain()
        _event(writer, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()


@contextmanager
def running(model: ScriptedModel) -> Iterator[str]:
    """The model on a thread of its own, as a server starts meanwhile: its address."""
    loop = asyncio.new_event_loop()
    listener = loop.run_until_complete(asyncio.start_server(model.serve, "127.0.0.1", 0))
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listener.close()
        loop.close()


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Tokens of the messages that both begin with."""
    same = takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False))
    return sum(tokens_of(message) for message, _again in same)


def _begin(writer: asyncio.StreamWriter, kind: str) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n".encode())


def _event(writer: asyncio.StreamWriter, data: Any) -> None:
    writer.write(f"data: {json.dumps(data)}\n\n".encode())
