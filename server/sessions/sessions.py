"""The sessions of this server: who may begin one, which go on, and how they all end. Knows nothing of sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex, token_urlsafe
from typing import Any, TypeAlias

import structlog

from pipeline.characters.character import Character
from pipeline.conversation.journal import Entry, Journal
from pipeline.conversation.limits import SessionLimits
from pipeline.engines.within import within
from pipeline.errors import InvalidRequest, LimitReached
from pipeline.session import Session
from server.characters.catalogue import Characters
from server.engines.current import CurrentEngines, Lease
from server.engines.loaded import LoadedEngines
from server.errors import NotFound, StorageError
from server.history.continuing import Continued
from server.history.history import History
from server.history.keeping.kept import About, KeptConversation
from server.history.sound.recorder import RecordedSession
from server.identity.principal import Principal
from server.memory.memory import Memory
from server.memory.recall import Recall, Talk, fact_object
from server.operations.metrics import Metrics
from server.practice.live.talk import Around, PracticeTalk
from server.practice.live.talks import PracticeTalks
from server.protocol.audio_rounds import AudioRounds
from server.protocol.character_lookup import character_of
from server.protocol.connection import Connection, expiry
from server.protocol.session_object import SessionObject, config_of, with_character
from server.sessions.admission import Admission
from server.sessions.limits import DefaultsOf
from server.sessions.live import CLOSE_RESTART, CLOSE_SUPERSEDED, LiveSession
from server.sessions.registry import AdmissionQueue, LocalAdmissionQueue, LocalSessionRegistry, SessionRegistry
from server.sessions.running_time import RunningTime
from server.settings import conversations
from server.transports.transport import Transport

log = structlog.get_logger("kaikou")

RETRY_AFTER_S = 15
"""When somebody who finds the server full may try again."""

THINKING_S = 20.0
"""Who says nothing for longer than this is not in the middle of a conversation."""

TICK_S, IDLE_TICK_S = 0.02, 0.1
"""How often the loop's lag is sampled; while nobody is there, less often, since that is most of what an idle server does."""

NAME_S = 1.0
"""How long looking up the person's name may take."""

Write: TypeAlias = Callable[[Entry], Awaitable[None]]

STOP_S = 15.0
"""How long sessions may take to end when the server stops, before they are cancelled."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a session begins: who comes, with what, over what, and what was said before."""

    principal: Principal
    start: SessionObject
    character: Character
    model: str
    transport: Transport
    extensions: bool
    continued: Continued | None
    person_name: str


