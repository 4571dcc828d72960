"""A voice in Piper's format: what the .json beside its network says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.neural_voices.english import readable
from models.support.clauses import HAN, preference
from pipeline.engines.protocols import Voice
from pipeline.errors import EngineUnavailable

NAME = "piper"
MEN = {"joe", "ryan", "john", "norman", "bryce", "kusal", "danny", "alan", "northern_english_male", "arctic"}
"""Data sets of one man's voice."""
SHIFTS = {
    "male": 0.0,
    "male-2": 1.5,
    "male-low": -2.0,
    "neutral": 3.0,
    "female": 5.0,
    "female-2": 6.0,
    "female-3": 4.0,
}
"""Semitones by which one man's voice becomes several: all of it is shifted, the resonances of the mouth too."""
READ_HAN = ("cmn", "yue", "zh")

HAN_LETTER = re.compile(f"[{HAN}]")


@dataclass(frozen=True)
class PiperVoice:
    """scales: noise, slowness, noise of durations.

    tokens: the numbers of each phoneme. speakers: their names and numbers; empty where there is one.
    """

    network: Path
    rate: int
    language: str
    accent: str
    scales: tuple[float, float, float]
    tokens: Mapping[str, Sequence[int]]
    voices: tuple[Voice, ...]
    speakers: Mapping[str, int]
    man: bool

    @classmethod
    def of(cls, folder: Path) -> PiperVoice:
        """Raises `EngineUnavailable` naming the file that is missing or damaged."""
        networks = sorted(folder.glob("*.onnx"))
        if not networks:
            raise EngineUnavailable(f"There is no .onnx file in the folder {folder.name}.", engine=NAME)
        about = networks[0].with_name(networks[0].name + ".json")
        try:
            facts = json.loads(about.read_text("utf-8"))
            inference, accent = facts["inference"], facts["espeak"]["voice"]
            language = accent.partition("-")[0].replace("cmn", "zh")
            name, speakers = facts.get("dataset") or folder.name, dict(facts.get("speaker_id_map") or {})
            man = name in MEN and not speakers
            ids = sorted(speakers, key=speakers.__getitem__) or [name]
            voices = tuple(Voice(f"{NAME}/{each}", language, "male" if man else "neutral", each) for each in ids)
            scales = (float(inference["noise_scale"]), float(inference["length_scale"]), float(inference["noise_w"]))
            rate, tokens = int(facts["audio"]["sample_rate"]), dict(facts["phoneme_id_map"])
        except FileNotFoundError as error:
            raise EngineUnavailable(f"{about.name} is missing in the folder {folder.name}.", engine=NAME) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineUnavailable(f"{about.name} is damaged or no voice of Piper's.", engine=NAME) from error
        return cls(networks[0], rate, language, accent, scales, tokens, voices, speakers, man)

    def readable(self, token: str) -> str:
        """A word of the text without what this voice cannot say."""
        token = readable(token)
        return token if self.accent in READ_HAN else HAN_LETTER.sub("", token)

    def spelled(self, ipa: str) -> str:
        """IPA without what the network was not trained on."""
        return "".join(letter for letter in ipa if letter in self.tokens)

    def ids(self, sounds: str) -> tuple[list[int], list[int]]:
        """The network's numbers, padded as in training, and at which of them each phoneme (and the end) begins."""
        pad = list(self.tokens["_"])
        ids, places = [*self.tokens["^"], *pad], list[int]()
        for letter in sounds:
            places.append(len(ids))
            ids += [*self.tokens[letter], *pad]
        return [*ids, *self.tokens["$"]], [*places, len(ids)]

    def speaker(self, name: str) -> int:
        """The number of the speaker with this id, or one that is always the same for this name."""
        key = name.rpartition("/")[2]
        if key in self.speakers or not self.speakers:
            return self.speakers.get(key, 0)
        return list(SHIFTS).index(preference(name)) % len(self.speakers)

    def shift(self, name: str) -> float:
        """Semitones, for the name of a voice."""
        exact = any(name == voice.id for voice in self.voices)
        return 0.0 if exact or not self.man or not name else SHIFTS[preference(name)]
