"""Speech in a hundred languages by espeak-ng 1.52, from a wheel: clear enough, tiny, and quicker than anything.

The library is GPL and is not thread-safe, so it is loaded and called in a child process, never in ours. It makes
a clause's part in a few milliseconds; parts of several sessions take turns.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from ctypes import CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_int, c_uint, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from models.support.child_process import Child
from models.support.clauses import (
    EMOJI,
    HAN,
    PAUSE,
    PREFERENCES,
    chunks,
    clamp,
    louder,
    parts,
    preference,
    prosody,
    time_words,
)
from models.support.known_settings import check_known
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, Voice
from pipeline.errors import EngineUnavailable

NAME = "espeak"
RATE = 22_050
PART_TIMEOUT_S = 5.0
NATURAL_WPM = 165
SPEEDS, SEMITONES = (0.5, 2.5), (-8.0, 9.0)
"""What espeak can do: 80 to 450 words a minute, and its scale of pitch."""


@dataclass(frozen=True, slots=True)
class Timbre:
    """One way to sound, in any language: espeak's variant, a shift of pitch in semitones, and a volume in per cent."""

    variant: str
    semitones: float = 0.0
    volume: int = 90


# Of 65 variants, the ones that a recogniser understood best; the volumes keep them from clipping and equally loud.
TIMBRES: Mapping[str, Timbre] = {
    "female": Timbre("f5", -2.0),
    "female-2": Timbre("f2", 2.5, 80),
    "female-3": Timbre("f5", -4.0),
    "male": Timbre("edward", 0.0, 75),
    "male-2": Timbre("m5", 4.5, 100),
    "male-low": Timbre("adam", -4.0),
    "neutral": Timbre("f5", -6.0),
}
CHINESE_TIMBRES: Mapping[str, Timbre] = {
    "female": Timbre("f5"),
    "female-2": Timbre("Annie"),
    "female-3": Timbre("f3", -1.5),
    "male": Timbre("m3", 0.0, 80),
    "male-2": Timbre("m7", 2.0, 80),
    "male-low": Timbre("m7", -2.0, 80),
    "neutral": Timbre("f3", -4.0),
}
"""Whisper base understands other variants in Chinese: of edward's, m5's and adam's hardly a word."""
ACCENTS = {"en-us": ("en", "American"), "en-gb": ("en", "British"), "cmn": ("zh", "普通话")}
VOICES = tuple(
    Voice(f"espeak/{accent}-{timbre}", language, gender, f"{label}, {timbre}")
    for accent, (language, label) in ACCENTS.items()
    for timbre, gender in PREFERENCES.items()
)
VOICE_ID = re.compile(rf"espeak/(.+?)-({'|'.join(sorted(PREFERENCES, key=len, reverse=True))})")
ESPEAKS_NAMES = {"en": "en-us", "en-gb": "en", "zh": "cmn", "no": "nb", "iw": "he", "tlh": "piqd"}
READ_HAN = {"cmn", "yue", "hak"}
SILENT = {"fo", "kaa", "xex"}
"""Named in the wheel, but without a dictionary there."""

Settings: TypeAlias = tuple[str, int, int, int, int]
"""espeak's voice, words a minute, pitch, range of pitch (both 0 to 99, 50 is the voice's own), and volume."""
Spoken: TypeAlias = tuple[bytes, tuple[tuple[int, float], ...]]
"""16-bit PCM, and where words begin: position in the text, and milliseconds."""


def create(settings: Mapping[str, Any]) -> Espeak:
    """Start the child process. Raises `EngineUnavailable` if the wheel is missing or does not work here."""
    check_known(NAME, settings)
    return Espeak()


class Espeak:
    """Thread-safe. A voice's id is "espeak/" + espeak's name of the language + "-" + the timbre: "espeak/fr-male-2"."""

    def __init__(self) -> None:
        self._child = Child("models.embedded.espeak:Library", name=NAME)
        self._names = frozenset[str](self._child.call("names", timeout_s=PART_TIMEOUT_S))
        tags = {name.partition("-")[0] for name in self._names} - {"cmn", "piqd"} | {"zh", "tlh"}
        note = (
            "Sounds mechanical. Chinese is a stopgap: a recogniser gets every second character wrong. Japanese is read "
            "from kana only."
        )
        languages = tuple(sorted(tags))
        given = {"styles": True, "times_words": True, "wants_words": True, "pitches": True}
        self.info = EngineInfo(NAME, "synthesizer", languages, RATE, VOICES, note, **given)

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        name = self._language(request)
        clause = list(parts(request.text, _read_chinese if name in READ_HAN else _read, engine=NAME))
        wanted = prosody(request)
        timbres = CHINESE_TIMBRES if name in READ_HAN else TIMBRES
        settings = _settings(name, timbres[preference(request.voice.name)], wanted.speed, wanted.semitones)
        at = 0
        made = self._child.stream("speak", settings, [part.text for part in clause], timeout_s=PART_TIMEOUT_S)
        for part, (raw, marks) in zip(clause, made, strict=True):
            pcm = np.frombuffer(raw, np.int16)
            words = time_words(part, marks, len(pcm) * 1000 / RATE, at * 1000 / RATE)
            yield from chunks(louder(pcm, wanted.volume), RATE, at, words)
            at += len(pcm)

    def close(self) -> None:
        self._child.close()

    def _language(self, request: SynthesisRequest) -> str:
        """espeak's name for the language to speak, in the voice's accent where that is one of it."""
        exact = VOICE_ID.fullmatch(request.voice.name)
        accent = self._known(exact[1]) if exact else ""
        name = self._known(request.language.lower()) or accent or "en-us"
        if accent.partition("-")[0] == name.partition("-")[0]:
            name = accent
        # Other voices call each character "Chinese letter"; this one reads Latin text as English.
        return "cmn" if re.search(f"[{HAN}]", request.text) and name not in READ_HAN | {"ja"} else name

    def _known(self, tag: str) -> str:
        """espeak's name for a language tag or for its primary tag; empty if it has none."""
        names = (ESPEAKS_NAMES.get(form, form) for form in (tag, tag.partition("-")[0]))
        return next((name for name in names if name in self._names), "")


