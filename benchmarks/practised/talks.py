"""Talks as they were written down in `talks.toml`, put together to sound, with all that is known of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from benchmarks.practised.pieces import Piece, Pieces
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.practice.measures.turn import LATE_MS
from pipeline.practice.speech import Span, SpokenTurn, TimedWord

Kind: TypeAlias = Literal["within", "between"]

PAUSES_MS: Mapping[Kind, tuple[int, int]] = {"within": (350, 1000), "between": (450, 1500)}
ANSWERS_MS = (300, 2500)
CHARACTER_MS = (2000, 6000)
QUIET_MS = 700
"""Before a turn, and after it."""
NOISE = 12.0
"""Root mean square of the noise that is everywhere; speech has 3,000."""
FILLERS = {"um": "um", "uh": "uh", "嗯": "嗯", "呃": "呃"}

_TOKEN = re.compile(r"//|/|<[^>]+>|\{|\}|@[\w:]+|[^\s/<>{}@]+")


@dataclass(frozen=True)
class Turn:
    """As it was said; times are milliseconds from the first sample of `pcm`. `words`: with fillers, each with its times."""

    pcm: Samples
    text: str
    words: Sequence[tuple[str, int, int]]
    voiced: Sequence[Span]
    pauses: Sequence[tuple[Kind, int]]
    fillers: int
    repairs: int
    answer_ms: int
    begins_ms: int = 0

    @property
    def ms(self) -> int:
        return self.voiced[-1].end_ms - self.voiced[0].start_ms

    def spoken(self, line_id: str, language: str) -> SpokenTurn:
        """The turn as it would be if everything were heard right; a detector is late by the same always."""
        at, words = 0, list[TimedWord]()
        for text, start, end in self.words:
            at = self.text.index(text, at)
            words.append(TimedWord(text, at, self.begins_ms + start, self.begins_ms + end))
            at += len(text)
        voiced = [Span(self.begins_ms + span.start_ms, self.begins_ms + span.end_ms + LATE_MS) for span in self.voiced]
        start, end = self.begins_ms, self.begins_ms + len(self.pcm) * 1000 // LINE_RATE
        return SpokenTurn(line_id, self.text, language, start, end, voiced, words, asked_ms=self.asked_ms)

    @property
    def asked_ms(self) -> int:
        return self.begins_ms + self.voiced[0].start_ms - self.answer_ms


@dataclass(frozen=True)
class Talk:
    """Some turns on one line of time. lexical: its words without fillers, as they were written. syllables: of these."""

    id: str
    language: str
    turns: Sequence[Turn]
    character_ms: int
    lexical: Sequence[str]
    syllables: int


@dataclass
class _Making:
    """A turn while it is put together."""

    rng: np.random.Generator
    pcm: list[Samples] = field(default_factory=list)
    text: str = ""
    words: list[tuple[str, int, int]] = field(default_factory=list)
    voiced: list[Span] = field(default_factory=list)
    pauses: list[tuple[Kind, int]] = field(default_factory=list)
    fillers: int = 0
    repairs: int = 0
    length: int = 0

    def add(self, piece: Piece, space: str) -> None:
        """Its words share its time by their length."""
        start, end = (self.length * 1000 // LINE_RATE, (self.length + len(piece.pcm)) * 1000 // LINE_RATE)
        letters, at = sum(map(len, piece.words)), 0
        for word in piece.words:
            times = [start + (end - start) * n // letters for n in (at, at + len(word))]
            self.words.append((word, times[0], times[1]))
            self.text += word + space
            at += len(word)
        joins = bool(self.voiced) and self.voiced[-1].end_ms == start
        since = self.voiced.pop().start_ms if joins else start
        self.voiced.append(Span(since, end))
        self._put(piece.pcm)

    def pause(self, kind: Kind) -> None:
        """Of a length by chance; a clause's end is written down as a full stop."""
        ms = int(self.rng.integers(*PAUSES_MS[kind]))
        self.pauses.append((kind, ms))
        if kind == "between":
            self.text = self.text.rstrip() + ". "
        self.quiet(ms)

    def quiet(self, ms: int) -> None:
        self._put(np.zeros(samples_of(ms), np.int16))

    def _put(self, pcm: Samples) -> None:
        self.pcm.append(pcm)
        self.length += len(pcm)


def talks(pieces: Pieces) -> Iterator[Talk]:
    """All of the file."""
    read = tomllib.loads((Path(__file__).parent / "talks.toml").read_text("utf-8"))
    by_id = {entry["id"]: entry for entry in read["talks"]}
    for entry in read["talks"]:
        parts = [by_id[id] for id in entry.get("of", [entry["id"]])]
        written = [(line, part.get("voice", "flite/slt")) for part in parts for line in part["turns"]]
        yield _talk(entry["id"], entry["language"], written, parts, read["clips"], pieces)


def _talk(
    id: str,
    language: str,
    written: Sequence[tuple[str, str]],
    parts: Sequence[Mapping[str, Any]],
    clips: Mapping[str, Mapping[str, Any]],
    pieces: Pieces,
) -> Talk:
    rng = np.random.default_rng(list(id.encode()))
    at, character_ms, turns = 0, 0, list[Turn]()
    for line, voice in written:
        turn, asked = _turn(line, language, voice, pieces, rng), int(rng.integers(*CHARACTER_MS))
        character_ms += asked
        turns.append(replace(turn, begins_ms=at + asked + turn.answer_ms))
        at = turns[-1].begins_ms + len(turn.pcm) * 1000 // LINE_RATE
    text = re.sub(r"<[^>]*>", "", " ".join(line for line, _ in written))
    lexical, syllables = list[str](), sum(part.get("syllables", 0) for part in parts)
    for token in _TOKEN.findall(text):
        name = token[1:].partition(":")[0]
        if token[0] == "@":
            syllables += clips[name]["syllables"]
            lexical += clips[name].get("words", "").split() or pieces.words_of(name)
        elif token[0] not in "/{}":
            syllables += len(token) if language == "zh" else 0
            lexical.append(token.lower())
    return Talk(id, language, turns, character_ms, lexical, syllables)


def _turn(line: str, language: str, voice: str, pieces: Pieces, rng: np.random.Generator) -> Turn:
    making, space = _Making(rng), " " if language == "en" else ""
    making.quiet(QUIET_MS)
    said = list[str]()

    def say() -> None:
        if said:
            making.add(pieces.spoken(" ".join(said), language, voice), space)
            said.clear()

    for token in _TOKEN.findall(line):
        if token[0] not in "<@/":
            making.repairs += token == "{"
            said += [] if token in "{}" else [token]
            continue
        say()
        if token[0] == "<":
            making.add(pieces.spoken(token[1:-1], language, voice), space)
            making.fillers += 1
        elif token[0] == "/":
            making.pause("between" if token == "//" else "within")
        else:
            first, *others = pieces.recorded(token[1:], language)
            making.add(first, space)
            for other in others:
                making.pause("within")
                making.add(other, space)
    say()
    making.quiet(QUIET_MS)
    pcm = np.concatenate(making.pcm)
    noisy = np.clip(pcm + rng.normal(0, NOISE, len(pcm)), -32_768, 32_767).astype(np.int16)
    known = (making.text.strip(), making.words, making.voiced, making.pauses, making.fillers, making.repairs)
    return Turn(noisy, *known, answer_ms=int(rng.integers(*ANSWERS_MS)))
