"""Any server that speaks OpenAI's `POST /v1/audio/speech`: OpenAI itself, Kokoro-FastAPI, CosyVoice, vLLM-Omni, others.

Fields by OpenAI's API reference: `model`, `input` (at most 4,096 characters), `voice`, `response_format`, `speed` (0.25
to 4) and `instructions`, which "does not work with tts-1 or tts-1-hd"; `pcm` is 24 kHz, 16 bits, mono, without a header.
Beyond it: `stream: true`, by which vLLM-Omni and Kokoro-FastAPI send audio while they make it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import openai

from models.remote.audio_stream import WireAudio
from models.remote.client import Bounds, Remote, Server, host_of
from models.remote.openai_errors import plain_errors
from models.support.clauses import LONGEST_CLAUSE, PREFERENCES, checked_clause, clamp, preference
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, Voice
from pipeline.errors import EngineUnavailable, SettingError
from pipeline.text.styles import style_of

NAME = "openai-speech"
OPENAI = "https://api.openai.com/v1"
MODEL, MODEL_ELSEWHERE = "gpt-4o-mini-tts", "tts-1"
"""`tts-1` is the name that servers besides OpenAI's accept for whatever they have, where they accept one at all."""
RATE = 24_000
SLOWEST, FASTEST = 0.25, 4.0
UNTOLD = re.compile(r"^tts-1|kokoro", re.IGNORECASE)
"""Models that do not take `instructions`: a style becomes prosody."""

NEWEST_VOICES: Mapping[str, str] = {
    "female": "marin",
    "female-2": "sage",
    "female-3": "shimmer",
    "male": "cedar",
    "male-2": "ballad",
    "male-low": "onyx",
    "neutral": "alloy",
}
COMMON_VOICES: Mapping[str, str] = {**NEWEST_VOICES, "female": "nova", "male": "echo", "male-2": "fable"}
"""What stands for our wishes at OpenAI, and elsewhere: names that have been in the API since its beginning."""
OPENAI_VOICES = frozenset("alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse".split())

Body: TypeAlias = Callable[[str, SynthesisRequest], dict[str, Any]]
"""The fields of a request besides model, voice and format, by the model's name and what is asked for."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What tells one server of this API from another.

    voices: its voices for our wishes. known: further names that may be asked for. body: its own fields.
    longest: characters of one request.
    """

    server: Server
    voices: Mapping[str, str]
    known: frozenset[str]
    body: Body
    languages: tuple[str, ...] = ()
    longest: int = LONGEST_CLAUSE


def create(settings: Mapping[str, Any]) -> OpenAISpeech:
    """settings: `base_url` (empty: OpenAI), `api_key`, `model`, `voices`, `rate` (Hz of its PCM), `timeout_s`.

    `voices`: names of the server, as "female=af_heart" for one of our wishes, or alone for all others. Raises
    `EngineUnavailable` if OpenAI itself is asked for without a key.
    """
    base_url = settings.get("base_url") or OPENAI
    own = host_of(base_url).endswith(".openai.com")
    if own and not settings.get("api_key"):
        raise EngineUnavailable("OpenAI's voices need a key (KAIKOU_TTS_API_KEY or OPENAI_API_KEY).", engine=NAME)
    title = "OpenAI" if own else "the speech server"
    provider = Provider(
        Server(NAME, title, "KAIKOU_TTS_API_KEY", "KAIKOU_TTS_BASE_URL"),
        NEWEST_VOICES if own else COMMON_VOICES,
        OPENAI_VOICES,
        _body if own else _body_elsewhere,
    )
    given = {key: settings[key] for key in ("api_key", "voices", "rate", "timeout_s") if settings.get(key)}
    model = settings.get("model") or (MODEL if own else MODEL_ELSEWHERE)
    return OpenAISpeech(provider, base_url=base_url, model=model, **given)


