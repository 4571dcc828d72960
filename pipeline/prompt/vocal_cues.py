"""How the person sounded, as a note in front of what they said: for the model alone, in no transcript. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.conversation.transcript import SILENCE

EMOTIONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "happy": "said happily",
        "angry": "said angrily",
        "sad": "said sadly",
        "afraid": "said fearfully",
        "disgusted": "said with disgust",
        "melancholic": "said wistfully",
        "surprised": "said with surprise",
        "calm": "said calmly",
    },
    "zh": {
        "happy": "语气高兴",
        "angry": "语气生气",
        "sad": "语气难过",
        "afraid": "语气害怕",
        "disgusted": "语气厌恶",
        "melancholic": "语气低落",
        "surprised": "语气惊讶",
        "calm": "语气平静",
    },
}
"""How each of `styles.Emotion` is put to the model."""

SOUNDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "laughter": "laughter",
        "applause": "applause",
        "crying": "crying",
        "coughing": "coughing",
        "sneezing": "sneezing",
        "breathing": "heavy breathing",
        "singing": "singing",
        "music": "music in the background",
        SILENCE: "silence",
    },
    "zh": {
        "laughter": "有笑声",
        "applause": "有掌声",
        "crying": "有哭声",
        "coughing": "有咳嗽声",
        "sneezing": "有喷嚏声",
        "breathing": "有喘气声",
        "singing": "有歌声",
        "music": "有背景音乐",
        SILENCE: "沉默",
    },
}
"""The names that recognisers give to what else they hear, and how each is put to the model."""

SHAPES = {"en": "({}) ", "zh": "（{}）"}
BETWEEN = {"en": "; ", "zh": "；"}

_SAID = "|".join(re.escape(words) for table in (EMOTIONS, SOUNDS) for each in table.values() for words in each.values())
_NOTE = re.compile(rf"^[(（](?:{_SAID})(?:[;；] ?(?:{_SAID}))*[)）] ?", re.MULTILINE)


def note(emotion: str, sounds: Sequence[str], language: str) -> str:
    """What goes before the words: "(said angrily; laughter) " or "（语气生气；有笑声）"; empty if nothing is known.

    Names that are in neither table are left out: they come from an engine, and the model believes what it reads here.
    """
    tag = "zh" if language.startswith("zh") else "en"
    known = [EMOTIONS[tag].get(emotion), *(SOUNDS[tag].get(sound) for sound in sounds)]
    told = BETWEEN[tag].join(filter(None, known))
    return SHAPES[tag].format(told) if told else ""


def without_notes(text: str) -> str:
    """The bare words of a message, for models that work on them; a message may be several lines, each with its note."""
    return _NOTE.sub("", text)
