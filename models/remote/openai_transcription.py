"""Recognition of whole utterances by any server that speaks OpenAI's `POST /v1/audio/transcriptions`.

Fields by OpenAI's API reference: `file`, `model`, `language` (ISO 639-1), `response_format`, `timestamp_granularities[]`.
Word times and the language come with `verbose_json` alone, which Whisper and most servers besides OpenAI know, and
OpenAI's newer models refuse. (`stream` would be of no use here: it streams the text of audio that was sent as a whole.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import openai

from models.remote.audio_stream import wav_of
from models.remote.client import Bounds, Remote, Server, host_of
from models.remote.openai_errors import plain_errors
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.engines.protocols import EngineInfo, Recognition, WordTime
from pipeline.errors import EngineError, EngineUnavailable

NAME = "openai-transcription"
OPENAI = "https://api.openai.com/v1"
MODEL, MODEL_ELSEWHERE = "gpt-transcribe", "whisper-1"
LONGEST_S = 300
"""What comes after is not kept: a WAV of this length has 10 MB, and servers take 25."""
SHORTEST = samples_of(100)
"""OpenAI refuses shorter audio; no word fits in."""
LANGUAGES: Mapping[str, str] = {
    "arabic": "ar", "cantonese": "yue", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en",
    "finnish": "fi", "french": "fr", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu",
    "indonesian": "id", "italian": "it", "japanese": "ja", "korean": "ko", "malay": "ms", "norwegian": "no",
    "persian": "fa", "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru", "spanish": "es",
    "swedish": "sv", "tamil": "ta", "thai": "th", "turkish": "tr", "ukrainian": "uk", "vietnamese": "vi",
}  # fmt: skip
"""Whisper tells the language by its English name."""

Transcribe: TypeAlias = Callable[[openai.AsyncOpenAI, Samples, str], Awaitable[Recognition]]
"""One request: the text of samples at 16 kHz, by a client, in a language or (empty) any."""


def create(settings: Mapping[str, Any]) -> RemoteRecognizer:
    """settings: `base_url` (empty: OpenAI), `api_key`, `model`, `timeout_s`.

    Raises `EngineUnavailable` if OpenAI itself is asked for without a key.
    """
    base_url = settings.get("base_url") or OPENAI
    own = host_of(base_url).endswith(".openai.com")
    if own and not settings.get("api_key"):
        raise EngineUnavailable(
            "OpenAI's transcription needs a key (KAIKOU_STT_API_KEY or OPENAI_API_KEY).", engine=NAME
        )
    model = settings.get("model") or (MODEL if own else MODEL_ELSEWHERE)
    detailed = not own or model.startswith("whisper")
    server = Server(NAME, "OpenAI" if own else "the transcription server", "KAIKOU_STT_API_KEY", "KAIKOU_STT_BASE_URL")
    given = {key: settings[key] for key in ("api_key", "timeout_s") if settings.get(key)}
    return RemoteRecognizer(server, Transcriptions(model, detailed), base_url, model, times_words=detailed, **given)


class RemoteRecognizer:
    """One client, shared by all sessions; an utterance is sent whenever its words are asked for."""

    def __init__(
        self,
        server: Server,
        transcribe: Transcribe,
        base_url: str,
        model: str,
        *,
        languages: tuple[str, ...] = (),
        times_words: bool = False,
        api_key: str = "",
        timeout_s: float = 8.0,
    ) -> None:
        self._remote = Remote(server, base_url, Bounds(first_s=timeout_s, whole_s=timeout_s))
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key or "none", http_client=self._remote.http, max_retries=0
        )
        self._transcribe = transcribe
        self._model = model
        note = "No words while somebody speaks: it is asked at the end."
        self.info = EngineInfo(
            server.engine,
            "recognizer",
            languages,
            LINE_RATE,
            note=note,
            times_words=times_words,
            streams=False,
            proxy=self._remote.server.proxy,
        )

    def open(self, language: str = "") -> RemoteUtterance:
        return RemoteUtterance(partial(self._recognize, language=language), self.info.name)

    def close(self) -> None:
        self._remote.close()

    async def aclose(self) -> None:
        await self._remote.aclose()

    async def _recognize(self, pcm: Samples, language: str) -> Recognition:
        async def ask() -> Recognition:
            with plain_errors():
                try:
                    return await self._transcribe(self._client, pcm, language)
                except (AttributeError, LookupError, TypeError) as error:  # the client does not check what servers send
                    raise ValueError("not a transcription") from error

        return await self._remote.call(ask, wanted=f"The model {self._model!r}")


class RemoteUtterance:
    """Gathers audio. `settle` asks the server, at most once for the same audio; it takes as long as the network does,
    within the recogniser's own bound, whatever its budget."""

    def __init__(self, recognize: Callable[[Samples], Awaitable[Recognition]], engine: str) -> None:
        self._recognize = recognize
        self._engine = engine
        self._pieces: list[Samples] = []
        self._samples = 0
        self._settled: tuple[int, Recognition] | None = None
        self._closed = False
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Timeout] | None = None

    async def accept(self, pcm: Samples) -> str:
        """Always empty: there is no text before the end."""
        if not self._closed and self._samples < LONGEST_S * LINE_RATE:
            self._pieces.append(pcm)
            self._samples += len(pcm)
        return ""

    async def settle(self, budget_s: float) -> Recognition:
        """The text of all audio so far. Raises as `Remote.stream` does, and `EngineError` if closed meanwhile."""
        if self._settled and self._settled[0] == self._samples:
            return self._settled[1]
        if self._closed or self._samples < SHORTEST:
            return Recognition("")
        pcm = np.concatenate(self._pieces)[: LONGEST_S * LINE_RATE]
        self._pieces = [pcm]
        try:
            async with asyncio.timeout(None) as waiting:
                self._waiting = asyncio.get_running_loop(), waiting
                recognition = await self._recognize(pcm)
        except TimeoutError:
            raise EngineError("The utterance was closed.", engine=self._engine) from None
        finally:
            self._waiting = None
        self._settled = self._samples, recognition
        return recognition

    def close(self) -> None:
        self._closed = True
        self._pieces = []
        if waiting := self._waiting:
            loop, timeout = waiting
            with suppress(RuntimeError):  # the loop has ended, and the request with it
                loop.call_soon_threadsafe(_give_up, timeout)


