"""Voices that sherpa-onnx speaks: Kokoro, Matcha, VITS (Piper's among them), and ZipVoice, which takes on a sample's voice.

Theory of operation. The library makes a part of a clause in one call and lets go of the interpreter lock meanwhile; its
callback gives the part's audio sentence by sentence, and can end the call. So a clause is cut into parts, and parts are
made on a few threads that all sessions share, in the order in which they were asked for. These threads never wait for
a listener: a part's audio is put aside, and the next part is asked for when all of the one before is there, so that at
most two parts of a clause lie in memory. Closing the iterator frees its session at once; the thread goes on to the end
of the sentence in its hands.
"""

from __future__ import annotations

import logging
import threading
import wave
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from models.embedded.phonemes import Phonemes
from models.sherpa.library import NAME, Folder, checked_provider, cores, library, loaded
from models.sherpa.voice_folders import cast_of
from models.support.clauses import EMOJI, chunks, clamp, parts
from pipeline.audio.samples import Samples
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, VoiceSample
from pipeline.errors import EngineBusy, EngineError, EngineTimeout, EngineUnavailable, SettingError
from pipeline.text.styles import style_of

log = logging.getLogger(__name__)

PART_TIMEOUT_S = 30.0
"""Bound of one part's first audio, with the wait for those before it."""
LONGEST_QUEUE = 64
SPEEDS = (0.5, 2.0)
FULL_SCALE = 32_767


@dataclass(frozen=True, slots=True)
class SherpaSynthesizerOptions:
    weights: str = ""
    """A folder with a voice."""
    threads: int = 0
    """Cores that one part may use; 0 for up to four."""
    provider: str = "cpu"
    languages: tuple[str, ...] = ()
    """What the voice speaks; empty to take its own word for it."""
    sample: str = ""
    """ZipVoice: a WAV file with the voice to take on when a request brings none."""
    sample_text: str = ""
    """The words of that file."""
    steps: int = 4
    """ZipVoice: steps of its flow; more take longer and sound better."""


def create(settings: Mapping[str, Any]) -> SherpaVoices:
    """Load a voice. Raises `EngineUnavailable` naming what is missing, `SettingError` for a setting that is wrong."""
    try:
        chosen = SherpaSynthesizerOptions(**{key: value for key, value in settings.items() if value not in ("", None)})
    except TypeError as error:
        raise SettingError(f"{NAME}: {error}") from error
    checked_provider(chosen.provider)
    if chosen.threads < 0 or chosen.steps < 1:
        raise SettingError(f"{NAME}: threads cannot be negative, and steps begin at 1.")
    return SherpaVoices(chosen)


