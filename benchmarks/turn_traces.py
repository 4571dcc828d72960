"""What the engines make of a conversation, found out once and kept in the temporary folder: voice, words, pauses, drafts.

The replay of a strategy then needs no engine. Words are those of the embedded recogniser, as they were known at each
moment: it hears pieces of 128 ms and answers a window later.
"""

from __future__ import annotations

import json
import re
import tempfile
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pocketsphinx import Decoder

from benchmarks.turn_speech import APART, WINDOW, Conversation, Recording, Turn
from models.embedded import silero
from models.embedded.pocketsphinx import StreamingDecoder, WholeDecoder, plain
from models.whisper.library import checked_folder
from models.whisper.network import Network
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.engines.protocols import TurnModel

CACHE = Path(tempfile.gettempdir()) / "kaikou-bench-turns"

PIECE = 4 * WINDOW
PREFIX = samples_of(300)
HEARD_AFTER = samples_of(1700)
"""After the end of a turn, no more is recognised than this."""

HEARD = 8 * LINE_RATE
LANGUAGE = "en"
LANGUAGES = ("zh", "en")
LONGEST = 29 * LINE_RATE
"""What is decoded at once; a few turns with their lengthened pauses are longer."""


def recordings(folder: Path) -> list[Recording]:
    """The clips of one speaker each, without noise. Raises `FileNotFoundError` that says what is wanted."""
    index = folder / "index.json"
    if not index.is_file():
        raise FileNotFoundError(f"No recordings: {index} is not there. Give --speech FOLDER (see docs/turn-taking.md).")
    entries = json.loads(index.read_text("utf-8"))
    single = [e for e in entries if "dB" not in e["file"] and e["speaker"] not in ("several", "silero_multi")]
    detector, aligner = silero.create({"gate": False}), Decoder(lm=None, bestpath=False, loglevel="FATAL")
    return [_recording(folder, entry, detector, aligner) for entry in single]


def _recording(folder: Path, entry: dict[str, Any], detector: silero.SileroDetector, aligner: Any) -> Recording:
    with wave.open(str(folder / entry["file"])) as source:
        pcm = np.frombuffer(source.readframes(source.getnframes()), np.int16)
    voiced = np.flatnonzero(np.array(probabilities(detector, np.pad(pcm, (0, 8 * WINDOW)))) >= 0.5)
    end = min(len(pcm), (int(voiced[-1]) + 1) * WINDOW)
    gaps = list[tuple[int, int]]()
    for last, first in zip(voiced[:-1].tolist(), voiced[1:].tolist(), strict=True):
        gap = ((last + 1) * WINDOW, first * WINDOW)
        near_an_end = gap[0] < voiced[0] * WINDOW + APART or gap[1] > end - samples_of(300)
        if gap[1] - gap[0] < 2 * WINDOW or near_an_end:
            continue
        if not gaps or gap[0] - gaps[-1][1] >= APART:
            gaps.append(gap)
        elif gap[1] - gap[0] > gaps[-1][1] - gaps[-1][0]:
            gaps[-1] = gap
    text = entry.get("text") or ""
    words = aligned(aligner, text, pcm) if entry["lang"] == LANGUAGE else ()
    return Recording(entry["file"], entry["speaker"], entry["lang"], text, pcm, end, tuple(gaps), words)


def aligned(aligner: Any, text: str, pcm: Samples) -> tuple[tuple[str, int], ...]:
    """Each word with the sample after it; nothing where a word is not known to the aligner."""
    words = re.findall(r"[a-z']+", text.lower())
    if not words or any(aligner.lookup_word(word) is None for word in words):
        return ()
    aligner.set_align_text(" ".join(words))
    aligner.start_utt()
    aligner.process_raw(pcm.tobytes(), full_utt=True)
    aligner.end_utt()
    segments = aligner.seg() or ()
    return tuple((s.word.partition("(")[0], (s.end_frame + 1) * 160) for s in segments if not s.word.startswith("<"))


