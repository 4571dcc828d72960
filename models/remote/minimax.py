"""MiniMax's voices, streamed by `POST /v1/t2a_v2`.

By its API reference (platform.minimax.io, "speech-t2a-http" and "errorcode"):
- asked: `model`, `text`, `stream`, `stream_options.exclude_aggregated_audio` (or the last event repeats all audio),
  `language_boost`, `voice_setting` with `voice_id`, `speed` 0.5 to 2, `vol` 0 to 10, `pitch` -12 to 12 semitones and
  `emotion`, `audio_setting` with `sample_rate`, `format` and `channel`; accounts of old have a `GroupId` in the address.
- answered: server-sent events, `data.audio` in hexadecimal, `data.status` 1 while it goes on and 2 at the end,
  and `base_resp.status_code`, which is 0 if all is well: HTTP says 200 even for a key that is not right.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import httpx2

from models.remote.audio_stream import WireAudio
from models.remote.client import LONGEST_LINE, Bounds, Refusal, Remote, Server, lines
from models.support.clauses import PREFERENCES, checked_clause, clamp, preference
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, Voice
from pipeline.errors import EngineUnavailable
from pipeline.text.styles import STYLES, Emotion, style_of

NAME = "minimax"
BASE_URL = "https://api.minimax.io"
MODEL = "speech-2.8-turbo"
RATE = 24_000
LONGEST = 2_000
SERVER = Server(NAME, "MiniMax", "KAIKOU_MINIMAX_API_KEY", "KAIKOU_MINIMAX_BASE_URL")
ENDED = 2

CHINESE: Mapping[str, str] = {
    "female": "female-tianmei",
    "female-2": "female-yujie",
    "female-3": "female-chengshu",
    "male": "male-qn-qingse",
    "male-2": "male-qn-jingying",
    "male-low": "Chinese (Mandarin)_Gentleman",
    "neutral": "female-shaonv",
}
ENGLISH: Mapping[str, str] = {
    "female": "English_Graceful_Lady",
    "female-2": "English_radiant_girl",
    "female-3": "English_Upbeat_Woman",
    "male": "English_Trustworth_Man",
    "male-2": "English_ReservedYoungMan",
    "male-low": "English_ManWithDeepVoice",
    "neutral": "English_CalmWoman",
}
"""System voices for our wishes; all of them speak every language, with the accent of their own."""

EMOTIONS: Mapping[Emotion, str] = {
    "happy": "happy",
    "angry": "angry",
    "sad": "sad",
    "afraid": "fearful",
    "disgusted": "disgusted",
    "melancholic": "sad",
    "surprised": "surprised",
    "calm": "calm",
}
WHISPERS = "speech-2.6"
"""The models that know the emotion "whisper"."""
BOOSTS: Mapping[str, str] = {
    "ar": "Arabic", "cs": "Czech", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fi": "Finnish",
    "fr": "French", "hi": "Hindi", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "vi": "Vietnamese", "yue": "Chinese,Yue", "zh": "Chinese",
}  # fmt: skip

REFUSALS: Mapping[int, tuple[int, str]] = {
    1000: (500, "unknown_error"),
    1001: (504, "request_timeout"),
    1002: (429, "rate_limit"),
    1004: (401, "invalid_api_key"),
    1008: (402, "insufficient_balance"),
    1013: (500, "internal_error"),
    1024: (500, "internal_error"),
    1026: (400, "sensitive_input"),
    1027: (400, "sensitive_output"),
    1033: (500, "downstream_error"),
    1039: (429, "rate_limit"),
    1041: (429, "connection_limit"),
    1042: (400, "invisible_characters"),
    2013: (400, "invalid_params"),
    2042: (404, "voice_not_found"),
    2045: (429, "rate_growth_limit"),
    2049: (401, "invalid_api_key"),
    2056: (402, "usage_limit_exceeded"),
    20132: (404, "voice_not_found"),
}
"""What MiniMax's status codes are in HTTP's, with a name; all others count as 400."""


def create(settings: Mapping[str, Any]) -> MiniMax:
    """settings: `api_key`, `group_id`, `base_url`, `model`, `timeout_s`. Raises `EngineUnavailable` without a key."""
    return MiniMax(**{key: value for key, value in settings.items() if value})


class MiniMax:
    """One client, shared by all sessions; a clause is one streaming request. Voices are called "minimax/…"."""

    def __init__(
        self,
        *,
        api_key: str = "",
        group_id: str = "",
        base_url: str = BASE_URL,
        model: str = MODEL,
        timeout_s: float = 8.0,
    ) -> None:
        if not api_key:
            raise EngineUnavailable(f"MiniMax needs a key ({SERVER.key}).", engine=NAME)
        self._model = model
        self._query = {"GroupId": group_id} if group_id else {}
        headers = {"Authorization": f"Bearer {api_key}"}
        bounds = Bounds(first_s=timeout_s, between_s=timeout_s)
        self._remote = Remote(SERVER, base_url.removesuffix("/").removesuffix("/v1"), bounds, headers)
        voices = tuple(
            Voice(f"{NAME}/{voice}", language, PREFERENCES[wish], voice)
            for language, named in (("zh", CHINESE), ("en", ENGLISH))
            for wish, voice in named.items()
        )
        proxy = self._remote.server.proxy
        self.info = EngineInfo(NAME, "synthesizer", tuple(BOOSTS), RATE, voices, styles=True, pitches=True, proxy=proxy)

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        """The clause's audio as it arrives; nothing for a clause without words.

        Raises `EngineUnavailable` for a key, an address or a voice that is not right, `EngineBusy` when asked to slow
        down, `EngineTimeout`, and `EngineError` for all else.
        """
        text = checked_clause(request.text, LONGEST, NAME)
        if not text:
            return
        asked = self._body(text, request)
        wanted = f"The voice {asked['voice_setting']['voice_id']!r}"
        async with aclosing(self._remote.stream(partial(self._ask, asked), wanted=wanted)) as chunks:
            async for chunk in chunks:
                yield chunk

    def close(self) -> None:
        self._remote.close()

    async def aclose(self) -> None:
        await self._remote.aclose()

    def _body(self, text: str, request: SynthesisRequest) -> dict[str, Any]:
        style = style_of(request.voice.style)
        voice: dict[str, Any] = {
            "voice_id": _voice(request),
            # An emotion has no strength there, so that prosody has to say how much is meant.
            "speed": round(clamp(request.voice.speed * style.speed, 0.5, 2.0), 3),
            "vol": style.volume,
            "pitch": round(clamp(request.voice.pitch + style.semitones, -12, 12)),
        }
        if request.voice.style in STYLES:
            whispers = request.voice.style == "whisper" and self._model.startswith(WHISPERS)
            voice["emotion"] = "whisper" if whispers else EMOTIONS[style.emotion]
        return {
            "model": self._model,
            "text": text,
            "stream": True,
            "stream_options": {"exclude_aggregated_audio": True},
            "language_boost": BOOSTS.get(request.language, "auto"),
            "voice_setting": voice,
            "audio_setting": {"sample_rate": RATE, "format": "pcm", "channel": 1},
        }

    async def _ask(self, asked: dict[str, Any]) -> AsyncGenerator[SpeechChunk, None]:
        audio, begun = WireAudio(self._remote.server, RATE), False
        async with self._remote.http.stream("POST", "/v1/t2a_v2", params=self._query, json=asked) as response:
            if response.status_code != httpx2.codes.OK:
                raise Refusal.of(response)
            whole = "json" in response.headers.get("content-type", "")  # no stream: an error, most often
            async with aclosing(lines(response) if not whole else _text(response)) as answer:
                async for line in answer:
                    data = _data(line)
                    if data.get("status") == ENDED and begun:
                        continue  # what servers that do not know the option repeat
                    if raw := bytes.fromhex(data.get("audio") or ""):
                        begun = True
                        for chunk in audio.take(raw):
                            yield chunk
        for chunk in audio.end():
            yield chunk


def _voice(request: SynthesisRequest) -> str:
    whose, _, name = request.voice.name.partition("/")
    if whose == NAME and name:
        return name
    named = CHINESE if request.language in ("zh", "yue") else ENGLISH
    return named[preference(request.voice.name)]


async def _text(response: httpx2.Response) -> AsyncGenerator[str, None]:
    """All of an answer as one line. Raises `ValueError` if it is longer than a line may be."""
    text = ""
    async with aclosing(lines(response)) as parts:
        async for part in parts:
            text += part
            if len(text) > LONGEST_LINE:
                raise ValueError("too long an answer")
    yield text


def _data(line: str) -> dict[str, Any]:
    """The `data` of an event, or of an answer that is no stream. Raises `Refusal`, and `ValueError` for nonsense."""
    line = line.removeprefix("data:").strip()
    if not line or line.startswith((":", "event:", "id:", "retry:")) or line == "[DONE]":
        return {}
    event = json.loads(line)
    if not isinstance(event, dict):
        raise ValueError("not an event")
    code = (event.get("base_resp") or {}).get("status_code") or 0
    if code:
        raise Refusal(*REFUSALS.get(code, (httpx2.codes.BAD_REQUEST, "")))
    data = event.get("data") or {}
    if not isinstance(data, dict) or not isinstance(data.get("audio") or "", str):
        raise ValueError("not audio")
    return data