async def nobody(_person_id: str) -> str:
    """No name is known."""
    return ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a session while it goes on: its conversation, its sound, and what is remembered."""

    conversation: KeptConversation | None = None
    sound: RecordedSession | None = None
    recall: Recall | None = None
    practising: PracticeTalk | None = None

    @property
    def writers(self) -> list[Write]:
        """Who hears what the journal tells."""
        return [one.write for one in (self.conversation, self.sound, self.recall, self.practising) if one]


@dataclass
class Sessions:
    """Everything that sessions share. Each is supervised by itself: what goes wrong in one ends no other.

    name_of: what the person of that id wants to be called; empty if it is not known.
    `replica` is the name of this process, and the beginning of its sessions' tokens.
    """

    settings: conversations.SessionSettings
    engines: CurrentEngines
    characters: Characters
    metrics: Metrics
    limits: SessionLimits
    defaults: DefaultsOf
    admission: Admission
    history: History
    memory: Memory
    practices: PracticeTalks
    name_of: Callable[[str], Awaitable[str]] = nobody
    registry: SessionRegistry = field(default_factory=LocalSessionRegistry)
    queue: AdmissionQueue = field(default_factory=LocalAdmissionQueue)
    replica: str = field(default_factory=lambda: token_hex(4))
    rounds: AudioRounds = field(default_factory=AudioRounds)
    clock: RunningTime = field(default_factory=RunningTime)
    draining: bool = False
    _entering: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def live(self) -> dict[str, LiveSession]:
        """The sessions that go on here, by token."""
        return self.registry.live

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Owns the sessions: all have ended when the block is left."""
        measuring = asyncio.create_task(self._measure())
        try:
            yield
        finally:
            measuring.cancel()
            for live in list(self.live.values()):
                live.end(CLOSE_RESTART, "the server stops")
            if self._tasks:
                _, late = await asyncio.wait(self._tasks, timeout=STOP_S)
                for task in late:
                    task.cancel()
                if late:
                    await asyncio.wait(late)

    async def drain(self) -> None:
        """Take nobody in any more, let turns that go on finish (bounded), and tell clients to come back."""
        self.draining = True
        deadline = time.monotonic() + self.settings.drain_s
        while self.live:
            late = time.monotonic() > deadline
            for live in list(self.live.values()):
                if late or live.connection.session.at_rest:
                    live.end(CLOSE_RESTART, "the server restarts; connect again")
            await asyncio.sleep(0.1)

    @property
    def talking(self) -> bool:
        """Whether a conversation goes on: somebody is speaking or being answered, or was a moment ago."""
        sessions = (live.connection.session for live in self.live.values())
        return any(not session.at_rest or session.idle_s < THINKING_S for session in sessions)

    # --- Beginning ----------------------------------------------------------------------------------------------------

    async def wait(self, ticket: str) -> dict[str, Any]:
        """Where a client stands that found no place: its ticket, how many are before it, and whether it may come now."""
        ticket, before, enter = await self.queue.ask(ticket, self._free)
        return {"ticket": ticket, "before": before, "enter": enter, "ask_again_s": 3}

    @asynccontextmanager
    async def place(self, ticket: str) -> AsyncIterator[None]:
        """Keeps a place while a session begins. Raises `LimitReached` while the server drains or is full."""
        if self.draining:
            raise LimitReached("The server is restarting; try again in a moment.", code="server_restarting")
        if not await self.queue.may_enter(ticket, self._free):
            message = f"All places are taken just now; try again in {RETRY_AFTER_S} s."
            raise LimitReached(message, code="server_full")
        self._entering += 1
        try:
            await self.queue.leave(ticket)
            yield
        finally:
            self._entering -= 1

    async def resumable(self, token: str, seen: str, principal: Principal) -> LiveSession | None:
        """This principal's session of that token, if a client that saw the event `seen` last can go on with it."""
        live = await self.registry.find(token) if token else None
        if live is None and token and not token.startswith(f"{self.replica}."):
            log.info("resume of another replica's session", replica=token.partition(".")[0][:16])
        if live and live.principal.id != principal.id:
            log.warning("resume of another principal's session", session=live.id, principal=principal.id)
            return None
        return live if live and live.can_resume(seen) else None

    async def begin(
        self,
        principal: Principal,
        start: SessionObject,
        model: str,
        transport: Transport,
        *,
        extensions: bool,
        continues: str = "",
    ) -> LiveSession:
        """A new session for `transport`, which the caller attaches. The caller also keeps a `place` meanwhile.

        It has the engines that are the current ones now for as long as it lasts. `continues` is the id of a conversation
        of the principal's that it goes on with. Raises `NotFound`, `StorageError` where that cannot be.
        """
        if continues and (why_not := self.history.why_not(principal, extensions=extensions)):
            message = f"This client cannot go on with a conversation that is kept ({why_not})."
            raise InvalidRequest(message, code="cannot_continue", param="continue")
        continued = await self._continued(continues, principal) if continues else None
        if continued:
            character = await self._same(continued.character_id, principal)
            start = with_character(start, character.id, continued.language)
        else:
            character = await self._meant(start, model, principal)
        name = await self._name(principal)
        if principal.role == "guest":
            self._end_all_of(principal)
        lease = self.engines.lease()
        try:
            way = Way(principal, start, character, model or character.id, transport, extensions, continued, name)
            live, kept = self._new(lease.loaded, way)
            await self.registry.add(live)
        except BaseException:
            lease.end()
            raise
        self.admission.entered()
        self.metrics.sessions.set(len(self.live))
        self._own(self._supervise(live, kept), lease)
        if practice_id := await self._practice_of(way):
            await live.connection.practise(practice_id)
        log.info("session began", session=live.id, character=character.id, principal=principal.id, by=principal.kind)
        return live

    # --- Inside -------------------------------------------------------------------------------------------------------

    async def _name(self, principal: Principal) -> str:
        """What to call who comes; a talk begins without a name rather than late, or not at all."""
        try:
            async with within(NAME_S):
                return await self.name_of(principal.id)
        except (StorageError, TimeoutError):
            return ""

    async def _practice_of(self, way: Way) -> str | None:
        """What is practised from the beginning: what the client says, or what goes on in the conversation."""
        if way.start.kaikou.practice or way.continued is None:
            return way.start.kaikou.practice
        try:
            return await self.practices.going_in(way.principal.id, way.continued.opened.id)
        except StorageError:
            return None

    async def _meant(self, start: SessionObject, model: str, principal: Principal) -> Character:
        """Whom a new session is with. What it names and is not there is the default: stock clients name their models."""
        if start.kaikou.draft:
            return await character_of(start.kaikou, model, self.characters, principal.id)
        return await self.characters.find(start.kaikou.character or model, principal.id)

    async def _same(self, id: str, principal: Principal) -> Character:
        """Whom a conversation goes on with: the character as it is now. Raises `NotFound` if it is there no more: with
        somebody else it would be another conversation."""
        try:
            return await self.characters.get(id, principal.id)
        except NotFound:
            message = "The character of this conversation is not there any more: it can be read, and not gone on with."
            raise NotFound(message, code="character_gone") from None

    async def _continued(self, conversation_id: str, principal: Principal) -> Continued:
        """The conversation to go on with; a session of it that goes on here ends, and its last words are in it.

        Where its character is gone, so that nobody can go on with it, that session stays.
        """
        if character_id := await self.history.character_in(conversation_id, principal):
            await self._same(character_id, principal)
        for live in list(self.live.values()):
            if live.connection.conversation_id == conversation_id and live.principal.id == principal.id:
                live.end(CLOSE_SUPERSEDED, "continued elsewhere")
        return await self.history.continued(conversation_id, principal, self.limits.items)

    def _settings_for(self, principal: Principal) -> conversations.SessionSettings:
        if principal.role != "guest":
            return self.settings
        session_s = min(self.settings.session_s, self.settings.guest_session_s)
        return self.settings.model_copy(update={"session_s": session_s})

    def _end_all_of(self, guest: Principal) -> None:
        """A new conversation ends the one before, which may only wait for a page that was closed."""
        for live in list(self.live.values()):
            if live.principal.id == guest.id:
                live.end(CLOSE_SUPERSEDED, "another conversation began")

    def _new(self, loaded: LoadedEngines, way: Way) -> tuple[LiveSession, Kept]:
        settings, defaults, continued = self._settings_for(way.principal), self.defaults(loaded), way.continued
        id = token_hex(4)  # for the log: random, so that it identifies nobody
        opened = continued.opened if continued else self.history.new(way.principal)
        why_not = self.history.why_not(way.principal, extensions=way.extensions)
        model = loaded.engines.chat_model if loaded.language_model_connected else None
        around = Around(
            opened.person_id, opened.id, lambda: list(session.transcript), lambda event: connection.tell(event), model
        )
        kept = Kept(practising=self.practices.talk(around))
        if not why_not:
            written = self.history.begin(opened, lambda: _about(connection), lambda *state: told(*state))
            sound = self.history.recorder.begin(written, lambda *state: connection.recording_ended(*state))
            talk = Talk(
                opened.person_id,
                opened.id,
                lambda: connection.character.id,
                lambda: list(session.transcript),
                lambda ids: session.forget(ids),
                lambda fact, action: connection.tell_remembered(fact_object(fact), action),
            )
            recall = self.memory.begin(talk) if self.memory.allowed(way.principal) else None
            kept = Kept(written, sound, recall, kept.practising)
        session = Session(
            config_of(way.start, way.character, defaults),
            loaded.engines,
            loaded.workers,
            self.limits,
            self.metrics.observer(id, way.character.id, way.principal),
            journal=Journal(_all(self.metrics.write, *kept.writers)),
            transcript=continued.transcript if continued else (),
            summary=continued.summary if continued else None,
            playback=way.transport.playback,
        )
        connection = Connection(
            session,
            way.start,
            way.character,
            self.characters,
            way.model,
            defaults,
            rounds=self.rounds,
            append_bytes=settings.append_bytes,
            expires_at=expiry(settings.session_s),
            extensions=way.extensions,
            token=f"{self.replica}.{token_urlsafe(18)}",
            resume_s=settings.resume_s,
            conversation_id=opened.id,
            person_id=way.principal.id,
            person_name=way.person_name,
            remembering=kept.recall,
            practising=kept.practising,
        )
        told = connection.tell_keeping
        told(kept.conversation is not None, why_not)
        if kept.sound:
            connection.allow_recording()
        return LiveSession(id, connection, settings, way.principal, self.clock), kept

    @property
    def _free(self) -> int:
        return 0 if self.draining else self.admission.free(len(self.live) + self._entering)

    def _own(self, life: Coroutine[Any, Any, None], lease: Lease) -> None:
        """Keep a session's life, and its engines until that is over."""
        task = asyncio.create_task(life)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: lease.end())

    async def _supervise(self, live: LiveSession, kept: Kept) -> None:
        """One session's life; nothing that goes wrong in it reaches another."""
        try:
            try:
                await live.run()
            finally:
                self.admission.left()
                if kept.conversation:
                    kept.conversation.end(live.ended)
                if kept.recall:
                    self.memory.end(kept.recall)
                if kept.practising:
                    self.practices.end(kept.practising, live.ended)
                await self.registry.remove(live)
                if kept.sound:
                    await kept.sound.end()
        except Exception:
            log.error("session failed", session=live.id, exc_info=True)
        self.metrics.sessions.set(len(self.live))

    async def _measure(self) -> None:
        """Feed the admission once a second with what the loop's thread did, and the clock of the sessions."""
        loop = asyncio.get_running_loop()
        while True:
            lags, began, cpu = list[float](), loop.time(), time.thread_time()
            while loop.time() - began < 1.0:
                due = loop.time() + (TICK_S if self.live else IDLE_TICK_S)
                await asyncio.sleep(due - loop.time())
                lags.append(loop.time() - due)
                if still_s := self.clock.tick():
                    log.warning("the process stood still", seconds=round(still_s, 1))
                    break
            else:
                share = (time.thread_time() - cpu) / (loop.time() - began)
                lag = sorted(lags)[int(0.95 * len(lags))]
                self.admission.measured(share, lag, len(self.live))
                self.metrics.loop_lag.set(lag)
                self.metrics.loop_cpu.set(share)


def _all(*writers: Write) -> Write:
    async def write(entry: Entry) -> None:
        for one in writers:
            await one(entry)

    return write


def _about(connection: Connection) -> About:
    language, talks = connection.session.config.language, connection.object.type == "realtime"
    return About(connection.character, language, talks)
