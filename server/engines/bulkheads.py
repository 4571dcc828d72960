"""How engines are guarded: limits from the settings, and chains of the engines that stand in for each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from pipeline.engines.bulkhead import Bulkhead, BulkheadLimits
from pipeline.engines.fallback import (
    ChatChain,
    GuardedSpeechModel,
    GuardedTurnModel,
    Member,
    RecognizerChain,
    SynthesizerChain,
)
from pipeline.engines.protocols import Role
from pipeline.engines.workers import Workers
from pipeline.errors import SettingError
from server.settings.conversations import TurnSettings
from server.settings.engines import EngineLimits

OPEN_S = 15.0
"""How long recognisers may take to open an utterance: one that starts a process for it reads its model first."""

TURN_MODEL_S = 1.5
"""Longer than any wait in a turn is worth."""

BACKSTOP_S = 1.0
"""What the loop waits longer than a chain does: a bound that is run into is to count as the engine's failure."""


def longest_turn_s(turns: TurnSettings) -> float:
    """How much audio of a turn is recognised, and kept for the next recogniser; with some room before and after."""
    return turns.turn_s + 5


def spelled(role: Role, chain: str) -> list[str]:
    """The engines of "a, b:weights", in order. Raises `SettingError` if there is none, or several where one is possible."""
    parts = list(dict.fromkeys(part.strip() for part in chain.split(",") if part.strip()))
    if not parts:
        raise SettingError(f"The setting {role} names no engine.")
    if len(parts) > 1 and role in ("voice_detector", "turn_model", "speech_model"):
        raise SettingError(f"The setting {role} takes one engine.")
    return parts


def member(engine: Any, role: Role, name: str, limits: EngineLimits, sessions: int) -> Member[Any]:
    """An engine behind a bulkhead of its own, with threads of its own. sessions: conversations that may go on at once."""
    at_once = {
        "recognizer": limits.recognizer_at_once,
        "chat_model": limits.chat_model_at_once,
        "synthesizer": limits.synthesizer_at_once,
    }
    bulkhead = BulkheadLimits(
        at_once=at_once.get(role, sessions),
        waiting=limits.engine_waiting,
        wait_s=limits.engine_wait_s,
        failures=limits.breaker_failures,
        within_s=limits.breaker_within_s,
        pause_s=limits.breaker_pause_s,
    )
    return Member(engine, engine.info, Bulkhead(role, name, bulkhead), Workers(limits.engine_threads))


def chained(role: Role, members: Sequence[Member[Any]], limits: EngineLimits, longest_s: float) -> Any:
    """The members as one engine of the role. longest_s: of a turn, as `longest_turn_s` says it."""
    match role:
        case "recognizer":
            return RecognizerChain(members, limits.recognizer_s, OPEN_S, longest_s)
        case "chat_model":
            return ChatChain(members, limits.first_token_s, limits.thought_s)
        case "synthesizer":
            return SynthesizerChain(members, limits.audio_s)
        case "turn_model":
            return GuardedTurnModel(members, TURN_MODEL_S)
        case "speech_model":
            return GuardedSpeechModel(members, limits.first_token_s)
        case "voice_detector":
            return members[0].engine  # called inline, a few microseconds at a time
        case _:
            assert_never(role)
