"""The embedded voices: flite for English where the system has it, espeak for everything else, at one rate.

A character asks for a voice by preference ("female-2", "male-low", see `models.support.clauses.PREFERENCES`), by an id
of either engine, or by any other name, and gets one of the same gender in whatever language the clause is in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Any

from models.embedded.espeak import Espeak
from models.embedded.flite import INSTALL, Flite, plain
from models.support.clauses import chunks, resampled
from models.support.known_settings import check_known
from pipeline.audio.samples import Samples
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, Synthesizer, WordTime
from pipeline.errors import EngineError, EngineUnavailable

NAME = "embedded"
RATE = 24_000
"""What a realtime client plays, so that nothing after this has to resample."""
BETTER = f"English would be far clearer with the system package libflite1 ({INSTALL})."


def create(settings: Mapping[str, Any]) -> EmbeddedVoices:
    """settings: `flite` = False does without flite. Raises `EngineUnavailable` if espeak does not work here."""
    check_known(NAME, settings, "flite")
    return EmbeddedVoices(flite=bool(settings.get("flite", True)))


class EmbeddedVoices:
    """Thread-safe, like the engines in it."""

    def __init__(self, *, flite: bool = True) -> None:
        self._espeak = Espeak()
        self._flite = _flite() if flite else None
        clear = self._flite.info.voices if self._flite else ()
        note = " ".join(filter(None, (self._espeak.info.note, "" if self._flite else BETTER)))
        voices = (*clear, *self._espeak.info.voices)
        languages = self._espeak.info.languages
        given = {"styles": True, "times_words": True, "wants_words": True, "pitches": True}
        self.info = EngineInfo(NAME, "synthesizer", languages, RATE, voices, note, **given)

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        engine = self._engine(request)
        words: deque[WordTime] = deque()
        at = 0
        try:
            with closing(_pcm(engine.speak(request), words)) as pieces:
                for pcm in resampled(pieces, engine.info.rate, RATE):
                    yield from chunks(pcm, RATE, at, words)
                    at += len(pcm)
        except EngineError as error:
            error.engine = NAME  # which of the two it was does not matter to those who count failures
            raise

    def close(self) -> None:
        self._espeak.close()
        if self._flite:
            self._flite.close()

    def _engine(self, request: SynthesisRequest) -> Synthesizer:
        english = request.language.lower().partition("-")[0] == "en"
        asked_for = request.voice.name.startswith("espeak/en")
        readable = all(plain(letter) for letter in request.text if letter.isalpha())
        return self._flite if self._flite and english and readable and not asked_for else self._espeak


def _flite() -> Flite | None:
    try:
        return Flite()
    except EngineUnavailable:
        return None


def _pcm(spoken: Iterator[SpeechChunk], words: deque[WordTime]) -> Generator[Samples, None, None]:
    """The samples; the words that begin in them are put aside."""
    for chunk in spoken:
        words.extend(chunk.words)
        yield chunk.pcm
