"""Conversations put together from recordings, of which it is known where a turn pauses and where it ends.

A recording becomes one turn. Its own pauses, which the voice detector finds, are lengthened with noise like the quietest
of the recording; more are put where its words are known, by aligning them: once after a small word ("and", "of") and
once within a phrase, as by someone who looks for a word. All turns of a speaker follow each other, first in a brisk
conversation with short pauses, then in a hesitant one with long ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal, TypeAlias

import numpy as np

from pipeline.audio.samples import Samples, samples_of

Kind: TypeAlias = Literal["pause", "small word", "phrase"]
Span: TypeAlias = tuple[int, int]

WINDOW = 512
LEAD = samples_of(480)
TAIL = samples_of(3008)
"""Silence before the first turn and after each; longer than any wait for its end."""

PACES_MS = {"brisk": (300, 700), "hesitant": (600, 1500)}
SMALL_WORDS = frozenset(
    "and but or so because that which who when if of to in for with from the a an my his our".split()
)
APART = samples_of(700)
"""Between two pauses there is at least this much speech."""

NOISES_DB = (None, 20, 10, 5)
"""Signal-to-noise ratios; None is the recording as it is."""


@dataclass(frozen=True)
class Recording:
    """A clip of one speaker: the sample after its last voice, the gaps in it, and each word with the sample after it."""

    name: str
    speaker: str
    language: str
    text: str
    pcm: Samples
    end: int
    gaps: tuple[Span, ...]
    words: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Pause:
    """Silence in which the person has not finished, as samples of its conversation."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation; `end` is the sample after its last voice."""

    name: str
    text: str
    start: int
    end: int
    pauses: tuple[Pause, ...]


@dataclass(frozen=True)
class Conversation:
    """Turns of one speaker on one line of samples."""

    speaker: str
    language: str
    pace: str
    pcm: Samples
    turns: tuple[Turn, ...]
    noise_db: int | None = None

    @property
    def key(self) -> str:
        """Tells it from every other."""
        return hashlib.sha256(self.pcm.tobytes()).hexdigest()[:20]


def conversations(recordings: Sequence[Recording]) -> Iterator[Conversation]:
    """A brisk and a hesitant conversation of each speaker, in silence and in noise."""
    by_speaker = sorted(recordings, key=lambda recording: recording.speaker)
    for speaker, clips in groupby(by_speaker, key=lambda recording: recording.speaker):
        spoken = _joined(list(clips))
        for pace in PACES_MS:
            clean = _conversation(speaker, spoken, pace)
            yield from (clean if noise_db is None else in_noise(clean, noise_db) for noise_db in NOISES_DB)


