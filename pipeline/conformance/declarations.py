"""What every engine says about itself, whatever it does."""

from __future__ import annotations

import inspect
import re

from pipeline.audio.samples import LINE_RATE
from pipeline.conformance.trial import Trial, require
from pipeline.engines.protocols import EngineInfo, Voice

TAG = re.compile(r"[a-z]{2,3}")


async def declares_itself(trial: Trial) -> None:
    """Name, role, languages as primary tags, a rate where that means something, and voices in those languages."""
    info, role = trial.engine.info, trial.subject.role
    require(isinstance(info, EngineInfo), f"`info` should be an EngineInfo, and is {type(info).__name__}")
    require(info.role == role, f"`info.role` should be {role!r}, and is {info.role!r}")
    require(bool(info.name), "`info.name` is empty")
    wrong = [tag for tag in info.languages if not TAG.fullmatch(tag)]
    require(not wrong, f"`info.languages` should be primary tags such as 'en'; these are none: {wrong}")
    if role == "recognizer":
        require(info.rate == LINE_RATE, f"a recogniser takes {LINE_RATE} Hz, and `info.rate` says {info.rate}")
    if role == "synthesizer":
        require(8_000 <= info.rate <= 48_000, f"`info.rate` should be 8,000 to 48,000 Hz, and is {info.rate}")
        _declares_voices(info)
        waits = info.wants_words and inspect.isasyncgenfunction(trial.engine.speak)
        require(not waits, "`info.wants_words` is for blocking engines: their texts are prepared on a worker thread")


def _declares_voices(info: EngineInfo) -> None:
    ids = [voice.id for voice in info.voices]
    require(len(set(ids)) == len(ids), "two voices have one id")
    odd = [voice.id for voice in info.voices if not _is_sound(voice, info)]
    require(not odd, f"these voices have no id, an odd gender, or a language that is not declared: {odd}")


def _is_sound(voice: Voice, info: EngineInfo) -> bool:
    spoken = not info.languages or not voice.language or voice.language in info.languages
    return bool(voice.id) and voice.gender in ("female", "male", "neutral") and spoken
