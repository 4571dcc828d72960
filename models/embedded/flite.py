"""English speech by flite, through the system's library; clear and quick enough to be the default.

Theory of operation. The library calls back for every 80 ms of audio while it works, 70 times faster than the audio
plays, and is inside one C call all the while; it lets go of the interpreter lock. So each voice has one worker thread
(a voice is one object in the process and bears one call at a time), which runs the library and never waits for the
listener: the audio goes to a queue without a bound, and the clause's length is the bound. A slow listener then never
blocks a voice that other sessions use. The first sound comes when the part's text is analysed, which takes 5 ms for
each second of speech; running to the end first would take 13 ms. Closing the iterator makes the next callback end the
call, within 1 ms.
"""

from __future__ import annotations

import ctypes
import threading
import unicodedata
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_float, c_int, c_void_p
from ctypes.util import find_library
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from models.support.clauses import (
    CHUNK_MS,
    ClausePart,
    chunks,
    clamp,
    louder,
    parts,
    preference,
    prosody,
    resampled,
    time_words,
)
from models.support.known_settings import check_known
from pipeline.audio.samples import Samples, samples_of
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, Voice
from pipeline.errors import EngineTimeout, EngineUnavailable

NAME = "flite"
RATE = 16_000
PART_TIMEOUT_S = 10.0
ONSET_MS = 20.0
"""What is kept of the 170 to 250 ms of silence in front, since a soft consonant may begin before its label."""
SPEEDS, SEMITONES = (0.5, 2.0), (-12.0, 12.0)
INSTALL = "Debian and Ubuntu: libflite1; Fedora: flite; macOS: brew install flite"
CONTINUE, STOP = 0, -1
GAINS = {"flite/rms": 1.15, "flite/slt": 0.62, "flite/awb": 0.92, "flite/kal16": 2.0}
"""Measured, so that the voices are about equally loud, -21 dBFS over a sentence."""
UNSHIFTABLE = {"flite/rms"}
"""Voices whose melody model ignores a shift of pitch: they are spoken slower or faster and resampled."""

VOICES = (
    Voice("flite/rms", "en", "male", "Robert, American"),
    Voice("flite/slt", "en", "female", "Sarah, American"),
    Voice("flite/awb", "en", "male", "Alan, Scottish"),
    Voice("flite/kal16", "en", "male", "Kal, American, robotic"),
)
SPEAKERS = {
    "female": ("flite/slt", 0.0),
    "female-2": ("flite/slt", 3.0),
    "female-3": ("flite/slt", -1.7),
    "male": ("flite/rms", 0.0),
    "male-2": ("flite/awb", 0.0),
    "male-low": ("flite/rms", -3.0),
    "neutral": ("flite/slt", -3.5),
}
"""Who speaks for each preference, and how many semitones off."""

PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„«»″", '"'),
        **dict.fromkeys("‐‑‒−", "-"),
        **dict.fromkeys("–—―", ", "),
        "…": "...", "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "th", "þ": "th", "€": " euro ", "£": " pound ", "¥": " yen ", "°": " degrees ",
        "×": " times ", "÷": " divided by ", "±": " plus or minus ", "~": " ",
    }
)  # fmt: skip


def create(settings: Mapping[str, Any]) -> Flite:
    """Load the library. Raises `EngineUnavailable` naming the system package where it is missing."""
    check_known(NAME, settings)
    return Flite()


class Flite:
    """Thread-safe; word times come from the phonemes' durations."""

    def __init__(self) -> None:
        self._voices = load_voices()
        voices = tuple(voice for voice in VOICES if voice.id in self._voices)
        given = {"styles": True, "times_words": True, "wants_words": True, "pitches": True}
        self.info = EngineInfo(NAME, "synthesizer", ("en",), RATE, voices, **given)

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        chosen = request.voice.name
        name, semitones = (chosen, 0.0) if chosen in self._voices else SPEAKERS[preference(chosen)]
        voice = self._voices.get(name) or next(iter(self._voices.values()))
        wanted = prosody(request)
        stretch = 1.0 / clamp(wanted.speed, *SPEEDS)
        shift = 2.0 ** (clamp(wanted.semitones + semitones, *SEMITONES) / 12.0)
        at = 0
        for part in parts(request.text, plain, engine=NAME):
            for chunk in voice.speak(part, stretch, shift, wanted.volume, at):
                at += len(chunk.pcm)
                yield chunk

    def close(self) -> None:
        """Nothing: the library's voices live as long as the process, and a clause in flight ends by itself."""