def in_noise(clean: Conversation, noise_db: int) -> Conversation:
    """The same with pink noise, `noise_db` below the level of its speech."""
    rng = _random(clean.speaker, clean.pace, str(noise_db))
    speech = np.concatenate([clean.pcm[turn.start : turn.end] for turn in clean.turns]).astype(np.float64)
    blocks = (speech[: len(speech) // WINDOW * WINDOW].reshape(-1, WINDOW) ** 2).mean(1)
    power = blocks[blocks > 0.01 * np.percentile(blocks, 95)].mean()
    noise = _pink(len(clean.pcm), rng) * np.sqrt(power / 10 ** (noise_db / 10))
    noisy = np.clip(clean.pcm + noise, -32768, 32767).astype(np.int16)
    return replace(clean, pcm=noisy, noise_db=noise_db)


def _joined(clips: Sequence[Recording]) -> list[Recording]:
    """A clip whose text ends in a comma is one turn with the next."""
    turns = list[Recording]()
    for clip in clips:
        if turns and turns[-1].text.endswith(","):
            first = turns.pop()
            at = len(first.pcm)
            clip = replace(
                clip,
                text=f"{first.text} {clip.text}",
                pcm=np.concatenate((first.pcm, clip.pcm)),
                end=at + clip.end,
                gaps=(*first.gaps, (first.end, at), *((at + start, at + end) for start, end in clip.gaps)),
                words=(*first.words, *((word, at + end) for word, end in clip.words)),
            )
        turns.append(clip)
    return turns


def _conversation(speaker: str, recordings: Sequence[Recording], pace: str) -> Conversation:
    rng = _random(speaker, pace)
    pieces, turns, at = [_room_tone(recordings[0].pcm, LEAD, rng)], list[Turn](), LEAD
    for recording in recordings:
        pcm, turn = _turn(recording, at, pace, rng)
        tail = _room_tone(recording.pcm, TAIL + -(at + len(pcm)) % WINDOW, rng)
        pieces += [pcm, tail]
        turns.append(turn)
        at += len(pcm) + len(tail)
    return Conversation(speaker, recordings[0].language, pace, np.concatenate(pieces), tuple(turns))


def _turn(recording: Recording, at: int, pace: str, rng: np.random.Generator) -> tuple[Samples, Turn]:
    shortest, longest = map(samples_of, PACES_MS[pace])
    pieces, pauses = list[Samples](), list[Pause]()
    since = added = 0
    for kind, (start, end) in sorted(_places(recording, rng), key=lambda place: place[1]):
        more = max(0, int(rng.integers(shortest, longest)) - (end - start))
        cut = _quietest(recording.pcm, start, end)
        pieces += [recording.pcm[since:cut], _room_tone(recording.pcm, more, rng)]
        pauses.append(Pause(kind, at + added + start, at + added + end + more))
        since, added = cut, added + more
    pieces.append(recording.pcm[since:])
    pcm = np.concatenate([_faded(piece) for piece in pieces])
    return pcm, Turn(recording.name, recording.text, at, at + recording.end + added, tuple(pauses))


def _places(recording: Recording, rng: np.random.Generator) -> list[tuple[Kind, Span]]:
    places: list[tuple[Kind, Span]] = [("pause", gap) for gap in recording.gaps]
    inner = [(word, at) for word, at in recording.words[:-1] if APART < at < recording.end - APART]
    choices: list[tuple[Kind, list[int]]] = [
        ("small word", [at for word, at in inner if word in SMALL_WORDS]),
        ("phrase", [at for word, at in inner if word not in SMALL_WORDS]),
    ]
    for kind, ats in choices:
        free = [at for at in ats if all(not start - APART < at < end + APART for _, (start, end) in places)]
        if free:
            at = int(rng.choice(free))
            places.append((kind, (at, at)))
    return places


def _quietest(pcm: Samples, start: int, end: int) -> int:
    """The middle of the quietest 20 ms within or, for a point, around."""
    size, middle = samples_of(20), (start + end) // 2
    first, last = (start, end) if end - start > 2 * size else (middle - size, middle + size)
    starts = range(max(0, first), max(first + 1, last - size), size // 4)
    return min(starts, key=lambda at: float(np.square(pcm[at : at + size], dtype=np.float64).sum())) + size // 2


def _room_tone(pcm: Samples, length: int, rng: np.random.Generator) -> Samples:
    """`length` samples with the spectrum of the recording's quietest 100 ms, in which nothing is left of a voice."""
    block, grain = samples_of(100), samples_of(50)
    power = np.square(pcm, dtype=np.float64)[: len(pcm) // 160 * 160].reshape(-1, 160).sum(1)
    heard = np.convolve(power, np.ones(block // 160), "valid")
    start = int(np.where(heard > 0, heard, np.inf).argmin()) * 160
    loudness = np.abs(np.fft.rfft(pcm[start : start + block].astype(np.float64), 2 * grain))[::2] / np.sqrt(2)
    fade, tone = np.hanning(grain), np.zeros(length + 2 * grain)
    for at in range(0, length + grain, grain // 2):
        phases = np.exp(2j * np.pi * rng.random(len(loudness)))
        tone[at : at + grain] += fade * np.fft.irfft(loudness * phases, grain)
    return tone[grain // 2 : grain // 2 + length].round().astype(np.int16)


def _faded(piece: Samples) -> Samples:
    """Without clicks where it was cut."""
    fade = np.linspace(0, 1, min(samples_of(8), len(piece) // 2), endpoint=False)
    soft = piece.astype(np.float64)
    soft[: len(fade)] *= fade
    soft[len(soft) - len(fade) :] *= fade[::-1]
    return soft.round().astype(np.int16)


def _pink(length: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of power 1 that falls by 3 dB an octave."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), length)
    result: np.ndarray = noise / noise.std()
    return result


def _random(*seed: str) -> np.random.Generator:
    return np.random.default_rng(list(" ".join(seed).encode()))
