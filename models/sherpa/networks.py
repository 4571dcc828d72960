"""The networks that sherpa-onnx recognises with: one that follows speech, and SenseVoice for whole utterances."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from models.sherpa.library import NAME, Folder, loaded, properties
from models.support.batching import Batcher
from models.support.sense_voice import TAG, recognition
from models.support.word_times import words_of
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.engines.protocols import Recognition, WordTime
from pipeline.errors import EngineUnavailable
from pipeline.text.language import language_of

WARM_UP_S = 30.0
"""Bound of the first call, which takes longer than the others."""
QUEUE = 256
"""Pieces, and utterances, that may wait; beyond, the engine is busy."""
SHORTEST = LINE_RATE // 2
"""What is shorter is filled up with silence, since the network looks at several frames at once."""
FRAME = samples_of(10)
MARGIN = 4
"""Frames that the library holds back at the end of what it was given."""
TRANSDUCERS = ("zipformer2", "zipformer", "conformer", "lstm")
SCRIPTS = (
    ("zh", r"[\u4e00-\u9fff]"),
    ("ja", r"[\u3040-\u30ff]"),
    ("ko", r"[\uac00-\ud7af]"),
    ("ru", r"[\u0400-\u04ff]"),
)


@dataclass(frozen=True, slots=True)
class FrameWindow:
    """In frames of 10 ms: how many a network takes at once, sees for that, and leaves for the next time."""

    takes: int
    sees: int
    leaves: int = 0


class FirstPass:
    """The streaming network."""

    def __init__(self, sherpa: Any, folder: Folder, provider: str, threads: int, languages: tuple[str, ...]) -> None:
        self.languages = languages or languages_of(folder.need("tokens.txt"))
        self._network, self.frame_window, self.times_words = _streaming_network(sherpa, folder, provider)
        self.batcher: Batcher[Stream, None] = Batcher(
            self._decode, size=16, wait_s=0, queue=QUEUE, name=NAME, threads=threads
        )
        warm_up = self.open()
        warm_up.accept_audio(np.zeros(LINE_RATE, np.int16))
        with suppress(TimeoutError):
            self.batcher.submit(warm_up).result(WARM_UP_S)

    def open(self) -> Stream:
        return Stream(self._network, self.frame_window)

    def recognition(self, stream: Stream) -> Recognition:
        """The words so far, and when they sound."""
        text, words = stream.text(), stream.words()
        if len(self.languages) == 1:
            return Recognition(text, self.languages[0], words=words)
        language = language_of(text, "") if set(self.languages) == {"zh", "en"} else ""
        return Recognition(text, language, words=words)

    def _decode(self, streams: Sequence[Stream]) -> Sequence[None]:
        while ready := [stream.raw for stream in streams if stream.ready()]:
            self._network.decode_streams(ready)
        return [None] * len(streams)


class Stream:
    """The library's stream, and how much was put into it."""

    def __init__(self, network: Any, frame_window: FrameWindow) -> None:
        self.raw = network.create_stream()
        self._network, self._frame_window = network, frame_window
        self._samples = self._real = 0
        self._added: list[tuple[float, float]] = []

    def accept_audio(self, pcm: Samples) -> None:
        self._feed(pcm)
        self._real = self._samples

    def follow_with_silence(self) -> None:
        """As much as it takes until all that was heard can be decoded; nothing, if that is so already."""
        frames = ceil(self._real / FRAME) + self._frame_window.leaves
        steps = ceil(frames / self._frame_window.takes)
        needed = ((steps - 1) * self._frame_window.takes + self._frame_window.sees + MARGIN) * FRAME
        if needed > self._samples:
            per_ms = LINE_RATE / 1000
            self._added.append((self._samples / per_ms, (needed - self._samples) / per_ms))
            self._feed(np.zeros(needed - self._samples, np.int16))

    def ready(self) -> bool:
        """Whether there is anything to decode."""
        return bool(self._network.is_ready(self.raw))

    def text(self) -> str:
        return plain(self._network.get_result(self.raw))

    def words(self) -> tuple[WordTime, ...]:
        """When the words sound; empty where the network does not tell."""
        result = self._network.get_result_all(self.raw)
        shout = result.text.upper() == result.text
        tokens = [token.lower() if shout else token for token in result.tokens]
        return words_of(tokens, result.timestamps, self._heard_ms)

    def _heard_ms(self, stream_ms: float) -> float:
        """Where a moment of the stream is in what was heard, without the silences that were added."""
        return stream_ms - sum(min(length, stream_ms - at) for at, length in self._added if at < stream_ms)

    def _feed(self, pcm: Samples) -> None:
        self.raw.accept_waveform(LINE_RATE, floats(pcm))
        self._samples += len(pcm)


