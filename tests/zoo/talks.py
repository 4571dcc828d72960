"""A talk with one scenario of the zoo, over the real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from models.stub import create_synthesizer
from pipeline.engines.protocols import SpeechChunk, SynthesisRequest
from tests.models.chat_server import Asked, ChatServer, Line, listing, read_request, refusing
from tests.server.talking import Talk, talking
from tests.serving import serving
from tests.zoo.scenario import WEATHER, Scenario


class Voice:
    """The stub synthesiser, which keeps what it was given to say."""

    def __init__(self) -> None:
        self._inner = create_synthesizer({})
        self.info = self._inner.info
        self.said: list[str] = []

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        self.said.append(request.text)
        yield from self._inner.speak(request)

    def close(self) -> None:
        self._inner.close()


@dataclass
class Turn:
    """What came of one line: shown as the transcript, heard by the voice, how it ended."""

    status: str
    shown: str
    heard: str
    calls: list[tuple[str, Any]]
    error: dict[str, Any]
    requests: int


@dataclass
class Visit:
    """A talk with a scenario; `events` is all that the client was told."""

    turns: list[Turn] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


@asynccontextmanager
async def zoo_server(scenario: Scenario) -> AsyncIterator[ChatServer]:
    """The scenario's server on a free port."""
    server = ChatServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await read_request(reader)
        try:
            await _answer(scenario, server, asked)(Line(reader, writer))
        except ConnectionError:
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server


def _answer(scenario: Scenario, server: ChatServer, asked: Asked) -> Any:
    if asked.path == f"{scenario.api}/models":
        server.looked.append(asked)
        return listing(*(scenario.models or [scenario.model]), owner=scenario.owner)
    if asked.path == f"{scenario.api}/chat/completions":
        server.asked.append(asked)
        return scenario.respond(asked)
    if asked.path in scenario.elsewhere:
        return scenario.elsewhere[asked.path](asked)
    return refusing(404, "404 page not found")


async def visit(scenario: Scenario, turns: int = 2) -> Visit:
    """Greet, write a line and have it answered, so many times."""
    voice, seen = Voice(), Visit()
    async with zoo_server(scenario) as zoo:
        settings: dict[str, Any] = {
            "chat_model": "openai",
            "llm_base_url": f"http://127.0.0.1:{zoo.port}{scenario.path}",
            "llm_model": scenario.model,
            **scenario.settings,
        }
        async with (
            serving(instead={"synthesizer": voice}, **settings) as server,
            talking(server, extensions="kaikou") as talk,
        ):
            await talk.configure(**_session(scenario))
            for line in range(scenario.chatter):
                await talk.write(f"This is the line with the number {line} of a long conversation.")
            await talk.connection.send({"type": "kaikou.greet"})  # type: ignore[arg-type]
            await talk.until("response.done")
            for _turn in range(turns):
                voice.said.clear()
                before = len(zoo.asked)
                responses = await _exchange(talk)
                seen.turns.append(_turn_of(responses, voice.said, len(zoo.asked) - before))
            seen.events = talk.events
        seen.asked = zoo.asked
    return seen


def _session(scenario: Scenario) -> dict[str, Any]:
    wanted = {
        "tools": [WEATHER] if scenario.calls or scenario.offers else [],
        "max_output_tokens": scenario.limit,
        "instructions": scenario.instructions,
    }
    return {name: value for name, value in wanted.items() if value}


async def _exchange(talk: Talk) -> list[dict[str, Any]]:
    """A line and the responses to it; calls are answered."""
    await talk.write("Good morning.")
    responses = [await talk.ask()]
    if calls := [item for item in responses[0]["output"] if item["type"] == "function_call"]:
        for call in calls:
            await talk.connection.conversation.item.create(
                item={"type": "function_call_output", "call_id": call["call_id"], "output": "Sunny"}
            )
        responses.append(await talk.ask())
    return responses


def _turn_of(responses: list[dict[str, Any]], said: list[str], requests: int) -> Turn:
    output = [item for response in responses for item in response["output"]]
    shown = "".join(
        part.get("transcript") or part.get("text") or ""
        for item in output
        if item["type"] == "message"
        for part in item["content"]
    )
    calls = [(item["name"], json.loads(item["arguments"])) for item in output if item["type"] == "function_call"]
    error = (responses[-1].get("status_details") or {}).get("error") or {}
    return Turn(responses[-1]["status"], shown, " ".join(said), calls, error, requests)
