"""IndexTTS2, which speaks in anybody's voice and with any mixture of eight emotions: over HTTP, or in process on a GPU.

Over HTTP a clause is `POST /synthesize`, multipart, answered with a WAV:
- `text`; `prompt_audio`: a WAV whose voice is taken (optional: without one, the server's own);
- `emo_vector`: a JSON list of eight numbers from 0 to 1, in the model's own order (happy, angry, sad, afraid, disgusted,
  melancholic, surprised, calm), named like the argument of its `infer`; left out where no style is asked for;
- `temperature`, `top_p`, `top_k`, `num_beams`: left out unless they are set.
In process it is the package `indextts` (github.com/index-tts/index-tts), called as its README shows. That path was tested
against a stand-in with the package's signature and never run on a GPU.
"""

from __future__ import annotations

import json
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from hashlib import blake2s
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, get_args

import httpx2
import numpy as np

from models.remote.audio_stream import WireAudio, wav_of
from models.remote.client import Bounds, Refusal, Remote, Server
from models.support.clauses import LONGEST_CLAUSE, checked_clause, chunks
from pipeline.audio.samples import Samples, samples_of
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, VoiceSample
from pipeline.errors import EngineBusy, EngineError, EngineUnavailable, SettingError
from pipeline.text.styles import Emotion, style_of

NAME = "indextts"
RATE = 22_050
LANGUAGES = ("zh", "en")
SAMPLE_MS = 15_000
"""More of a voice's sample is not looked at by the model."""
PROMPTS = 32
"""Voices that are kept as files while it runs in process."""
LARGEST_PROMPT = 10 * 1024 * 1024
OPTIONS: Mapping[str, type] = {"temperature": float, "top_p": float, "top_k": int, "num_beams": int}
EMOTIONS: Sequence[Emotion] = get_args(Emotion)
SERVER = Server(NAME, "the IndexTTS server", address="KAIKOU_INDEXTTS_URL")


def create(settings: Mapping[str, Any]) -> IndexTTSServer | IndexTTS:
    """settings: `url`, or `weights` (a folder) for the model in process; `voice` (an audio file whose voice is taken for
    characters without one), `options` ("temperature=0.8", … as a list), `timeout_s`.

    Raises `EngineUnavailable` if there is neither a server nor the package with its weights, or no such file, and
    `SettingError` for an option that is none.
    """
    options = _options(settings.get("options") or ())
    voice = Path(settings["voice"]) if settings.get("voice") else None
    prompt = _read(voice) if voice else b""
    if url := settings.get("url"):
        return IndexTTSServer(url, prompt, options, float(settings.get("timeout_s") or 8.0))
    return IndexTTS(settings.get("weights"), voice, options)


class IndexTTSServer:
    """One client, shared by all sessions; a clause is one request."""

    def __init__(self, url: str, prompt: bytes, options: Mapping[str, float], timeout_s: float) -> None:
        self._remote = Remote(SERVER, url, Bounds(first_s=timeout_s, between_s=timeout_s))
        self._prompt = prompt
        self._options = options
        proxy = self._remote.server.proxy
        self.info = EngineInfo(
            NAME, "synthesizer", LANGUAGES, RATE, clones=True, styles=True, streams=False, proxy=proxy
        )

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        """The clause's audio as it arrives, in the voice of `request.voice.sample`, else of the file that was set.

        Raises `EngineUnavailable` if the server cannot be reached, `EngineBusy`, `EngineTimeout` and `EngineError`.
        """
        text = checked_clause(request.text, LONGEST_CLAUSE, NAME)
        if not text:
            return
        fields = {"text": text, **{name: str(value) for name, value in self._options.items()}}
        if vector := emotion_vector(request.voice.style):
            fields["emo_vector"] = json.dumps(vector)
        sample = request.voice.sample
        prompt = wav_of(_cut(sample), sample.rate) if sample else self._prompt
        async with aclosing(self._remote.stream(partial(self._ask, fields, prompt))) as pieces:
            async for chunk in pieces:
                yield chunk

    def close(self) -> None:
        self._remote.close()

    async def aclose(self) -> None:
        await self._remote.aclose()

    async def _ask(self, fields: dict[str, str], prompt: bytes) -> AsyncGenerator[SpeechChunk, None]:
        audio = WireAudio(self._remote.server, RATE)
        # Without a file, httpx would send a form of the other kind.
        files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
        if prompt:
            files["prompt_audio"] = ("voice.wav", prompt, "audio/wav")
        async with self._remote.http.stream("POST", "/synthesize", files=files) as response:
            if response.status_code != httpx2.codes.OK:
                raise Refusal.of(response)
            audio.expect(response.headers.get("content-type", ""))
            async with aclosing(response.aiter_bytes()) as pieces:
                async for raw in pieces:
                    for chunk in audio.take(raw):
                        yield chunk
        for chunk in audio.end():
            yield chunk


