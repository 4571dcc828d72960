"""Audio on its way over the network: bytes of PCM or WAV, cut anywhere, to chunks of speech; samples to WAV."""

from __future__ import annotations

import io
import re
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.remote.client import Server
from models.support.clauses import CHUNK_MS
from pipeline.audio.resample import Resampler
from pipeline.audio.samples import Samples, samples_of
from pipeline.engines.protocols import SpeechChunk
from pipeline.errors import EngineError

SHORTEST_MS = 10
"""What comes in smaller pieces is gathered, so that nobody is woken for a few samples."""
LONGEST_HEADER = 64 * 1024
"""Bytes of a WAV before its samples."""
SIZE_UNKNOWN = 0x7FFF_0000
"""What claims to be longer than this was written by somebody who did not know the length yet."""
AUDIO = re.compile(r"audio/(pcm|raw|l16|x-l16|wav|x-wav|wave|vnd\.wave)|application/octet-stream|binary/octet-stream|")
RATE = re.compile(r"rate=(\d{4,6})")
RATES = frozenset((8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000))
"""What is resampled; for two rates that have little in common the filter would take all memory."""
INTEGER, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
"""Codes of the format in a WAV, by Microsoft's mmreg.h."""


@dataclass(frozen=True, slots=True)
class _Format:
    rate: int
    channels: int = 1
    dtype: str = "<i2"

    @property
    def frame(self) -> int:
        """Bytes of one sample on all channels."""
        return self.channels * np.dtype(self.dtype).itemsize


class WireAudio:
    """One answer's bytes, as chunks of mono 16-bit samples at `rate` Hz.

    What begins like a WAV is read as one, whatever was asked for: other rates are resampled, channels mixed, and a
    length in the header that cannot be right (a stream's) is not believed. All else is 16-bit PCM at `sent_rate`.
    """

    def __init__(self, server: Server, rate: int, sent_rate: int = 0) -> None:
        self._server = server
        self._rate = rate
        self._sent_rate = sent_rate or rate
        self._format: _Format | None = None
        self._held = bytearray()
        self._left: int | None = None
        self._resampler: Resampler | None = None
        self._pcm: Samples = np.zeros(0, np.int16)
        self._given = 0

    def expect(self, content_type: str) -> None:
        """What the answer's header says of it. Raises `EngineError` if that is not audio we can read."""
        kind = content_type.partition(";")[0].strip().lower()
        if not AUDIO.fullmatch(kind):
            shown = kind if re.fullmatch(r"[a-z]+/[a-z0-9.+-]{1,40}", kind) else "something else"
            title = self._server.title
            raise EngineError(
                f"{title[0].upper()}{title[1:]} answered with {shown} instead of PCM or WAV.",
                engine=self._server.engine,
            )
        if (rate := RATE.search(content_type)) and int(rate[1]) in RATES:
            self._sent_rate = int(rate[1])

    def take(self, raw: bytes) -> Iterator[SpeechChunk]:
        """The next bytes; chunks of at most 80 ms that are whole now. Raises `EngineError` for a WAV of another kind."""
        self._held += raw
        if self._format is None and not self._begin():
            return
        self._convert()
        yield from self._chunks(SHORTEST_MS)

    def end(self) -> Iterator[SpeechChunk]:
        """What is left. Raises `EngineError` if there was no audio at all."""
        if self._format is None and self._held[:4] != b"RIFF":
            self._start(_Format(self._sent_rate))
            self._convert()
        if self._resampler:
            tail = np.zeros(samples_of(2, self._format.rate) if self._format else 0, np.int16)
            self._pcm = np.concatenate((self._pcm, self._resampler(tail)))
        yield from self._chunks(0)
        if not self._given:
            raise EngineError(f"{self._server.beginning} sent no audio.", engine=self._server.engine)

    def _begin(self) -> bool:
        """Find out what the bytes are; False while there are too few."""
        head = bytes(self._held[:12])
        if len(head) < 12 and head[:4] == b"RIFF"[: len(head)]:
            return False
        if head[:4] == b"RIFF" and head[8:] == b"WAVE":
            return self._read_header()
        self._start(_Format(self._sent_rate))
        return True

    def _read_header(self) -> bool:
        at, found = 12, None
        while len(self._held) >= at + 8:
            name, size = struct.unpack_from("<4sI", self._held, at)
            if name == b"data":
                if found is None:
                    raise self._server.unreadable()
                del self._held[: at + 8]
                self._left = size if 0 < size < SIZE_UNKNOWN else None
                self._start(found)
                return True
            if at + 8 + size > LONGEST_HEADER:
                raise self._server.unreadable()
            if len(self._held) < at + 8 + size:
                return False
            if name == b"fmt ":
                found = self._format_of(bytes(self._held[at + 8 : at + 8 + size]))
            at += 8 + size + size % 2
        return False

    def _format_of(self, body: bytes) -> _Format:
        if len(body) < 16:
            raise self._server.unreadable()
        code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
        if code == EXTENSIBLE and len(body) >= 26:
            code = struct.unpack_from("<H", body, 24)[0]
        dtype = {(INTEGER, 16): "<i2", (INTEGER, 32): "<i4", (FLOAT, 32): "<f4"}.get((code, bits))
        if dtype is None or not 1 <= channels <= 8 or rate not in RATES:
            raise self._server.unreadable()
        return _Format(rate, channels, dtype)

    def _start(self, form: _Format) -> None:
        self._format = form
        if form.rate != self._rate:
            self._resampler = Resampler(form.rate, self._rate)

    def _convert(self) -> None:
        """Move whole samples from the bytes to `_pcm`."""
        form = self._format
        assert form is not None
        usable = len(self._held) if self._left is None else min(len(self._held), self._left)
        usable -= usable % form.frame
        raw = bytes(self._held[:usable])
        del self._held[:usable]
        if self._left is not None:
            self._left -= usable
            if self._left < form.frame:
                self._held.clear()  # what follows the samples in a WAV is no sound
        samples = np.frombuffer(raw, form.dtype)
        if form.dtype == "<i4":
            samples = samples >> 16
        elif form.dtype == "<f4":
            samples = np.nan_to_num(samples).clip(-1.0, 1.0) * 32_767
        if form.channels > 1:
            samples = samples.reshape(-1, form.channels).mean(axis=1)
        pcm: Samples = samples.astype(np.int16)
        self._pcm = np.concatenate((self._pcm, self._resampler(pcm) if self._resampler else pcm))

    def _chunks(self, shortest_ms: int) -> Iterator[SpeechChunk]:
        step, shortest = samples_of(CHUNK_MS, self._rate), max(1, samples_of(shortest_ms, self._rate))
        pcm, at = self._pcm, 0
        while len(pcm) - at >= shortest:
            piece = pcm[at : at + step]
            at += len(piece)
            self._given += len(piece)
            self._pcm = pcm[at:]
            yield SpeechChunk(piece)


def wav_of(pcm: Samples, rate: int) -> bytes:
    """Mono 16-bit samples as a WAV."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.astype("<i2", copy=False).tobytes())
    return made.getvalue()