def _settings(name: str, timbre: Timbre, speed: float, pitch: float) -> Settings:
    shift = 2.0 ** (clamp(timbre.semitones + pitch, *SEMITONES) / 12.0)
    # 50 steps double a voice's base; its mean pitch moves less, so ask for a quarter more: right to 0.4 semitones.
    base = 50 + 50 * math.log2(max(0.5, 1.25 * shift - 0.25))
    words = NATURAL_WPM * clamp(speed, *SPEEDS)
    return f"{name}+{timbre.variant}", round(words), round(clamp(base, 0, 99)), round(50 * shift), timbre.volume


def _read(text: str) -> str:
    """Long numbers digit by digit, as people say them; no emoji."""
    return EMOJI.sub("", re.sub(r"\d{7,}", lambda digits: " ".join(digits[0]), text)).replace("\0", "")


def _read_chinese(text: str) -> str:
    return _read(re.sub(r"(\d+(?:\.\d+)?)[%％]", r"百分之\1", text))


# --- In the child ----------------------------------------------------------------------------------------------------

SYNCHRONOUS, BUFFER_MS, DO_NOT_EXIT = 2, 200, 0x8000
UTF8, END_PAUSE = 0x1, 0x1000
WORD, CONTINUE = 1, 0
PARAMETERS = (1, 3, 4, 2)
"""espeakRATE, espeakPITCH, espeakRANGE, espeakVOLUME: in the order of `Settings`."""


class _Event(Structure):
    _fields_ = (
        ("type", c_int), ("message", c_uint), ("position", c_int), ("length", c_int), ("ms", c_int), ("sample", c_int),
        ("user", c_void_p), ("string", c_char * 8),
    )  # fmt: skip


OnAudio = CFUNCTYPE(c_int, c_void_p, c_int, POINTER(_Event))


class Library:
    """espeak-ng itself, for one caller."""

    def __init__(self) -> None:
        try:
            import espeakng_loader as wheel  # here, because the parent must do without

            self._data = Path(wheel.get_data_path())
            self._library = ctypes.CDLL(wheel.get_library_path())
        except (ImportError, OSError, RuntimeError) as error:
            raise EngineUnavailable("espeak-ng is missing: pip install espeakng-loader.", engine=NAME) from error
        data = str(self._data).encode()
        if self._library.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, c_char_p(data), DO_NOT_EXIT) != RATE:
            raise EngineUnavailable("espeak-ng does not find its data; is their path very long?", engine=NAME)
        self._on_audio = OnAudio(self._take)
        self._library.espeak_SetSynthCallback(self._on_audio)
        self._pcm = bytearray()
        self._marks: list[tuple[int, float]] = []
        self._settings: Settings | None = None

    def names(self) -> list[str]:
        """The names of all languages and accents."""
        return [
            path.name.lower() for path in (self._data / "lang").rglob("*") if path.is_file() and path.name not in SILENT
        ]

    def speak(self, settings: Settings, texts: Sequence[str]) -> Iterator[Spoken]:
        """Each text spoken, with a pause after those that end in punctuation."""
        for text in texts:
            self._set(settings)  # another session may have been here since
            self._pcm.clear()
            self._marks.clear()
            raw = text.encode()
            pause = END_PAUSE if PAUSE.search(text) else 0
            self._library.espeak_Synth(raw, len(raw) + 1, 0, 0, 0, UTF8 | pause, None, None)
            yield bytes(self._pcm), tuple(self._marks)

    def _set(self, settings: Settings) -> None:
        if settings == self._settings:
            return
        voice, *values = settings
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise EngineUnavailable("espeak-ng does not have this voice.", engine=NAME)
        for parameter, value in zip(PARAMETERS, values, strict=True):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._settings = settings

    def _take(self, pcm: int | None, samples: int, events: Any) -> int:
        if pcm and samples:
            self._pcm += ctypes.string_at(pcm, 2 * samples)
        for event in events:
            if not event.type:
                break
            if event.type == WORD:
                self._marks.append((event.position - 1, event.ms))
        return CONTINUE
