"""Sessions without a socket: over a transport in memory, each supervised by itself, begun only where there is a place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pipeline.conversation.playback import Playback
from pipeline.errors import LimitReached
from pipeline.turns.endpoint import Endpointing
from server.characters.catalogue import FileCharacters
from server.characters.reading import load_characters, parse_character
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.errors import StorageError
from server.history.history import History
from server.history.keeping.keeper import Keeper
from server.history.sound.recorder import Recorder
from server.identity.principal import OWNER, by_client_secret, holder_of
from server.jobs.jobs import Jobs
from server.memory.start import arranged_memory
from server.operations.metrics import Metrics
from server.practice.live.talks import PracticeTalks
from server.practice.store import PracticeStore
from server.protocol.session_object import Defaults, SessionObject
from server.sessions.admission import Admission
from server.sessions.limits import session_limits
from server.sessions.live import LiveSession
from server.sessions.sessions import Sessions
from server.settings import load_settings
from server.storage.database import open_database
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.transports.transport import Disconnected, OutputAudio
from tests.speech import sentence

WAIT_S = 30.0
FORMAT = {"type": "audio/pcm", "rate": 16_000}
TYPED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}


class HeardAtOnce(Playback):
    """The clock of a player that has heard whatever was sent."""

    def position(self, now: float) -> int:
        return int(self.sent_ms)


class MemoryTransport:
    """A client in memory. `audio` is what it was sent as audio, `events` everything else."""

    def __init__(self, playback: Callable[[float], Playback] = Playback) -> None:
        self.playback = playback
        self.events: list[dict[str, Any]] = []
        self.audio, self.flushed, self.closed = list[OutputAudio](), 0, 0
        self._messages: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._arrived = asyncio.Condition()

    def offer(self, take_at_once: Callable[[bytes, bool], bool] | None) -> None:
        """All comes by way of `receive`."""

    def say(self, *messages: dict[str, Any] | bytes) -> None:
        for message in messages:
            self._messages.put_nowait(message if isinstance(message, bytes) else json.dumps(message))

    def leave(self) -> None:
        self._messages.put_nowait(None)

    async def until(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S), self._arrived:
            while not (found := [event for event in self.events if event["type"] == kind]):
                await self._arrived.wait()
        return found[0]

    async def receive(self) -> str | bytes:
        if (message := await self._messages.get()) is None:
            raise Disconnected(goodbye=True)
        return message

    async def send_event(self, event: str) -> None:
        self.events.append(json.loads(event))
        async with self._arrived:
            self._arrived.notify_all()

    async def send_audio(self, audio: OutputAudio) -> None:
        self.audio.append(audio)

    async def flush(self) -> None:
        self.flushed += 1

    async def close(self, code: int, reason: str) -> None:
        self.closed = code


class BrokenTransport(MemoryTransport):
    """Fails as it is closed, in a way that nobody foresaw."""

    async def close(self, code: int, reason: str) -> None:
        self.closed = code
        raise ValueError("closed badly")


@asynccontextmanager
async def running(**flags: Any) -> AsyncIterator[Sessions]:
    settings = load_settings({"engines": "stub", "llm_discover": False, **flags}, {})
    loaded = LoadedEngines(settings, None)
    characters = FileCharacters(load_characters(settings.characters.folder), settings.characters.default)
    admission = Admission(1_000.0, 1_000.0, settings.sessions.max_sessions)
    limits = session_limits(settings)
    engines = CurrentEngines(loaded)
    metrics, defaults = Metrics(engines), Defaults(Endpointing())
    database = open_database(settings.storage)
    keeper = Keeper(database)
    memory = arranged_memory(database, Jobs(settings.jobs, settings.storage), keeper, engines)
    recorder = Recorder(settings.storage.folder / "recordings", Objects(place_of(settings.storage)), keeper)
    history = History(keeper, recorder, keep=False)
    practices = PracticeTalks(PracticeStore(database))
    sessions = Sessions(
        settings.sessions,
        engines,
        characters,
        metrics,
        limits,
        lambda _loaded: defaults,
        admission,
        history,
        memory,
        practices,
    )
    try:
        async with sessions.running():
            yield sessions
    finally:
        await engines.close()


@asynccontextmanager
async def attached(sessions: Sessions, transport: MemoryTransport) -> AsyncIterator[LiveSession]:
    live = await sessions.begin(OWNER, SessionObject(), "assistant", transport, extensions=True)
    serving = asyncio.create_task(live.attach(transport))
    try:
        yield live
    finally:
        transport.leave()
        await serving


async def gone(sessions: Sessions, live: LiveSession) -> None:
    async with asyncio.timeout(WAIT_S):
        while live.connection.token in sessions.live:
            await asyncio.sleep(0.01)


async def told_who(sessions: Sessions) -> str:
    """What the model is told of who it talks to, by a character whose file says `{{user}}`."""
    async with attached(sessions, MemoryTransport()) as live:
        instructions = live.connection.session.config.instructions
    await gone(sessions, live)
    return instructions.partition("\n")[0]


async def test_a_character_is_told_the_persons_name_and_does_without_where_it_cannot_be_looked_up() -> None:
    async def ann(_person_id: str) -> str:
        return "Ann"

    async def away(_person_id: str) -> str:
        raise StorageError("The database is away.")

    async with running() as sessions:
        file = {"name": "Bo", "who": "{{char}} adores {{user}}.", "greeting": "Hi?"}
        bo = parse_character({"id": "assistant", "languages": ["en"], "en": file})
        sessions.characters, told = FileCharacters({"assistant": bo}, "assistant"), list[str]()
        for sessions.name_of in (ann, away):
            told.append(await told_who(sessions))

    assert told == ["You are Bo. Bo adores Ann.", "You are Bo. Bo adores the person."]


async def test_a_whole_session_goes_over_a_transport_without_a_socket_and_at_its_pace() -> None:
    async with running() as sessions:
        transport = MemoryTransport(HeardAtOnce)
        async with attached(sessions, transport) as live:
            transport.say({"type": "conversation.item.create", "item": TYPED}, {"type": "response.create"})
            done = await transport.until("response.done")
            spoken_s = sum(len(audio.data) for audio in transport.audio) / 48_000
        await gone(sessions, live)

    words = done["response"]["output"][0]["content"][0]["transcript"]
    assert spoken_s == pytest.approx(len(words) * 0.06, rel=0.1)
    assert {audio.event["type"] for audio in transport.audio} == {"response.output_audio.delta"}
    assert not any("delta" in audio.event for audio in transport.audio)
    assert (transport.flushed, sessions.live) == (0, {})


async def test_an_interruption_flushes_the_transport() -> None:
    async with running() as sessions:
        transport = MemoryTransport()
        async with attached(sessions, transport):
            update = {"type": "realtime", "audio": {"input": {"format": FORMAT}}}
            transport.say({"type": "session.update", "session": update})
            transport.say({"type": "conversation.item.create", "item": TYPED}, {"type": "response.create"})
            await transport.until("response.output_audio_transcript.delta")
            transport.say(sentence().tobytes())
            done = await transport.until("response.done")
            assert (done["response"]["status"], transport.flushed) == ("cancelled", 1)


async def test_a_session_that_fails_in_its_ending_ends_no_other() -> None:
    async with running() as sessions:
        broken, whole = BrokenTransport(), MemoryTransport()
        async with attached(sessions, whole):
            async with attached(sessions, broken) as live:
                live.end(1012, "a restart")
                await gone(sessions, live)
            whole.say({"type": "conversation.item.create", "item": TYPED}, {"type": "response.create"})
            done = await whole.until("response.done")
            assert (broken.closed, done["response"]["status"], len(sessions.live)) == (1012, "completed", 1)


async def test_a_place_is_taken_while_a_session_begins() -> None:
    async with running(max_sessions=1) as sessions:
        async with sessions.place(""):
            with pytest.raises(LimitReached, match="places are taken"):
                async with sessions.place(""):
                    pass
        async with sessions.place(""):
            pass


async def test_a_token_says_which_replica_has_the_session() -> None:
    async with running() as sessions, running() as others:
        transport = MemoryTransport()
        async with attached(sessions, transport) as live:
            created = await transport.until("session.created")
            token = created["session"]["kaikou"]["token"]
            here = await sessions.resumable(token, created["event_id"], OWNER)
            there = await others.resumable(token, created["event_id"], OWNER)

    assert token.startswith(f"{sessions.replica}.")
    assert (here, there) == (live, None)


async def test_a_session_is_resumed_by_the_principal_who_began_it_and_by_its_client_secrets_only() -> None:
    async with running() as sessions:
        transport = MemoryTransport()
        async with attached(sessions, transport) as live:
            created = await transport.until("session.created")
            token, seen = created["session"]["kaikou"]["token"], created["event_id"]
            whose = [OWNER, by_client_secret(OWNER), holder_of("sk-another"), by_client_secret(holder_of("sk-another"))]
            found = [await sessions.resumable(token, seen, principal) for principal in whose]

    assert found == [live, live, None, None]
