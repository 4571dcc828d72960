"""Sections of what happens in a conversation: how long it lasts, whose turn it is, what is answered, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from server.settings.section import Count, Positive, Section


class SessionSettings(Section):
    """Conversations: how many, how long, and what becomes of them when a connection breaks or the server stops."""

    max_sessions: Count = 200
    """Conversations at once; a further one is told to come back later."""
    session_s: Positive = 3600.0
    """The longest conversation."""
    guest_session_s: Positive = 900.0
    """The longest conversation of a guest, who has one at a time."""
    idle_s: Positive = 900.0
    """A conversation in which nobody speaks or writes for this long is ended."""
    resume_s: Positive = 60.0
    """How long a conversation waits for a client whose connection broke."""
    retained_bytes: Count = 1536 * 1024
    """What was sent to a client that may come back and not acknowledged yet; about 20 s of audio."""
    drain_s: Positive = 20.0
    """After a signal to stop: how long turns that go on may take to finish."""
    latency_cpu: float = Field(default=0.85, gt=0, le=1)
    """Share of a core that the event loop may use before newcomers are asked to wait."""
    latency_lag_ms: Positive = 40.0
    """Lag of the event loop (95th percentile) above which newcomers are asked to wait."""
    append_bytes: Count = 15 * 1024 * 1024
    """The most audio in one message, as `input_audio_buffer.append` or binary."""


class TurnSettings(Section):
    """When a person's turn is over."""

    turn_s: Positive = 60.0
    """A person's turn is ended after this."""
    silence_ms: int = Field(default=500, ge=100, le=10_000)
    """The pause that ends a turn for clients that ask for a fixed one (`server_vad`) and do not say how long."""
    shortest_wait_ms: int = Field(default=200, ge=100, le=10_000)
    """The pause that ends a turn which surely is over, for all other clients (`semantic_vad`)."""
    longest_wait_ms: int = Field(default=1600, ge=100, le=30_000)
    """The pause that ends a turn which hardly is over."""
    settle_s: Positive = 0.45
    """How long the recogniser may take for the final words of a turn."""
    speculate: bool = True
    """Whether answers are prepared in a pause, before the turn is surely over."""
    speculations_per_minute: Count = 20
    """Prepared answers of one conversation that may turn out wrong in a minute before it is left off for a while."""


class AnswerSettings(Section):
    """What a character says, and how far ahead of what is heard."""

    reply_s: Positive = 300.0
    """A character's answer is ended after this much audio."""
    conversation_items: int = Field(default=2_000, ge=10, le=10**9)
    """Messages and calls that a conversation holds; of a longer one the oldest leave."""
    prompt_tokens: int = Field(default=6_000, ge=1_000, le=10**9)
    """How much the language model is shown for an answer, in tokens: instructions, what is remembered, a summary of the
    conversation and its newest turns. Less where its window is smaller."""
    lead_s: Positive = 2.0
    """How far audio is sent ahead of what the person hears."""
    queued_audio_s: Positive = 4.0
    """Audio that may wait for a slow client before the answer waits too."""


class CharacterSettings(Section):
    """Who answers."""

    flat_names: ClassVar[Mapping[str, str]] = {"folder": "personas", "default": "default_character"}

    folder: Path = Path(__file__).parents[2] / "personas"
    """The folder of built-in characters."""
    default: str = "assistant"
    """Who answers when a client names nobody we know."""