def _streaming_network(sherpa: Any, folder: Folder, provider: str) -> tuple[Any, FrameWindow, bool]:
    """A transducer or a Paraformer, how far it sees, and whether it tells times.

    Each call has one thread of its own: more calls at once are better.
    """
    small = provider == "cpu"
    encoder = folder.need("encoder*.onnx", small=small)
    facts = properties(encoder)
    kind = facts.get("model_type", "")
    common = {"tokens": str(folder.need("tokens.txt")), "encoder": str(encoder), "num_threads": 1, "provider": provider}
    if kind == "paraformer":
        common["decoder"] = str(folder.need("decoder*.onnx", small=small))
        # The library takes 61 frames each 60, and leaves three of its stacked frames to hear what follows them.
        return loaded(lambda: sherpa.OnlineRecognizer.from_paraformer(**common), folder), FrameWindow(60, 61, 24), False
    if kind in TRANSDUCERS:
        decoder = folder.need("decoder*.onnx", small=False)  # tiny, and suffers from 8 bits
        properties(decoder, "transducer decoder")
        common |= {"decoder": str(decoder), "joiner": str(folder.need("joiner*.onnx", small=small))}
        frame_window = FrameWindow(int(facts["decode_chunk_len"]), int(facts["T"]))
        return loaded(lambda: sherpa.OnlineRecognizer.from_transducer(**common), folder), frame_window, True
    raise EngineUnavailable(f"{encoder.name} is of a kind that cannot stream: {kind or 'unknown'}.", engine=NAME)


def languages_of(tokens: Path) -> tuple[str, ...]:
    """The languages that a list of tokens seems to be made for, by its scripts."""
    text = TAG.sub("", tokens.read_text("utf-8", "replace"))
    found = [language for language, script in SCRIPTS if len(re.findall(script, text)) > 20]
    if "ja" in found and "zh" in found:
        found.remove("zh")  # Japanese is written with both
    words = re.findall(r"(?m)^(?!<)[▁@]*[A-Za-z']{2,}", text)
    return (*found, "en") if words else tuple(found)


def plain(text: str) -> str:
    """The words of a hypothesis, without tags; in lower case if it has capitals only."""
    text = " ".join(TAG.sub("", text).split())
    return text.lower() if text.upper() == text else text


def floats(pcm: Samples) -> Any:
    """The samples as sherpa-onnx wants them: (n,), -1 to 1."""
    return pcm.astype(np.float32) / np.float32(32768)


# --- The second pass -------------------------------------------------------------------------------------------------


class SherpaSecondPass:
    """SenseVoice, which hears finished utterances; those that wait at the same time go in one call."""

    def __init__(self, sherpa: Any, folder: Folder, provider: str, threads: int) -> None:
        model = folder.need("model*.onnx", small=provider == "cpu")
        kind = properties(model).get("model_type", "")
        if kind != "sense_voice_ctc":
            raise EngineUnavailable(f"{model.name} in {folder.name} is not SenseVoice.", engine=NAME)
        common = {"tokens": str(folder.need("tokens.txt")), "num_threads": threads, "provider": provider}
        make = sherpa.OfflineRecognizer.from_sense_voice
        self._network = loaded(lambda: make(model=str(model), use_itn=True, **common), folder)
        self.batcher: Batcher[Any, Recognition] = Batcher(
            self._decode, size=4, wait_s=0, queue=QUEUE, name=f"{NAME}'s second pass"
        )
        with suppress(TimeoutError):
            self.submit(np.zeros(LINE_RATE, np.int16)).result(WARM_UP_S)

    def submit(self, pcm: Samples) -> Future[Recognition]:
        """The recognition of a whole utterance. Raises `EngineBusy`."""
        stream = self._network.create_stream()
        stream.accept_waveform(LINE_RATE, floats(np.pad(pcm, (0, max(0, SHORTEST - len(pcm))))))
        return self.batcher.submit(stream)

    def _decode(self, streams: list[Any]) -> list[Recognition | Exception]:
        self._network.decode_streams(streams)
        return [_told(stream.result) for stream in streams]


def _told(result: Any) -> Recognition:
    """What SenseVoice says of an utterance."""
    heard = recognition(f"{result.lang}{result.emotion}{result.event}{result.text}")
    return replace(heard, words=words_of(result.tokens, result.timestamps))
