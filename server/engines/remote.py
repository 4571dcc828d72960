"""From settings to what the engines that are a network away need to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.engines.protocols import Role
from server.settings.engines import EngineLimits, EngineSettings


def remote_options(engines: EngineSettings, limits: EngineLimits) -> dict[tuple[Role, str], Mapping[str, Any]]:
    """The options of each such engine, by role and name in the registry. Empty values stand for the engine's own."""
    speaking, hearing = {"timeout_s": limits.audio_s}, {"timeout_s": limits.recognizer_s}
    # Without addresses of their own, all three are OpenAI, and one key opens all.
    openai_key = "" if engines.openai.llm_base_url else engines.openai.llm_api_key.get_secret_value()
    stepfun = {
        "api_key": engines.stepfun.api_key.get_secret_value(),
        "base_url": engines.stepfun.base_url,
    }
    return {
        ("recognizer", "openai"): {
            "base_url": engines.openai.stt_base_url,
            "model": engines.openai.stt_model,
            "api_key": engines.openai.stt_api_key.get_secret_value()
            or ("" if engines.openai.stt_base_url else openai_key),
            **hearing,
        },
        ("recognizer", "stepfun"): {**stepfun, **hearing},
        ("synthesizer", "openai"): {
            "base_url": engines.openai.tts_base_url,
            "model": engines.openai.tts_model,
            "voices": engines.openai.tts_voices,
            "rate": engines.openai.tts_rate,
            "api_key": engines.openai.tts_api_key.get_secret_value()
            or ("" if engines.openai.tts_base_url else openai_key),
            **speaking,
        },
        ("synthesizer", "stepfun"): {**stepfun, "model": engines.stepfun.model, **speaking},
        ("synthesizer", "minimax"): {
            "api_key": engines.minimax.api_key.get_secret_value(),
            "group_id": engines.minimax.group_id,
            "base_url": engines.minimax.base_url,
            "model": engines.minimax.model,
            **speaking,
        },
        ("synthesizer", "indextts"): {
            "url": engines.indextts.url,
            "weights": engines.indextts.weights,
            "voice": engines.indextts.voice,
            "options": engines.indextts.options,
            **speaking,
        },
        ("speech_model", "realtime"): {
            "url": engines.realtime.url,
            "api_key": engines.realtime.api_key.get_secret_value(),
            "model": engines.realtime.model,
            "voices": engines.realtime.voices,
            "transcriber": engines.realtime.transcriber,
        },
    }
