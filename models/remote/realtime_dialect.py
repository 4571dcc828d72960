"""The client's side of the OpenAI Realtime API as JSON: its present shape (GA), and the one before (beta). Pure.

OpenAI took the beta shape back in 2026; StepFun and others still speak it. Which one a server speaks shows in the first
event that it sends. Only what is meant is sent, since servers refuse fields that they do not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from pipeline.engines.protocols import Message, Tool
from pipeline.engines.speech_model import SpeechModelConfig, SpeechModelRequest

Json = dict[str, Any]

RATE = 24_000
"""Hz of PCM in both shapes, both ways."""

MOST_TOKENS = 4_096
"""OpenAI refuses a higher limit; none is the same."""

TRANSCRIBER = "gpt-4o-mini-transcribe"

VOICES: Mapping[str, Mapping[str, str]] = {
    "openai.com": {
        "female": "marin",
        "female-2": "coral",
        "female-3": "shimmer",
        "male": "cedar",
        "male-2": "ash",
        "neutral": "sage",
    },
    "stepfun.com": {"female": "qingchunshaonv", "male": "wenrounansheng"},
    "stepfun.ai": {"female": "qingchunshaonv", "male": "wenrounansheng"},
}
"""Voices for a character's wish, by the end of the server's name."""

ANYBODY = ""
"""The wish that stands for all others."""

_WISH = re.compile(r"(female|male|neutral)(-\w+)?")


class Dialect(Enum):
    """The shape of the events."""

    GA = "ga"
    BETA = "beta"


def dialect_of(session: Mapping[str, Any]) -> Dialect:
    """What the session object of `session.created` is written in."""
    return Dialect.BETA if session.get("type") != "realtime" and "audio" not in session else Dialect.GA


CANONICAL = {
    "response.audio.delta": "response.output_audio.delta",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.text.delta": "response.output_text.delta",
}
"""Beta's names of the server events that we read."""


def voice_for(wish: str, voices: Mapping[str, str]) -> str:
    """The server's voice for a character's wish; where it is no wish, or none are known, the same name."""
    if wish in voices or not voices or not (match := _WISH.fullmatch(wish)):
        return voices.get(wish, wish)
    return voices.get(match[1]) or voices.get(ANYBODY) or next(iter(voices.values()))


def voices_of(host: str, named: Sequence[str]) -> dict[str, str]:
    """The voices for wishes, from "female=marin" or "marin" for all; else those known for `host`. Raises `ValueError`."""
    voices = {}
    for entry in named:
        wish, given, voice = (part.strip() for part in entry.partition("="))
        if (given and not voice) or not wish:
            raise ValueError(f"{entry!r} is not a voice such as marin or female=marin")
        voices |= {wish: voice} if given else {ANYBODY: wish}
    return voices or dict(next((known for end, known in VOICES.items() if f".{host}".endswith("." + end)), {}))


def session_update(config: SpeechModelConfig, voice: str, transcriber: str, dialect: Dialect) -> Json:
    """The session: turns are ours to find. An empty `voice` leaves the server's own.

    `transcriber` is the model that tells the person's words; empty: the server's usual one, "none": no words.
    """
    limit = config.max_tokens if config.max_tokens and config.max_tokens <= MOST_TOKENS else "inf"
    common = {"instructions": config.instructions, "tools": _tools(config.tools), "tool_choice": config.tool_choice}
    if config.tool_choice not in ("auto", "none", "required"):
        common["tool_choice"] = _tool_choice(config.tool_choice)
    if dialect is Dialect.BETA:
        session: Json = {
            "modalities": ["text", "audio"],
            **common,
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "turn_detection": None,
            "max_response_output_tokens": limit,
        }
        session |= {"voice": voice} if voice else {}
        session |= {"input_audio_transcription": {"model": transcriber}} if transcriber not in ("", "none") else {}
        return {"type": "session.update", "session": session}
    pcm = {"type": "audio/pcm", "rate": RATE}
    heard = {"model": transcriber or TRANSCRIBER, "language": config.language}
    spoken = {"format": pcm, "speed": config.voice.speed} | ({"voice": voice} if voice else {})
    return {
        "type": "session.update",
        "session": {
            "type": "realtime",
            "output_modalities": ["audio"],
            **common,
            "max_output_tokens": limit,
            "audio": {
                "input": {
                    "format": pcm,
                    "turn_detection": None,
                    "transcription": None if transcriber == "none" else heard,
                },
                "output": spoken,
            },
        },
    }


def response_create(request: SpeechModelRequest, dialect: Dialect) -> Json:
    """The wish for an answer."""
    beta = dialect is Dialect.BETA
    response: Json = {}
    if not request.spoken:
        response["modalities" if beta else "output_modalities"] = ["text"]
    if request.instructions is not None:
        response["instructions"] = request.instructions
    if request.tools is not None:
        response["tools"] = _tools(request.tools)
    if request.tool_choice is not None:
        response["tool_choice"] = _tool_choice(request.tool_choice)
    if request.max_tokens is not None:
        response["max_response_output_tokens" if beta else "max_output_tokens"] = request.max_tokens or "inf"
    if request.input is not None:
        response["input"] = [item_object(message, dialect) for message in request.input]
    if not request.in_conversation:
        response["conversation"] = "none"
    return {"type": "response.create"} | ({"response": response} if response else {})


def item_object(message: Message, dialect: Dialect) -> Json:
    """One item: text, one function call, or a function's output."""
    if message.role == "tool":
        return {"type": "function_call_output", "call_id": message.call_id, "output": message.text}
    if message.calls:
        call = message.calls[0]
        return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
    written = "text" if dialect is Dialect.BETA else "output_text"
    kind = written if message.role == "assistant" else "input_text"
    return {"type": "message", "role": message.role, "content": [{"type": kind, "text": message.text}]}


def _tools(tools: Sequence[Tool]) -> list[Json]:
    return [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters) or {"type": "object", "properties": {}},
        }
        for tool in tools
    ]


def _tool_choice(choice: str) -> Any:
    return choice if choice in ("auto", "none", "required") else {"type": "function", "name": choice}
