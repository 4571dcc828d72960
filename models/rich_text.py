"""What SenseVoice writes in front of its text: language, emotion and sounds, as in "<|zh|><|HAPPY|><|Laughter|>"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.engines import Recognition
from pipeline.styles import Emotion

LANGUAGES = ("zh", "en", "yue", "ja", "ko")
"""BCP 47 primary tags; they are also the names of its tags."""

EMOTIONS: Mapping[str, Emotion] = {
    "HAPPY": "happy",
    "SAD": "sad",
    "ANGRY": "angry",
    "FEARFUL": "afraid",
    "DISGUSTED": "disgusted",
    "SURPRISED": "surprised",
}
"""NEUTRAL and EMO_UNKNOWN tell nothing worth passing on."""

SOUNDS: Mapping[str, str] = {
    "BGM": "music",
    "Applause": "applause",
    "Laughter": "laughter",
    "Cry": "crying",
    "Sneeze": "sneezing",
    "Cough": "coughing",
    "Breath": "breathing",
}

TAG = re.compile(r"<\|([^|]*)\|>")


def recognition_of(pieces: Sequence[str]) -> Recognition:
    """The recognition of an utterance that was heard in `pieces`, each a tagged text; tags leave the text.

    Of language and emotion, those count that the most text was said with; a piece that tells none has no vote.
    """
    languages: Counter[str] = Counter()
    emotions: Counter[Emotion] = Counter()
    sounds: dict[str, None] = {}
    text = ""
    for piece in pieces:
        words = " ".join(TAG.sub(" ", piece).split())
        weight = len(words) + 1
        for tag in TAG.findall(piece):
            if tag in LANGUAGES:
                languages[tag] += weight
            elif tag in EMOTIONS:
                emotions[EMOTIONS[tag]] += weight
            elif tag in SOUNDS:
                sounds[SOUNDS[tag]] = None
        text = joined(text, words)
    return Recognition(text, _first(languages), _first(emotions), tuple(sounds))


def joined(before: str, after: str) -> str:
    """Two texts as one: with a space between them unless both sides of the gap are Chinese or Japanese."""
    if not before or not after:
        return before + after
    return before + ("" if _is_dense(before[-1]) and _is_dense(after[0]) else " ") + after


def _is_dense(character: str) -> bool:
    """Whether it belongs to a script that is written without spaces, or to its punctuation."""
    return "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"


def _first(votes: Counter[str] | Counter[Emotion]) -> str:
    return max(votes, key=votes.__getitem__, default="")