def probabilities(detector: silero.SileroDetector, pcm: Samples) -> list[float]:
    """Of speech in each window."""
    stream = detector.open()
    return [stream.probability(pcm[at : at + WINDOW]) for at in range(0, len(pcm) - WINDOW + 1, WINDOW)]


@dataclass
class Traces:
    """Makes traces; its engines start when the first trace lacks something."""

    models: dict[str, Callable[[], TurnModel]]
    whisper: Path | None = None
    """The folder of its weights, if its words are wanted too."""
    made: dict[str, TurnModel] = field(default_factory=dict)

    @cached_property
    def detector(self) -> silero.SileroDetector:
        return silero.create({})

    @cached_property
    def streaming(self) -> StreamingDecoder:
        return StreamingDecoder()

    @cached_property
    def whole(self) -> WholeDecoder:
        return WholeDecoder()

    @cached_property
    def network(self) -> Network:
        return Network(checked_folder(str(self.whisper)), "cpu", "", at_once=1)

    def model(self, name: str) -> TurnModel:
        """The turn model of that name."""
        if name not in self.made:
            self.made[name] = self.models[name]()
        return self.made[name]


class Trace:
    """One conversation and what is known of it. `save` after use: what was found out meanwhile is kept."""

    def __init__(self, conversation: Conversation, traces: Traces) -> None:
        self.conversation, self._traces = conversation, traces
        self._path = CACHE / f"{conversation.key}.json"
        self._known: dict[str, Any] = json.loads(self._path.read_text("utf-8")) if self._path.is_file() else {}
        self._changed = False

    @property
    def probabilities(self) -> list[float]:
        """Of speech, in each window."""
        return self._once("probabilities", lambda: probabilities(self._traces.detector, self.conversation.pcm))

    @property
    def partials(self) -> list[tuple[int, str]]:
        """From which sample on which words of the current turn are known."""
        return self._once("partials", lambda: list(self._recognized()))

    def complete(self, model: str, start: int, at: int) -> float:
        """What a turn model makes of a pause, heard up to `at`, in a turn that began at `start`."""
        pcm = self.conversation.pcm[max(start, at - HEARD) : at]
        return self._once(f"{model} {start} {at}", lambda: self._traces.model(model).probability(pcm))

    def words(self, start: int, end: int) -> str:
        """What Whisper makes of a turn from `start` to its last voice before a pause."""
        pcm = self.conversation.pcm[max(0, start - PREFIX, end - LONGEST) : end]
        return self._once(
            f"whisper {start} {end}", lambda: self._traces.network.decode(pcm, LANGUAGES, insist=True).text
        )

    def draft(self, turn: Turn, silence_ms: int) -> str:
        """The words of the whole turn, as they are recognised when so much silence was heard after it."""
        start = max(0, turn.start - PREFIX)
        end = self.voice_end(turn) + samples_of(silence_ms)
        pcm = self.conversation.pcm[start:end].tobytes()
        return self._once(f"draft {start} {end}", lambda: plain(self._traces.whole.decode(pcm)))

    def voice_end(self, turn: Turn) -> int:
        """The sample after the turn's last voice, as the detector hears it in this noise."""
        window = turn.end // WINDOW + 2
        while self.probabilities[window] < 0.5:
            window -= 1
        return (window + 1) * WINDOW

    def save(self) -> None:
        """Keep what was found out."""
        if self._changed:
            CACHE.mkdir(exist_ok=True)
            self._path.write_text(json.dumps(self._known), "utf-8")
            self._changed = False

    def _once(self, key: str, find_out: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key], self._changed = find_out(), True
        return self._known[key]

    def _recognized(self) -> Iterator[tuple[int, str]]:
        conversation, decoder = self.conversation, self._traces.streaming
        for turn in conversation.turns if conversation.language == LANGUAGE else ():
            decoder.begin()
            text, at = "", max(0, turn.start - PREFIX) // WINDOW * WINDOW
            while at < turn.end + HEARD_AFTER:
                heard = plain(decoder.accept(conversation.pcm[at : at + PIECE].tobytes()))
                at += PIECE
                if heard != text:
                    text = heard
                    yield at + WINDOW, text
            yield at + WINDOW, ""
