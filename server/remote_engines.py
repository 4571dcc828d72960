"""From settings to what the engines that are a network away need to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.engines import Role
from server.settings import Settings


def remote_options(settings: Settings) -> dict[tuple[Role, str], Mapping[str, Any]]:
    """The options of each such engine, by role and name in the registry. Empty values stand for the engine's own."""
    speaking, hearing = {"timeout_s": settings.audio_s}, {"timeout_s": settings.recognizer_s}
    # Without addresses of their own, all three are OpenAI, and one key opens all.
    openai_key = "" if settings.llm_base_url else settings.llm_api_key.get_secret_value()
    stepfun = {
        "api_key": settings.stepfun_api_key.get_secret_value(),
        "base_url": settings.stepfun_base_url,
    }
    return {
        ("recognizer", "openai"): {
            "base_url": settings.stt_base_url,
            "model": settings.stt_model,
            "api_key": settings.stt_api_key.get_secret_value() or ("" if settings.stt_base_url else openai_key),
            **hearing,
        },
        ("recognizer", "stepfun"): {**stepfun, **hearing},
        ("synthesizer", "openai"): {
            "base_url": settings.tts_base_url,
            "model": settings.tts_model,
            "voices": settings.tts_voices,
            "rate": settings.tts_rate,
            "api_key": settings.tts_api_key.get_secret_value() or ("" if settings.tts_base_url else openai_key),
            **speaking,
        },
        ("synthesizer", "stepfun"): {**stepfun, "model": settings.stepfun_model, **speaking},
        ("synthesizer", "minimax"): {
            "api_key": settings.minimax_api_key.get_secret_value(),
            "group_id": settings.minimax_group_id,
            "base_url": settings.minimax_base_url,
            "model": settings.minimax_model,
            **speaking,
        },
        ("synthesizer", "indextts"): {
            "url": settings.indextts_url,
            "weights": settings.indextts_weights,
            "voice": settings.indextts_voice,
            "options": settings.indextts_options,
            **speaking,
        },
        ("speech_model", "realtime"): {
            "url": settings.speech_model_url,
            "api_key": settings.speech_model_api_key.get_secret_value(),
            "model": settings.speech_model,
            "voices": settings.speech_model_voices,
            "transcriber": settings.speech_model_transcriber,
        },
    }