class OpenAISpeech:
    """One client, shared by all sessions; a clause is one streaming request. The voices are called "openai/nova"."""

    def __init__(
        self,
        provider: Provider,
        *,
        base_url: str,
        model: str,
        api_key: str = "",
        voices: Sequence[str] = (),
        rate: int = RATE,
        timeout_s: float = 8.0,
    ) -> None:
        self._provider = provider
        self._model = model
        bounds = Bounds(first_s=timeout_s, between_s=timeout_s)
        self._remote = Remote(provider.server, base_url, bounds)
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key or "none", http_client=self._remote.http, max_retries=0
        )
        chosen, otherwise = _choice(voices)
        self._voices = {wish: chosen.get(wish) or otherwise or voice for wish, voice in provider.voices.items()}
        # Where voices were set, the server has voices of its own, and other names only say what is wished for.
        self._known = {*self._voices.values(), *(() if voices else provider.known)}
        self._prefix = provider.server.engine.partition("-")[0]
        wishes = {voice: wish for wish, voice in reversed(self._voices.items())}
        offered = tuple(
            Voice(f"{self._prefix}/{voice}", "", PREFERENCES[wish], voice) for voice, wish in reversed(wishes.items())
        )
        server = self._remote.server
        self.info = EngineInfo(
            server.engine, "synthesizer", provider.languages, rate, offered, styles=True, proxy=server.proxy
        )

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        """The clause's audio as it arrives; nothing for a clause without words.

        Raises `EngineUnavailable` for a key, an address, a model or a voice that is not right, `EngineBusy` when asked
        to slow down, `EngineTimeout`, and `EngineError` for all else, also for an answer that is no audio.
        """
        request = replace(request, text=checked_clause(request.text, self._provider.longest, self.info.name))
        if not request.text:
            return
        voice = self._voice(request.voice.name)
        asked = {"model": self._model, "voice": voice, "input": request.text, "response_format": "pcm"}
        asked["extra_body"] = self._provider.body(self._model, request)
        wanted = f"The model {self._model!r} or the voice {voice!r}"
        async with aclosing(self._remote.stream(partial(self._ask, asked), wanted=wanted)) as chunks:
            async for chunk in chunks:
                yield chunk

    def close(self) -> None:
        self._remote.close()

    async def aclose(self) -> None:
        await self._remote.aclose()

    async def _ask(self, asked: dict[str, Any]) -> AsyncGenerator[SpeechChunk, None]:
        audio = WireAudio(self._remote.server, self.info.rate)
        with plain_errors():
            async with self._client.audio.speech.with_streaming_response.create(**asked) as response:
                audio.expect(response.headers.get("content-type", ""))
                async with aclosing(response.iter_bytes()) as pieces:
                    async for raw in pieces:
                        for chunk in audio.take(raw):
                            yield chunk
        for chunk in audio.end():
            yield chunk

    def _voice(self, asked: str) -> str:
        """The server's name for a voice: its own, as "openai/af_sky", or one it has for what is wished for."""
        whose, _, name = asked.rpartition("/")
        return name if whose == self._prefix or name in self._known else self._voices[preference(asked)]


def _choice(voices: Sequence[str]) -> tuple[dict[str, str], str]:
    """The voices that were set, by our wishes, and the one for all others."""
    chosen: dict[str, str] = {}
    otherwise = ""
    for entry in voices:
        wish, given, voice = (part.strip() for part in entry.partition("="))
        if given and wish not in PREFERENCES:
            raise SettingError(f"tts_voices: {wish!r} is none of {', '.join(PREFERENCES)}.")
        if given:
            chosen[wish] = voice
        else:
            otherwise = wish
    return chosen, otherwise


def _body(model: str, request: SynthesisRequest) -> dict[str, Any]:
    style = style_of(request.voice.style)
    told = not UNTOLD.search(model)
    speed = clamp(request.voice.speed * (1.0 if told else style.speed), SLOWEST, FASTEST)
    # Left out where it says nothing: some servers cannot stream at another speed and refuse the field.
    fields: dict[str, Any] = {"speed": round(speed, 3)} if speed != 1.0 else {}
    instructions = request.voice.instructions or style.instructions
    return fields | ({"instructions": instructions} if told and instructions else {})


def _body_elsewhere(model: str, request: SynthesisRequest) -> dict[str, Any]:
    return {**_body(model, request), "stream": True}
