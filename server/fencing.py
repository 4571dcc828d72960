"""How engines are fenced: limits from the settings, and chains of the engines that stand in for each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from pipeline.chain import ChatChain, FencedSpeechModel, FencedTurnModel, Member, RecognizerChain, SynthesizerChain
from pipeline.engines import Role
from pipeline.errors import SettingError
from pipeline.fence import Fence, FenceLimits
from pipeline.pump import Workers
from server.settings import Settings

OPEN_S = 15.0
"""How long recognisers may take to open an utterance: one that starts a process for it reads its model first."""

TURN_MODEL_S = 1.5
"""Longer than any wait in a turn is worth."""

BACKSTOP_S = 1.0
"""What the loop waits longer than a chain does: a bound that is run into is to count as the engine's failure."""


def longest_turn_s(settings: Settings) -> float:
    """How much audio of a turn is recognised, and kept for the next recogniser; with some room before and after."""
    return settings.turn_s + 5


def spelled(role: Role, chain: str) -> list[str]:
    """The engines of "a, b:weights", in order. Raises `SettingError` if there is none, or several where one is possible."""
    parts = list(dict.fromkeys(part.strip() for part in chain.split(",") if part.strip()))
    if not parts:
        raise SettingError(f"The setting {role} names no engine.")
    if len(parts) > 1 and role in ("voice_detector", "turn_model", "speech_model"):
        raise SettingError(f"The setting {role} takes one engine.")
    return parts


def member(engine: Any, role: Role, name: str, settings: Settings) -> Member[Any]:
    """An engine behind a fence of its own, with threads of its own."""
    at_once = {
        "recognizer": settings.recognizer_at_once,
        "chat_model": settings.chat_model_at_once,
        "synthesizer": settings.synthesizer_at_once,
    }
    limits = FenceLimits(
        at_once=at_once.get(role, settings.max_sessions),
        waiting=settings.engine_waiting,
        wait_s=settings.engine_wait_s,
        failures=settings.breaker_failures,
        within_s=settings.breaker_within_s,
        pause_s=settings.breaker_pause_s,
    )
    return Member(engine, engine.info, Fence(role, name, limits), Workers(settings.engine_threads))


def chained(role: Role, members: Sequence[Member[Any]], settings: Settings) -> Any:
    """The members as one engine of the role."""
    match role:
        case "recognizer":
            return RecognizerChain(members, settings.recognizer_s, OPEN_S, longest_turn_s(settings))
        case "chat_model":
            return ChatChain(members, settings.first_token_s)
        case "synthesizer":
            return SynthesizerChain(members, settings.audio_s)
        case "turn_model":
            return FencedTurnModel(members, TURN_MODEL_S)
        case "speech_model":
            return FencedSpeechModel(members, settings.first_token_s)
        case "voice_detector":
            return members[0].engine  # called inline, a few microseconds at a time
        case _:
            assert_never(role)
