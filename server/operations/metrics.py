"""What the operator sees: Prometheus metrics, one structured line a turn, and the timings of the latest turns."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pipeline.conversation.answer_parts import Made
from pipeline.conversation.config import Observer
from pipeline.conversation.journal import EntriesLost, Entry, ReplyUsage
from pipeline.conversation.notices import TurnTiming
from pipeline.errors import KaikouError
from server.engines.current import CurrentEngines
from server.identity.principal import Principal
from server.operations.engine_metrics import EngineMetrics
from server.protocol.server_events import MARKS, timing_object

BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.3, 1.6, 2.0, 3.0, 5.0, 10.0, 30.0)
"""Seconds; fine around what a conversation feels, and with the objectives (2 s and 5 s) as bounds."""

KEPT_TURNS = 1_000
CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English; models do not tell how much of a cancelled reply they wrote."""

log = structlog.get_logger("kaikou")


class Metrics:
    """Counts for one server, in a registry of its own."""

    def __init__(self, engines: CurrentEngines) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(EngineMetrics(engines, self.registry))
        self.turns: deque[dict[str, Any]] = deque(maxlen=KEPT_TURNS)
        self._marks = Histogram(
            "kaikou_turn_seconds",
            "From the end of the person's speech to a moment of the turn.",
            ["mark"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._turns = Counter("kaikou_turns_total", "Answers by how they ended.", ["status"], registry=self.registry)
        self._failures = Counter(
            "kaikou_engine_failures_total", "Engine failures.", ["role", "code"], registry=self.registry
        )
        self._speculations = Counter(
            "kaikou_speculations_total", "Answers prepared in a pause.", ["outcome"], registry=self.registry
        )
        self._wasted_audio = Counter(
            "kaikou_speculation_wasted_audio_seconds_total", "Audio made and never heard.", registry=self.registry
        )
        self._wasted_tokens = Counter(
            "kaikou_speculation_wasted_tokens_total", "Tokens written and never used, about.", registry=self.registry
        )
        self.unexpected = Counter(
            "kaikou_unexpected_events_total",
            "Events that did not fit the conversation; any is a fault of this server.",
            ["event", "person", "reply"],
            registry=self.registry,
        )
        self._characters = Counter(
            "kaikou_reply_characters_total", "Characters that were given to the synthesiser.", registry=self.registry
        )
        self._reply_audio = Counter(
            "kaikou_reply_audio_seconds_total", "Audio of answers: made, and heard.", ["state"], registry=self.registry
        )
        self._tokens = Counter(
            "kaikou_reply_tokens_total", "Tokens, where the model tells them.", ["direction"], registry=self.registry
        )
        self._entries_lost = Counter(
            "kaikou_journal_entries_lost_total", "What a journal had no room for.", registry=self.registry
        )
        self.sessions = Gauge("kaikou_sessions", "Conversations going on.", registry=self.registry)
        self.loop_lag = Gauge("kaikou_loop_lag_seconds", "Event loop lag, 95th percentile.", registry=self.registry)
        self.loop_cpu = Gauge(
            "kaikou_loop_cpu_share", "Share of a core the loop's thread uses.", registry=self.registry
        )
        self._audio = Counter(
            "kaikou_audio_requests_total",
            "Requests of /v1/audio by how they ended.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.refused = Counter(
            "kaikou_sessions_refused_total", "Refused connections.", ["reason"], registry=self.registry
        )

    def observer(self, session_id: str, character: str, principal: Principal) -> Observer:
        """Watches one session."""
        return Observer(
            turn=lambda timing: self._turn(session_id, character, principal, timing),
            engine_failed=partial(self.engine_failed, session_id),
            speculated=self._speculated,
            unexpected=lambda event, person, reply: self.unexpected.labels(event, person, reply).inc(),
        )

    async def write(self, entry: Entry) -> None:
        """Counts what a session's journal tells: see `Journal`."""
        match entry:
            case ReplyUsage():
                self._characters.inc(entry.characters)
                self._reply_audio.labels("made").inc(entry.made_ms / 1000)
                self._reply_audio.labels("heard").inc(entry.heard_ms / 1000)
                self._tokens.labels("input").inc(entry.input_tokens)
                self._tokens.labels("output").inc(entry.output_tokens)
            case EntriesLost():
                self._entries_lost.inc(entry.count)
            case _:
                pass

    def audio_ended(self, kind: str) -> Callable[[str], None]:
        """Counts how requests of one kind to `/v1/audio` ended."""
        return lambda outcome: self._audio.labels(kind, outcome).inc()

    def _speculated(self, right: bool, made: Made) -> None:
        self._speculations.labels("hit" if right else "miss").inc()
        if not right:
            self._wasted_audio.inc(made.audio_ms / 1000)
            self._wasted_tokens.inc(made.characters / CHARACTERS_PER_TOKEN)

    def exposition(self) -> bytes:
        """The metrics in Prometheus's text format."""
        return generate_latest(self.registry)

    def _turn(self, session_id: str, character: str, principal: Principal, timing: TurnTiming) -> None:
        self._turns.labels(timing.status).inc()
        for mark in MARKS:
            if (value := getattr(timing, mark)) is not None:
                self._marks.labels(mark).observe(value / 1000)
        entry = {"session": session_id, "character": character, "status": timing.status, **timing_object(timing)}
        self.turns.append(entry)
        log.info("turn", principal=principal.id, by=principal.kind, **entry)

    def engine_failed(self, session_id: str, role: str, error: Exception) -> None:
        """An engine failed a session, or what `session_id` names instead of one."""
        known = isinstance(error, KaikouError)
        self._failures.labels(role, error.code if isinstance(error, KaikouError) else "server_error").inc()
        log.warning("engine failed", session=session_id, role=role, error=str(error), exc_info=None if known else error)