class IndexTTS:
    """The model in this process, for one clause at a time; others wait their turn for a few seconds."""

    def __init__(
        self, weights: Path | str | None, voice: Path | None, options: Mapping[str, float], turn_s: float = 8.0
    ) -> None:
        try:
            package = import_module("indextts.infer_v2")
        except ImportError as error:
            raise EngineUnavailable(
                "IndexTTS is missing: set KAIKOU_INDEXTTS_URL to a server, or install the package indextts.",
                engine=NAME,
            ) from error
        folder = Path(weights) if weights else None
        if folder is None or not (folder / "config.yaml").is_file():
            raise EngineUnavailable(
                "KAIKOU_INDEXTTS_WEIGHTS is no folder with IndexTTS2's config.yaml and weights.", engine=NAME
            )
        self._model = package.IndexTTS2(cfg_path=str(folder / "config.yaml"), model_dir=str(folder), use_fp16=True)
        self._voice = voice
        self._options = options
        self._turn, self._turn_s = Lock(), turn_s
        self._folder = tempfile.TemporaryDirectory()
        self._prompts: list[Path] = []
        self.info = EngineInfo(NAME, "synthesizer", LANGUAGES, RATE, clones=True, styles=True, streams=False)

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        """The clause, made at once. Raises `EngineUnavailable` without a voice to take, `EngineBusy`, `EngineError`."""
        text = checked_clause(request.text, LONGEST_CLAUSE, NAME)
        if not text:
            return
        if not self._turn.acquire(timeout=self._turn_s):
            raise EngineBusy("IndexTTS is busy with other clauses.", engine=NAME)
        try:
            rate, samples = self._model.infer(
                spk_audio_prompt=str(self._prompt(request.voice.sample)),
                text=text,
                output_path=None,
                emo_vector=emotion_vector(request.voice.style),
                **self._options,
            )
        except (OSError, RuntimeError, TypeError, ValueError) as error:  # torch's own, and other versions' arguments
            raise EngineError("IndexTTS could not speak this.", engine=NAME) from error
        finally:
            self._turn.release()
        pcm = np.asarray(samples, np.int16).reshape(-1)
        if rate != RATE:
            raise EngineError(f"IndexTTS speaks at {rate} Hz, not at {RATE}.", engine=NAME)
        yield from chunks(pcm, RATE, 0, deque())

    def close(self) -> None:
        self._model = None
        self._folder.cleanup()

    def _prompt(self, sample: VoiceSample | None) -> Path:
        """The file of a voice. The model keeps what it found in the latest one, by its path: same voice, same path."""
        if sample is None:
            if self._voice is None:
                raise EngineUnavailable(
                    "IndexTTS needs a voice to take: set KAIKOU_INDEXTTS_VOICE to a recording.", engine=NAME
                )
            return self._voice
        wav = wav_of(_cut(sample), sample.rate)
        path = Path(self._folder.name, blake2s(wav).hexdigest() + ".wav")
        if path in self._prompts:
            self._prompts.remove(path)
        else:
            path.write_bytes(wav)
        self._prompts.append(path)
        if len(self._prompts) > PROMPTS:
            self._prompts.pop(0).unlink()
        return path


def emotion_vector(style: str) -> list[float] | None:
    """The eight emotions' strengths for a style, None for no style."""
    meant = style_of(style)
    return [meant.strength if emotion == meant.emotion else 0.0 for emotion in EMOTIONS] if meant.strength else None


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size <= LARGEST_PROMPT:
            return path.read_bytes()
    except OSError:
        pass
    raise EngineUnavailable("KAIKOU_INDEXTTS_VOICE is no audio file of at most 10 MB.", engine=NAME)


def _cut(sample: VoiceSample) -> Samples:
    return sample.pcm[: samples_of(SAMPLE_MS, sample.rate)]


def _options(given: Sequence[str]) -> dict[str, float]:
    options: dict[str, float] = {}
    for entry in given:
        name, _, value = (part.strip() for part in entry.partition("="))
        try:
            options[name] = OPTIONS[name](value)
        except (KeyError, ValueError):
            raise SettingError(
                f"indextts_options: {entry!r} is not one of {', '.join(OPTIONS)} with a number, as in top_p=0.8."
            ) from None
    return options
