"""Who speaks with Kokoro: a folder of voices, and which of them a character's wish means in each language."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.neural_voices.kokoro.alphabet import LONGEST
from models.support.clauses import PREFERENCES, preference
from pipeline.engines.protocols import Voice
from pipeline.errors import EngineUnavailable

Floats: TypeAlias = NDArray[np.float32]

NAME = "kokoro"
WIDTH = 256
LANGUAGES: Mapping[str, str] = {"a": "en", "b": "en", "z": "zh"}
GENDERS: Mapping[str, str] = {"f": "female", "m": "male"}
WISHES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "female": "af_heart",
        "female-2": "bf_emma",
        "female-3": "af_bella",
        "male": "am_michael",
        "male-2": "bm_fable",
        "male-low": "am_onyx",
        "neutral": "af_alloy",
    },
    "zh": {
        "female": "zf_xiaoxiao",
        "female-2": "zf_xiaoyi",
        "female-3": "zf_xiaobei",
        "male": "zm_yunxi",
        "male-2": "zm_yunyang",
        "male-low": "zm_yunjian",
        "neutral": "zf_xiaoni",
    },
}
"""Of each language the best voices by what they were made from, and such that no two wishes share one."""

LOUD_DB = -20.0
"""dBFS while speaking; the other engines' voices are about as loud."""
_LEVELS = (
    "af_alloy -19.8 af_aoede -16.6 af_bella -21.8 af_heart -22.1 af_jessica -21.3 af_kore -17.8 "
    "af_nicole -20.2 af_nova -24.3 af_river -20.4 af_sarah -19.8 af_sky -22.2 am_adam -17.6 am_echo -20.3 "
    "am_eric -19.9 am_fenrir -18.5 am_liam -20.4 am_michael -21.6 am_onyx -20.5 am_puck -17.1 am_santa -21.2 "
    "bf_alice -19.4 bf_emma -19.4 bf_isabella -16.8 bf_lily -20.2 bm_daniel -20.5 bm_fable -22.8 "
    "bm_george -19.8 bm_lewis -22.1 zf_xiaobei -18.9 zf_xiaoni -17.4 zf_xiaoxiao -14.7 zf_xiaoyi -17.8 "
    "zm_yunjian -19.5 zm_yunxi -19.8 zm_yunxia -19.5 zm_yunyang -22.7"
).split()
LEVELS_DB: Mapping[str, float] = dict(zip(_LEVELS[::2], map(float, _LEVELS[1::2]), strict=True))
"""How loud each voice is by itself, measured over one sentence."""


class KokoroVoices:
    """The voices of a folder, `voices/af_heart.bin` and so on: for each count of phonemes a row that says how to sound."""

    def __init__(self, folder: Path) -> None:
        """Raises `EngineUnavailable` if there is no voice of a language that is spoken here, or one is damaged."""
        found = sorted((folder / "voices").glob("*.bin"))
        self._files = {file.stem: file for file in found if file.stem[:1] in LANGUAGES and file.stem[2:3] == "_"}
        if not self._files:
            raise EngineUnavailable(f"There is no voice (voices/*.bin) in the folder {folder.name}.", engine=NAME)
        for file in self._files.values():
            if file.stat().st_size != LONGEST * WIDTH * 4:
                raise EngineUnavailable(f"The voice {file.name} is damaged.", engine=NAME)
        self.listed = tuple(
            Voice(f"{NAME}/{name}", LANGUAGES[name[0]], GENDERS.get(name[1], "neutral"), name) for name in self._files
        )
        self.styles = lru_cache(maxsize=None)(self._styles)

    def named(self, wish: str, language: str) -> str:
        """The voice with this id or this name, or the one that fits any other name in this language."""
        key = wish.rpartition("/")[2]
        if key in self._files:
            return key
        known = preference(wish)
        if (chosen := WISHES.get(language, {}).get(known, "")) in self._files:
            return chosen
        spoken = [voice for voice in self.listed if voice.language == language] or list(self.listed)
        fitting = [voice for voice in spoken if voice.gender == PREFERENCES[known]] or spoken
        alike = [each for each, gender in PREFERENCES.items() if gender == PREFERENCES[known]]
        return next(itertools.islice(itertools.cycle(fitting), alike.index(known), None)).label

    def gain(self, name: str) -> float:
        """The factor that makes the voice as loud as the others."""
        return float(10 ** ((LOUD_DB - LEVELS_DB.get(name, LOUD_DB)) / 20))

    def _styles(self, name: str) -> Floats:
        """One row for each count of phonemes, from 1."""
        return np.fromfile(self._files[name], np.float32).reshape(LONGEST, 1, WIDTH)
