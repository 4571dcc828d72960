"""What the synthesisers share: a clause in parts, its words and when they sound, chunks, and the choice of a voice."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import av
import numpy as np

from pipeline.audio.samples import Samples, samples_of
from pipeline.engines.protocols import SpeechChunk, SynthesisRequest, WordTime
from pipeline.errors import EngineError
from pipeline.text.styles import style_of

CHUNK_MS = 80
LONGEST_CLAUSE = 2000
"""Characters; what cuts text into clauses has gone wrong when one is longer."""
PART_FROM, PART_TO = 50, 100
"""A part ends at the first punctuation after `PART_FROM` characters, or at a word's end after `PART_TO`."""

HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
TOKEN = re.compile(rf"(\s*)([{HAN}]|[^\s{HAN}—…]{{1,{PART_TO}}}[—…]*|[—…]+)")
EDGE = r"(?:[^\w$€£¥%°+#@&]|_)+"
EDGES = re.compile(f"^{EDGE}|{EDGE}$")
EMOJI = re.compile(r"[\u2190-\u2bff\u200d\u20e3\ufe00-\ufe0f\U0001f000-\U0001faff]")
PAUSE = re.compile(r"""[.,;:!?—…。，、；：！？]["'”’)）」』]*$""")

PREFERENCES: Mapping[str, str] = {
    "female": "female",
    "female-2": "female",
    "female-3": "female",
    "male": "male",
    "male-2": "male",
    "male-low": "male",
    "neutral": "neutral",
}
"""The voices that every engine has, by what a character asks for, and their gender; the first is the default."""
ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("marin", "coral", "nova", "slt"), "female"),
    "sage": "female-2",
    "shimmer": "female-3",
    **dict.fromkeys(("cedar", "ash", "echo", "rms"), "male"),
    **dict.fromkeys(("ballad", "fable", "verse", "awb"), "male-2"),
    **dict.fromkeys(("onyx", "kal16"), "male-low"),
    "alloy": "neutral",
}
"""Names that OpenAI's clients send, and flite's, for when another engine has to speak."""
WOMAN, MAN = re.compile(r"female|woman|girl|女"), re.compile(r"male|man\b|boy|男")

FULL_SCALE = 32_767
KNEE = 0.8
"""Share of full scale up to which `louder` changes nothing but the level."""


@dataclass(frozen=True, slots=True)
class ClausePart:
    """Text for one call of the engine, as it should be read, and where in it each word of the clause begins."""

    text: str
    words: tuple[tuple[int, str], ...]


def parts(clause: str, read: Callable[[str], str], *, engine: str) -> Iterator[ClausePart]:
    """Cut a clause at punctuation, so that the first sound comes soon and no call is long; `read` rewrites each word.

    A word is what stands between spaces, or one Chinese character. Raises `EngineError` if the clause is too long.
    """
    if len(clause) > LONGEST_CLAUSE:
        raise EngineError(f"A clause may have at most {LONGEST_CLAUSE} characters.", engine=engine)
    text, words = "", list[tuple[int, str]]()
    for space, token in TOKEN.findall(clause):
        spoken = read(token)
        text += " " if space and text else ""
        if (word := EDGES.sub("", token)) and spoken.strip():
            words.append((len(text), word))
        text += spoken
        if len(text) > PART_TO or (len(text) > PART_FROM and PAUSE.search(token)):
            yield ClausePart(text, tuple(words))
            text, words = "", []
    if words:
        yield ClausePart(text, tuple(words))


