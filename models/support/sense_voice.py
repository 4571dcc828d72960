"""What SenseVoice's tags mean: "<|zh|><|HAPPY|><|Laughter|><|withitn|>你好。" is Chinese, said happily, with laughter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

from pipeline.engines.protocols import Recognition
from pipeline.prompt import vocal_cues
from pipeline.text.styles import Emotion

TAG = re.compile(r"<\|([^|<>]*)\|>")
LANGUAGES = ("zh", "en", "yue", "ja", "ko")
EMOTIONS: Mapping[str, Emotion] = {
    "happy": "happy",
    "sad": "sad",
    "angry": "angry",
    "fearful": "afraid",
    "disgusted": "disgusted",
    "surprised": "surprised",
}
"""Neutral and unknown are left out: only what stands out is worth telling."""
SOUNDS: Mapping[str, str] = {
    "bgm": "music",
    "applause": "applause",
    "laughter": "laughter",
    "cry": "crying",
    "sneeze": "sneezing",
    "cough": "coughing",
    "breath": "breathing",
    "sing": "singing",
}

assert set(EMOTIONS.values()) <= set(get_args(Emotion))
assert set(SOUNDS.values()) <= vocal_cues.SOUNDS["en"].keys()


def recognition(tagged: str) -> Recognition:
    """The words without the tags, and what the tags say, in our names."""
    tags = [tag.lower() for tag in TAG.findall(tagged)]
    return Recognition(
        " ".join(TAG.sub("", tagged).split()),
        language=next((tag for tag in tags if tag in LANGUAGES), ""),
        emotion=next((EMOTIONS[tag] for tag in tags if tag in EMOTIONS), ""),
        sounds=tuple(dict.fromkeys(SOUNDS[tag] for tag in tags if tag in SOUNDS)),
    )


def merged(pieces: Sequence[Recognition]) -> Recognition:
    """One utterance that was heard in pieces. Language and emotion are those that the most was said with."""
    languages: Counter[str] = Counter()
    emotions: Counter[str] = Counter()
    text = ""
    for piece in pieces:
        languages[piece.language] += len(piece.text) * bool(piece.language)
        emotions[piece.emotion] += len(piece.text) * bool(piece.emotion)
        text = joined(text, piece.text)
    return Recognition(
        text,
        language=max(languages, key=languages.__getitem__, default=""),
        emotion=max(emotions, key=emotions.__getitem__, default=""),
        sounds=tuple(dict.fromkeys(sound for piece in pieces for sound in piece.sounds)),
    )


def joined(before: str, after: str) -> str:
    """Two texts as one: with a space between them unless both sides of the gap are written without."""
    if not before or not after:
        return before + after
    return before + ("" if _is_dense(before[-1]) and _is_dense(after[0]) else " ") + after


def _is_dense(character: str) -> bool:
    """Whether it belongs to Chinese or Japanese, or to their punctuation."""
    return "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"
