"""What SenseVoice's tags mean: "<|zh|><|HAPPY|><|Laughter|><|withitn|>你好。" is Chinese, said happily, with laughter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from pipeline.engines import Recognition
from pipeline.styles import Emotion

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
    "breath": "heavy breathing",
    "sing": "singing",
}

assert set(EMOTIONS.values()) <= set(get_args(Emotion))


def recognition(tagged: str) -> Recognition:
    """The words without the tags, and what the tags say, in our names."""
    tags = [tag.lower() for tag in TAG.findall(tagged)]
    return Recognition(
        " ".join(TAG.sub("", tagged).split()),
        language=next((tag for tag in tags if tag in LANGUAGES), ""),
        emotion=next((EMOTIONS[tag] for tag in tags if tag in EMOTIONS), ""),
        sounds=tuple(dict.fromkeys(SOUNDS[tag] for tag in tags if tag in SOUNDS)),
    )
