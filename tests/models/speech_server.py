"""Providers of speech and recognition for tests: each request is answered by the next of the answers that were given.

A real server on a real socket. `speaking` answers like all of them at once, by path, and as often as it is asked.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

import numpy as np

from models.remote.audio_stream import wav_of
from pipeline.audio.samples import Samples, samples_of

RATE = 24_000
PIECE_MS = 100
MS_PER_CHARACTER = 40
HEARD = "the cat sat on the mat"


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def body(self) -> Any:
        """The JSON that was sent, or the fields of a form: text, or for files name, type and bytes."""
        kind = self.headers.get("content-type", "")
        if not kind.startswith("multipart/"):
            return json.loads(self.raw or b"null")
        message = BytesParser(policy=HTTP).parsebytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + self.raw)
        fields: dict[str, Any] = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            file = part.get_filename()
            content = part.get_payload(decode=True)
            fields[str(name)] = (file, part.get_content_type(), content) if file else content.decode()
        return fields


class Line:
    """One request and the connection to answer it on, in any way, good or bad."""

    def __init__(self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = asked
        self.stays = False
        self._reader = reader
        self._writer = writer

    async def start(self, status: int = 200, kind: str = "audio/pcm", headers: Mapping[str, str] | None = None) -> None:
        """Status and headers; the body follows in chunks."""
        told = {"content-type": kind, "transfer-encoding": "chunked", **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        await self.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode())

    async def send(self, raw: bytes) -> None:
        if raw:
            await self.write(b"%x\r\n%s\r\n" % (len(raw), raw))

    async def event(self, data: Any) -> None:
        await self.send(f"data: {json.dumps(data)}\n\n".encode())

    async def end(self) -> None:
        await self.write(b"0\r\n\r\n")
        self.stays = True

    async def write(self, raw: bytes) -> None:
        self._writer.write(raw)
        await self._writer.drain()

    async def until_hung_up(self) -> None:
        """Say nothing until the client goes away."""
        with suppress(ConnectionError):
            await self._reader.read()

    def break_off(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()


Answer: TypeAlias = Callable[[Line], Awaitable[None]]


@dataclass
class SpeechServer:
    """Where the server is, what it was asked, and over how many connections."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return self.url + "/v1"


@asynccontextmanager
async def running(*answers: Answer) -> AsyncIterator[SpeechServer]:
    """A server on a free port; the last answer is given again and again."""
    server = SpeechServer()
    serving: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        serving.add(task)
        server.connections += 1
        try:
            while asked := await _request(reader):
                server.asked.append(asked)
                line = Line(asked, reader, writer)
                await answers[min(len(server.asked), len(answers)) - 1](line)
                if not line.stays:
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass  # gone, or the test is over
        finally:
            serving.discard(task)
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in serving:
            task.cancel()
        if serving:
            await asyncio.wait(serving)


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = head[0].split()
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


# --- What they send --------------------------------------------------------------------------------------------------


def tone(ms: float, rate: int = RATE, hz: float = 440.0) -> Samples:
    """A sine, loud enough to be heard."""
    return (9_000 * np.sin(2 * np.pi * hz / rate * np.arange(samples_of(ms, rate)))).astype(np.int16)


def raw(pcm: Samples) -> bytes:
    return pcm.astype("<i2").tobytes()


def pieces(pcm: Samples, rate: int = RATE) -> list[bytes]:
    """The samples' bytes as a server sends them while it makes them."""
    step = samples_of(PIECE_MS, rate)
    return [raw(pcm[at : at + step]) for at in range(0, len(pcm), step)]


def endless_wav(pcm: Samples, rate: int = RATE) -> bytes:
    """A WAV whose header was written before its length was known."""
    whole = bytearray(wav_of(pcm, rate))
    struct.pack_into("<I", whole, 4, 0xFFFF_FFFF)
    struct.pack_into("<I", whole, 40, 0xFFFF_FFFF)
    return bytes(whole)


# --- Answers ---------------------------------------------------------------------------------------------------------


def sending(
    *parts: bytes, kind: str = "audio/pcm", status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """These bytes, and the end."""

    async def answer(line: Line) -> None:
        await line.start(status, kind, headers)
        for part in parts:
            await line.send(part)
        await line.end()

    return answer


def stalling(*parts: bytes, kind: str = "audio/pcm", hung_up: asyncio.Event | None = None) -> Answer:
    """These bytes and then nothing; without any, not even a header. `hung_up` is set when the client has gone."""

    async def answer(line: Line) -> None:
        if parts:
            await line.start(200, kind)
        for part in parts:
            await line.send(part)
        await line.until_hung_up()
        if hung_up:
            hung_up.set()

    return answer


def breaking(*parts: bytes, kind: str = "audio/pcm") -> Answer:
    """These bytes, and the connection breaks; without any, before it answers."""

    async def answer(line: Line) -> None:
        if parts:
            await line.start(200, kind)
        for part in parts:
            await line.send(part)
        if parts:
            return  # closed without the last chunk: what came before still arrives
        line.break_off()

    return answer


def waiting(gate: asyncio.Event, first: bytes, *rest: bytes, kind: str = "audio/pcm") -> Answer:
    """The first bytes, and the rest when the gate opens."""

    async def answer(line: Line) -> None:
        await line.start(200, kind)
        await line.send(first)
        await gate.wait()
        for part in rest:
            await line.send(part)
        await line.end()

    return answer


def refusing(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An error, with a body of the provider's kind."""
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "text/html" if text.startswith("<") else "application/json"
    return sending(text.encode(), kind=kind, status=status, headers=headers)


def saying(body: Any) -> Answer:
    """JSON, and all is well."""
    return refusing(200, body)


def events(*sent: Any) -> Answer:
    """Server-sent events."""
    parts = [f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode() for event in sent]
    return sending(*parts, kind="text/event-stream")


def minimax_event(part: bytes, status: int = 1, code: int = 0, message: str = "success") -> dict[str, Any]:
    """One event of MiniMax's."""
    return {
        "data": {"audio": part.hex(), "status": status, "ced": ""},
        "trace_id": "t",
        "base_resp": {"status_code": code, "status_msg": message},
    }


def minimax_refusal(code: int, message: str) -> dict[str, Any]:
    """How MiniMax says no, with HTTP 200."""
    return {"base_resp": {"status_code": code, "status_msg": message}}


async def speaking(line: Line) -> None:
    """Answers any number of requests of any of the protocols: a tone as long as its text, or the same words always."""
    asked, path = line.asked.body, line.asked.path
    if path.endswith("/audio/transcriptions"):
        await saying({"text": HEARD, "language": "english", "words": _word_times()})(line)
    elif path.endswith("/audio/asr/sse"):
        await events({"type": "transcript.text.done", "text": HEARD})(line)
    elif path.endswith("/t2a_v2"):
        made = pieces(tone(MS_PER_CHARACTER * len(asked["text"])))
        await events(*map(minimax_event, made), minimax_event(b"", 2))(line)
    elif path.endswith("/synthesize"):
        await sending(wav_of(tone(MS_PER_CHARACTER * len(asked["text"]), 22_050), 22_050), kind="audio/wav")(line)
    else:
        await sending(*pieces(tone(MS_PER_CHARACTER * len(asked["input"]))))(line)


def _word_times() -> list[dict[str, Any]]:
    return [{"word": word, "start": at * 0.3, "end": at * 0.3 + 0.25} for at, word in enumerate(HEARD.split())]