def plain(text: str) -> str:
    """`text` in printable ASCII, the only characters that flite knows: accents go, other scripts are left out."""
    folded = unicodedata.normalize("NFKD", text.translate(PLAIN))
    return "".join(character for character in folded if " " <= character <= "~")


# --- The library -----------------------------------------------------------------------------------------------------


class _Wave(Structure):
    _fields_ = (("type", c_char_p), ("rate", c_int), ("size", c_int), ("channels", c_int), ("samples", c_void_p))


class _Utterance(Structure):
    _fields_ = (("features", c_void_p),)


class _Streaming(Structure):
    pass


OnAudio = CFUNCTYPE(c_int, POINTER(_Wave), c_int, c_int, c_int, POINTER(_Streaming))
_Streaming._fields_ = (
    ("least", c_int), ("on_audio", OnAudio), ("utterance", POINTER(_Utterance)), ("item", c_void_p), ("user", c_void_p)
)  # fmt: skip

SIGNATURES: Mapping[str, tuple[Any, ...]] = {
    "flite_init": (c_int,),
    "new_utterance": (POINTER(_Utterance),),
    "delete_utterance": (None, POINTER(_Utterance)),
    "utt_set_input_text": (None, POINTER(_Utterance), c_char_p),
    "utt_init": (c_void_p, POINTER(_Utterance), c_void_p),
    "utt_synth": (c_void_p, POINTER(_Utterance)),
    "new_audio_streaming_info": (POINTER(_Streaming),),
    "audio_streaming_info_val": (c_void_p, POINTER(_Streaming)),
    "feat_set": (None, c_void_p, c_char_p, c_void_p),
    "feat_set_float": (None, c_void_p, c_char_p, c_float),
    "utt_relation": (c_void_p, POINTER(_Utterance), c_char_p),
    "relation_head": (c_void_p, c_void_p),
    "relation_tail": (c_void_p, c_void_p),
    "item_next": (c_void_p, c_void_p),
    "item_feat_string": (c_char_p, c_void_p, c_char_p),
    "ffeature_float": (c_float, c_void_p, c_char_p),
}

# The library keeps pointers to the names of features, so these bytes must live as long as the process.
STREAMING, STRETCH, SHIFT = b"streaming_info", b"duration_stretch", b"f0_shift"
PIECES = (b"whitespace", b"prepunctuation", b"name", b"punc")
FIRST_SOUND = b"daughter.R:SylStructure.daughter.daughter.R:Segment.p.end"


def installed(name: str) -> ctypes.CDLL | None:
    """A library of the system, if it has it."""
    for candidate in (f"lib{name}.so.1", find_library(name)):
        if candidate:
            try:
                return ctypes.CDLL(candidate)
            except OSError:
                continue
    return None


@cache
def load_voices(find: Callable[[str], ctypes.CDLL | None] = installed) -> Mapping[str, _Voice]:
    """Every voice that is installed, by id. Raises `EngineUnavailable` if none is."""
    library = find("flite")
    if library is None:
        raise EngineUnavailable(f"The library of flite is not installed ({INSTALL}).", engine=NAME)
    for function, (result, *arguments) in SIGNATURES.items():
        entry = getattr(library, function)
        entry.restype, entry.argtypes = result, arguments
    library.flite_init()
    found: dict[str, _Voice] = {}
    for voice in VOICES:
        name = "cmu_us_" + voice.id.removeprefix("flite/")
        if its_library := find("flite_" + name):
            register = its_library["register_" + name]
            register.restype, register.argtypes = c_void_p, (c_char_p,)
            found[voice.id] = _Voice(voice.id, library, register(None))
    if not found:
        raise EngineUnavailable(f"No voice of flite is installed ({INSTALL}).", engine=NAME)
    return found


@dataclass(frozen=True, slots=True)
class _Outline:
    """What is known before the first sample: when each token of the text begins and when speech ends, in ms."""

    marks: tuple[tuple[int, float], ...]
    end_ms: float

    @property
    def lead(self) -> int:
        """Samples of silence in front."""
        return samples_of(max(0.0, self.marks[0][1] - ONSET_MS), RATE) if self.marks else 0