def _give_up(timeout: asyncio.Timeout) -> None:
    with suppress(RuntimeError):  # the answer came first
        timeout.reschedule(asyncio.get_running_loop().time())


class Transcriptions:
    """The request to `/audio/transcriptions`. A server that knows no `verbose_json` is asked for `json` from then on."""

    def __init__(self, model: str, detailed: bool) -> None:
        self._model = model
        self._detailed = detailed

    async def __call__(self, client: openai.AsyncOpenAI, pcm: Samples, language: str) -> Recognition:
        asked: dict[str, Any] = {"model": self._model, "file": ("speech.wav", wav_of(pcm, LINE_RATE), "audio/wav")}
        if len(hint := {"cmn": "zh", "yue": "zh"}.get(language, language)) == 2:
            asked["language"] = hint
        if self._detailed:
            detail = {"response_format": "verbose_json", "timestamp_granularities": ["word"]}
            try:
                return _recognition(await client.audio.transcriptions.create(**asked, **detail))
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                # If it was something else, the next request is refused as well.
                recognition = _recognition(await client.audio.transcriptions.create(**asked, response_format="json"))
                self._detailed = False
                return recognition
        return _recognition(await client.audio.transcriptions.create(**asked, response_format="json"))


def _recognition(heard: Any) -> Recognition:
    language = (getattr(heard, "language", None) or "").lower()
    words = tuple(
        WordTime(word.word.strip(), round(word.start * 1000), round(word.end * 1000))
        for word in getattr(heard, "words", None) or ()
    )
    return Recognition(
        heard.text.strip(), LANGUAGES.get(language, language if len(language) in (2, 3) else ""), words=words
    )
