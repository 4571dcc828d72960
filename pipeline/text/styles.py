"""How a line can be spoken: the one table of style marks, and what each means to the different kinds of engines. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Emotion: TypeAlias = Literal["happy", "angry", "sad", "afraid", "disgusted", "melancholic", "surprised", "calm"]
"""What emotional voices can express; in the order of IndexTTS2's emotion vector."""


@dataclass(frozen=True, slots=True)
class Style:
    """One way to speak.

    speed: factor; semitones: shift of pitch; volume: factor. For engines that know prosody alone.
    instructions: for engines that are told in words.
    emotion, strength: for engines that express one of a few, strength 0 to 1.
    """

    instructions: str
    emotion: Emotion
    strength: float
    speed: float = 1.0
    semitones: float = 0.0
    volume: float = 1.0


STYLES: Mapping[str, Style] = {
    "cheerful": Style("Speak cheerfully, with a smile in the voice.", "happy", 0.7, 1.06, 1.0),
    "excited": Style("Speak with excitement, lively and quick.", "happy", 1.0, 1.15, 2.0, 1.1),
    "playful": Style("Speak playfully, teasing a little.", "happy", 0.5, 1.04, 1.0),
    "proud": Style("Speak with quiet pride.", "happy", 0.4, 0.97, -0.5, 1.05),
    "curious": Style("Speak with curiosity, as if leaning in.", "surprised", 0.3, 1.02, 1.0),
    "surprised": Style("Speak with surprise.", "surprised", 0.8, 1.08, 2.0, 1.05),
    "calm": Style("Speak calmly and evenly, without hurry.", "calm", 0.8, 0.93, -0.5, 0.95),
    "gentle": Style("Speak gently and warmly.", "calm", 0.5, 0.94, 0.0, 0.85),
    "tender": Style("Speak tenderly, close to the listener.", "calm", 0.6, 0.9, -0.5, 0.8),
    "serious": Style("Speak seriously and clearly.", "calm", 0.4, 0.95, -1.0),
    "sarcastic": Style("Speak with dry sarcasm.", "disgusted", 0.4, 0.95, -0.5),
    "sad": Style("Speak sadly, slowly and low.", "sad", 0.8, 0.88, -1.5, 0.85),
    "tired": Style("Speak as if tired, slowly.", "melancholic", 0.6, 0.85, -1.0, 0.8),
    "angry": Style("Speak angrily, with force.", "angry", 0.8, 1.08, 0.5, 1.2),
    "fearful": Style("Speak with fear, unsteadily.", "afraid", 0.8, 1.1, 1.5, 0.9),
    "whisper": Style("Whisper.", "calm", 0.5, 0.92, -1.0, 0.55),
}
"""Every mark that may stand in square brackets before a clause, as in "[cheerful] Good morning!"."""

NEUTRAL = Style("", "calm", 0.0)


def style_of(name: str) -> Style:
    """What a mark means; for none, or one that nobody knows, neutral."""
    return STYLES.get(name, NEUTRAL)