def time_words(part: ClausePart, marks: Sequence[tuple[int, float]], end_ms: float, from_ms: float) -> deque[WordTime]:
    """When each word sounds. `marks`: positions in the part's text and when their sound begins, counted from its own.

    A word without a mark of its own shares the time of the marked one before it, by length. A word ends where the next
    begins. `from_ms` is where the part begins in the clause's audio.
    """
    if not part.words:
        return deque()
    starts = [at for at, _ in part.words]
    begins: dict[int, float] = {0: 0.0}
    for at, ms in marks:
        index = max(0, bisect_right(starts, at) - 1)
        if index not in begins:
            begins[index] = max(ms, max(begins.values()))
    marked = [*sorted(begins.items()), (len(starts), end_ms)]
    ends = [*starts, len(part.text)]
    times: deque[WordTime] = deque()
    for (first, begin), (last, end) in itertools.pairwise(marked):
        per_character = max(0.0, end - begin) / max(1, ends[last] - ends[first])
        for index in range(first, last):
            start = from_ms + begin + (starts[index] - starts[first]) * per_character
            stop = from_ms + begin + (ends[index + 1] - starts[first]) * per_character
            times.append(WordTime(part.words[index][1], int(start), int(stop)))
    return times


def chunks(pcm: Samples, rate: int, at: int, words: deque[WordTime]) -> Iterator[SpeechChunk]:
    """`pcm`, which follows the clause's first `at` samples, in chunks; each word leaves `words` with its chunk."""
    step = samples_of(CHUNK_MS, rate)
    for start in range(0, len(pcm), step):
        piece = pcm[start : start + step]
        end_ms = (at + start + len(piece)) * 1000 / rate
        begun = []
        while words and words[0].start_ms < end_ms:
            begun.append(words.popleft())
        yield SpeechChunk(piece, tuple(begun))


def resampled(pieces: Iterable[Samples], rate: int, to_rate: int) -> Iterator[Samples]:
    """The same sound at another rate, 1 ms behind. (PyAV's resampler: soxr's would hold back up to 37 ms.)"""
    resampler = av.AudioResampler("s16", "mono", to_rate)
    for pcm in pieces:
        frame = av.AudioFrame.from_ndarray(pcm[np.newaxis], "s16", "mono")
        frame.sample_rate = rate
        yield from (made.to_ndarray()[0] for made in resampler.resample(frame))
    yield from (made.to_ndarray()[0] for made in resampler.resample(None))


def checked_clause(text: str, longest: int, engine: str) -> str:
    """A clause without emoji; empty if no word is left. Raises `EngineError` if it is too long."""
    if len(text) > longest:
        raise EngineError(f"A clause may have at most {longest} characters.", engine=engine)
    text = EMOJI.sub("", text).strip()
    return text if re.search(r"\w", text) else ""


def preference(name: str) -> str:
    """Which of `PREFERENCES` a voice's name, of any engine or of none, means; always the same for the same name."""
    key = name.lower().rpartition("/")[2]
    if not key:
        return next(iter(PREFERENCES))
    for known in sorted(PREFERENCES, key=len, reverse=True):
        if key == known or key.endswith("-" + known):
            return known
    gender = "female" if WOMAN.search(key) else "male" if MAN.search(key) else ""
    fitting = [known for known, whose in PREFERENCES.items() if whose == gender] or list(PREFERENCES)
    return ALIASES.get(key) or fitting[crc32(key.encode()) % len(fitting)]


@dataclass(frozen=True, slots=True)
class Prosody:
    """How fast, how high and how loud: `speed` and `volume` are factors, `semitones` a shift."""

    speed: float
    semitones: float
    volume: float


def prosody(request: SynthesisRequest) -> Prosody:
    """What a clause is asked to sound like, its style included; not yet within what an engine can do."""
    style = style_of(request.voice.style)
    return Prosody(request.voice.speed * style.speed, request.voice.pitch + style.semitones, style.volume)


def louder(pcm: Samples, factor: float) -> Samples:
    """The same sound at another level. What would come near full scale is bent towards it instead of cut off."""
    level = pcm * np.float32(factor / FULL_SCALE)
    above = np.abs(level) - KNEE
    bent = np.sign(level) * (KNEE + (1 - KNEE) * np.tanh(above / (1 - KNEE)))
    return (FULL_SCALE * np.where(above > 0, bent, level)).astype(np.int16)


def clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
