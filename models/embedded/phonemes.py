"""How a text sounds, in the phonemes that neural voices were trained on: espeak-ng's, in a child process of its own.

sherpa-onnx reads by lexicons alone; voices made with Piper, and all English that no lexicon knows, need this.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_void_p
from itertools import chain, islice, zip_longest

from models.embedded.espeak import ESPEAKS_NAMES, UTF8, Library
from models.support.child_process import Child
from pipeline.errors import EngineUnavailable

CALL_S = 5.0
PUNCTUATION = str.maketrans("，、。！？；：…—", ",,.!?;:.,")
MARKS = re.compile(r"([,.!?;:…—]+(?=\s|$)|[，、。！？；：])")
"""Where a text pauses; not the points in 3.5 and example.com."""
CHANGED_LANGUAGE = re.compile(r"\([a-z-]+\)")


class Phonemes:
    """Thread-safe; texts of several sessions take turns, each for about a millisecond."""

    def __init__(self, engine: str) -> None:
        """Start the child process. Raises `EngineUnavailable` if the wheel is missing or does not work here."""
        self._child = Child("models.embedded.phonemes:Reader", name=engine)
        self._child.start()

    def of(self, text: str, voice: str) -> str:
        """IPA with stress marks and the text's punctuation, decomposed. voice: espeak-ng's name of an accent."""
        return self.each([text], voice)[0]

    def each(self, texts: Sequence[str], voice: str) -> list[str]:
        """The same for each of several texts, which costs hardly more than one."""
        pieces = [MARKS.split(text) for text in texts]
        read = iter(self._child.call("read", voice, [part for some in pieces for part in some[::2]], timeout_s=CALL_S))
        return [_joined(list(islice(read, len(some[::2]))), some[1::2]) for some in pieces]

    def close(self) -> None:
        self._child.close()


def _joined(sounds: Sequence[str], marks: Sequence[str]) -> str:
    written = [mark.translate(PUNCTUATION)[:1] + " " for mark in marks]
    pieces = chain.from_iterable(zip_longest(sounds, written, fillvalue=""))
    return unicodedata.normalize("NFD", "".join(pieces).strip())


class Reader(Library):
    """In the child."""

    IPA = 0x02

    def __init__(self) -> None:
        super().__init__()
        self._library.espeak_TextToPhonemes.restype = c_char_p
        self._library.espeak_TextToPhonemes.argtypes = (POINTER(c_void_p), c_int, c_int)

    def read(self, voice: str, texts: list[str]) -> list[str]:
        """The sounds of each text."""
        names = (voice, ESPEAKS_NAMES.get(voice, voice), voice.partition("-")[0])
        if all(self._library.espeak_SetVoiceByName(name.encode()) for name in names):
            raise EngineUnavailable(f"espeak-ng does not know the accent {voice}.", engine="espeak")
        return [CHANGED_LANGUAGE.sub("", self._sounds(text)) for text in texts]

    def _sounds(self, text: str) -> str:
        raw = ctypes.create_string_buffer(text.replace("\0", "").encode())
        rest = c_void_p(ctypes.addressof(raw))
        clauses: list[str] = []
        while rest.value:
            clauses.append((self._library.espeak_TextToPhonemes(byref(rest), UTF8, self.IPA) or b"").decode())
        return " ".join(clause for clause in clauses if clause)