class _Voice:
    """One voice of the library and the thread that is alone in using it."""

    def __init__(self, name: str, library: ctypes.CDLL, pointer: int) -> None:
        self._name = name
        self._library = library
        self._pointer = pointer
        self._gain = GAINS[name]
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=name)

    def speak(self, part: ClausePart, stretch: float, shift: float, volume: float, at: int) -> Iterator[SpeechChunk]:
        """The part's audio; `at` is its first sample's place in the clause."""
        haste = shift if self._name in UNSHIFTABLE else 1.0
        with closing(self._made(part, stretch * haste, shift)) as made:
            outline = next(made, None)
            if outline is None:
                return
            lead_ms = outline.lead * 1000 / RATE
            marks = [(position, (ms - lead_ms) / haste) for position, ms in outline.marks]
            words = time_words(part, marks, (outline.end_ms - lead_ms) / haste, at * 1000 / RATE)
            pieces = (louder(pcm, volume * self._gain) for pcm in _after(outline.lead, made))
            for pcm in pieces if haste == 1.0 else resampled(pieces, round(RATE * haste), RATE):
                yield from chunks(pcm, RATE, at, words)
                at += len(pcm)

    def _made(self, part: ClausePart, stretch: float, shift: float) -> Generator[Any, None, None]:
        """An `_Outline`, then samples as they are made; nothing for a text without sound."""
        made: SimpleQueue[_Outline | Samples | None] = SimpleQueue()
        closed = threading.Event()
        work = self._worker.submit(self._synthesize, part, stretch, shift, made, closed)
        work.add_done_callback(lambda _: made.put(None))
        try:
            while (item := made.get(timeout=PART_TIMEOUT_S)) is not None:
                yield item
            work.result()
        except Empty as error:
            raise EngineTimeout("flite did not answer in time.", engine=NAME) from error
        finally:
            closed.set()
            work.cancel()

    def _synthesize(
        self, part: ClausePart, stretch: float, shift: float, made: SimpleQueue[Any], closed: threading.Event
    ) -> None:
        def on_audio(wave: Any, start: int, size: int, last: int, streaming: Any) -> int:
            if closed.is_set():
                return STOP
            if start == 0:
                made.put(self._outline(streaming.contents.utterance))
            raw = ctypes.string_at(wave.contents.samples + 2 * start, 2 * size)
            made.put(np.frombuffer(raw, np.int16))
            return CONTINUE

        if closed.is_set():
            return
        library = self._library
        callback = OnAudio(on_audio)
        streaming = library.new_audio_streaming_info()
        streaming.contents.least = samples_of(CHUNK_MS, RATE) - 1
        streaming.contents.on_audio = callback
        utterance = library.new_utterance()
        try:
            library.utt_set_input_text(utterance, part.text.encode("ascii"))
            library.utt_init(utterance, self._pointer)
            # The utterance's own features hide the voice's, which therefore never change; it frees `streaming` too.
            features = utterance.contents.features
            library.feat_set(features, STREAMING, library.audio_streaming_info_val(streaming))
            library.feat_set_float(features, STRETCH, stretch)
            library.feat_set_float(features, SHIFT, shift)
            library.utt_synth(utterance)
        finally:
            library.delete_utterance(utterance)

    def _outline(self, utterance: Any) -> _Outline:
        library = self._library
        marks, position = list[tuple[int, float]](), 0
        token = library.relation_head(library.utt_relation(utterance, b"Token"))
        while token:
            space, before, name, after = (len(library.item_feat_string(token, key) or b"") for key in PIECES)
            position += space + before
            if ms := library.ffeature_float(token, FIRST_SOUND) * 1000:
                marks.append((position, ms))
            position += name + after
            token = library.item_next(token)
        last = library.relation_tail(library.utt_relation(utterance, b"Segment"))
        return _Outline(tuple(marks), library.ffeature_float(last, b"p.end") * 1000)


def _after(lead: int, pieces: Iterator[Samples]) -> Iterator[Samples]:
    for pcm in pieces:
        skipped = min(lead, len(pcm))
        lead -= skipped
        if skipped < len(pcm):
            yield pcm[skipped:]