class SherpaVoices:
    """One folder of weights, shared by all sessions."""

    def __init__(self, settings: SherpaSynthesizerOptions) -> None:
        self._sherpa = library()
        self._settings = settings
        self._sample = read_sample(settings.sample, settings.sample_text) if settings.sample else None
        threads = settings.threads or min(4, cores())
        self._cast = cast_of(Folder(settings.weights, "kokoro"), tuple(settings.languages), settings.provider)
        self._tts = loaded(lambda: self._load(threads), self._cast.folder)
        # ZipVoice draws its noise from one generator, which is not thread-safe.
        at_once = 1 if self._cast.clones else max(1, cores() // threads)
        self._workers = ThreadPoolExecutor(at_once, thread_name_prefix=f"{NAME}-voice")
        self._waiting = threading.Semaphore(LONGEST_QUEUE)
        self._closed = threading.Event()
        self._phonemes = Phonemes(NAME) if self._cast.reads != "text" else None
        self.info = self._describe()

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        style = style_of(request.voice.style)
        orders = self._orders(request, clamp(request.voice.speed * style.speed, *SPEEDS))
        at = 0
        with closing(self._made(orders)) as made:
            for samples in made:
                pcm = _pcm(samples, style.volume)
                yield from chunks(pcm, self.info.rate, at, deque())
                at += len(pcm)
        if not at and any(map(str.isalnum, request.text)):
            log.warning("%s has no sound for a text of %d characters", self._cast.folder.name, len(request.text))

    def close(self) -> None:
        """Let the threads end: each after the sentence in its hands."""
        self._closed.set()
        self._workers.shutdown(wait=False, cancel_futures=True)
        if self._phonemes:
            self._phonemes.close()

    def _load(self, threads: int) -> Any:
        sherpa, cast = self._sherpa, self._cast
        network = getattr(sherpa, cast.config)(**cast.files)
        model = sherpa.OfflineTtsModelConfig(
            **{cast.kind: network}, num_threads=threads, provider=self._settings.provider
        )
        config = sherpa.OfflineTtsConfig(model=model, rule_fsts=cast.rules, max_num_sentences=1)
        if not config.validate():
            raise ValueError(cast.kind)
        return sherpa.OfflineTts(config)

    def _describe(self) -> EngineInfo:
        cast, note = self._cast, ""
        if cast.clones and not self._sample:
            note = "Speaks with the voice of a sample only: the character needs one, or the setting `sample`."
        rate = self._tts.sample_rate
        given = {"clones": cast.clones, "styles": True, "wants_words": True}
        return EngineInfo(NAME, "synthesizer", cast.languages, rate, cast.voices, note, **given)

    def _orders(self, request: SynthesisRequest, speed: float) -> Iterator[tuple[str, Any]]:
        """What to ask the library for, part by part: text, and how to speak it."""
        sample = request.voice.sample or self._sample if self._cast.clones else None
        if self._cast.clones and not (sample and sample.text):
            raise EngineError("ZipVoice needs a sample of the voice, and the words in it.", engine=NAME)
        speaker = self._cast.speaker(request.voice.name, request.language)
        accent = self._cast.accent(request.language, speaker)
        for part in parts(request.text, _read, engine=NAME):
            for run in self._cast.runs(part.text):
                config = self._sherpa.GenerationConfig()
                config.sid, config.speed, config.num_steps = speaker, speed, self._settings.steps
                if sample:
                    config.reference_audio = (sample.pcm / np.float32(FULL_SCALE + 1)).tolist()
                    config.reference_sample_rate, config.reference_text = sample.rate, sample.text
                text = self._sound_out(run, sample, accent, config)
                if text is not None:
                    yield text, config

    def _sound_out(self, text: str, sample: VoiceSample | None, accent: str, config: Any) -> str | None:
        """Put phonemes into `config`, if they are needed; the text that is left to read, None if there is no sound."""
        texts = [sample.text, text] if sample else [text]
        if not self._phonemes or not all(map(self._cast.sounds_out, texts)):
            return text
        sounds = [self._cast.spelled(self._phonemes.of(each, accent)) for each in texts]
        if not any(letter.isalpha() for letter in sounds[-1]):
            return None
        if self._cast.reads == "tokens":
            config.tokens = [list(sound) for sound in sounds]
        else:
            config.phoneme_codepoints = [[ord(letter) for letter in sound] for sound in sounds]
        return ""

    def _made(self, orders: Iterator[tuple[str, Any]]) -> Generator[Any, None, None]:
        """The audio of the parts one after the other, float32; the next is begun when one is complete."""
        current = self._begin(orders)
        following: _Part | None = None
        try:
            while current:
                while (samples := current.next()) is not None:
                    if current.complete and following is None:
                        following = self._begin(orders)
                    yield samples
                current, following = following or self._begin(orders), None
        finally:
            for part in (current, following):
                if part:
                    part.cancel()

    def _begin(self, orders: Iterator[tuple[str, Any]]) -> _Part | None:
        """Have the next part made, if there is one. Raises `EngineBusy`."""
        order = next(orders, None)
        if order is None:
            return None
        if not self._waiting.acquire(blocking=False):
            raise EngineBusy("Too many voices want to speak at once.", engine=NAME)
        part = _Part(*order, self._closed)
        try:
            future = self._workers.submit(part.make, self._tts)
        except RuntimeError as error:
            self._waiting.release()
            raise EngineError("The voices are closed.", engine=NAME) from error
        future.add_done_callback(lambda _done: self._waiting.release())
        part.begun(future)
        return part


class _Part:
    """A part of a clause on its way. `complete` when all of its audio is there."""

    def __init__(self, text: str, config: Any, engine_closed: threading.Event) -> None:
        self.complete = False
        self._text, self._config = text, config
        self._engine_closed = engine_closed
        self._cancelled = self._taken = False
        self._made: SimpleQueue[Any] = SimpleQueue()
        self._future: Future[None] | None = None

    def make(self, tts: Any) -> None:
        """On a worker thread."""
        if self._stopped():
            return
        made = tts.generate(self._text, self._config, self._take)
        if not self._taken and made.samples:  # ZipVoice, given tokens, does not call back
            self._take(np.asarray(made.samples, np.float32), 1.0)

    def begun(self, future: Future[None]) -> None:
        self._future = future
        future.add_done_callback(lambda _done: self._made.put(None))

    def next(self) -> Any:
        """The next audio, None at the end. Raises `EngineError`."""
        try:
            samples = self._made.get(timeout=PART_TIMEOUT_S)
        except Empty as error:
            raise EngineTimeout(f"The voice did not answer within {PART_TIMEOUT_S:g} s.", engine=NAME) from error
        if samples is None and self._future:
            if self._future.cancelled() or self._stopped():
                raise EngineError("The voices are closed.", engine=NAME)
            if error := self._future.exception():
                raise EngineError("The voice could not speak this text.", engine=NAME) from error
        return samples

    def cancel(self) -> None:
        """End it at the next callback; if it has not begun, it never will."""
        self._cancelled = True
        if self._future:
            self._future.cancel()

    def _take(self, samples: Any, progress: float) -> int:
        """The library's callback: whether to go on."""
        if self._stopped():
            return 0
        self._taken = True
        self.complete = progress >= 1.0
        self._made.put(samples)
        return 1

    def _stopped(self) -> bool:
        return self._cancelled or self._engine_closed.is_set()


def read_sample(path: str, text: str) -> VoiceSample:
    """A voice from a mono WAV file of 16 bits. Raises `EngineUnavailable`."""
    file = Path(path)
    try:
        with wave.open(str(file)) as source:
            if (source.getnchannels(), source.getsampwidth()) != (1, 2):
                raise EngineUnavailable(f"The sample {file.name} must be mono and 16-bit.", engine=NAME)
            return VoiceSample(
                np.frombuffer(source.readframes(source.getnframes()), np.int16), source.getframerate(), text
            )
    except (OSError, EOFError, wave.Error) as error:
        raise EngineUnavailable(f"The sample {file.name} cannot be read as a WAV file.", engine=NAME) from error


def _read(token: str) -> str:
    return EMOJI.sub("", token)


def _pcm(samples: Any, volume: float) -> Samples:
    return np.clip(samples * np.float32(volume * FULL_SCALE), -FULL_SCALE, FULL_SCALE).astype(np.int16)
