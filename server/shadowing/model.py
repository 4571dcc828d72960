"""A sentence as a character says it: the sound, and when its words are in it."""

from __future__ import annotations

import io
import wave
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.audio.samples import Samples
from pipeline.characters.character import Character, text_in
from pipeline.characters.filled import filled_character
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice, WordTime
from pipeline.text.word_times import align
from server.engines.loaded import LoadedEngines

SYNTHESIS_S = 20.0
LONGEST_S = 60.0
"""Some voices babble on without an end."""


@dataclass(frozen=True, slots=True)
class ModelSentence:
    """A sentence that was said. words: empty where the voice does not tell when they sound."""

    pcm: Samples
    rate: int
    words: tuple[WordTime, ...]

    def wav(self) -> bytes:
        """The sound as a file."""
        audio = io.BytesIO()
        with wave.open(audio, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(self.pcm.astype("<i2", copy=False).tobytes())
        return audio.getvalue()


async def said_by(loaded: LoadedEngines, character: Character | None, language: str, text: str) -> ModelSentence:
    """The text in the character's voice, or in any. Raises `EngineError`."""
    synthesizer = loaded.engines.synthesizer
    info, voice = synthesizer.info, VoiceChoice()
    if character is not None:
        character = filled_character(character)
        voice = VoiceChoice(text_in(character.voice, language), character.speed, character.pitch)
    speak = partial(synthesizer.speak, SynthesisRequest(text, language, voice))
    heard: list[Samples] = []
    words: list[WordTime] = []
    async with aclosing(loaded.workers.iterate(speak, timeout_s=SYNTHESIS_S, engine=info.name)) as chunks:
        async for chunk in chunks:
            heard.append(chunk.pcm)
            words += chunk.words
            if sum(map(len, heard)) >= LONGEST_S * info.rate:
                break
    pcm = np.concatenate(heard) if heard else np.zeros(0, np.int16)
    timed = align(text, words, len(pcm) * 1000 // info.rate) if words else []
    return ModelSentence(pcm, info.rate, tuple(timed))
