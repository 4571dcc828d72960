"""Samples → the bytes of an audio file, while the samples are still being made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import av
import numpy as np

from pipeline.audio.samples import Samples

RATE = 24_000
"""Of all files that are made; the API says so for pcm."""

AudioFormat: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]

MEDIA_TYPES: Mapping[AudioFormat, str] = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


class FileEncoder(Protocol):
    """One file, mono at `RATE`. Costs less than a millisecond for 80 ms of audio."""

    def encode(self, pcm: Samples) -> bytes:
        """The bytes that are complete with these samples; may be none."""

    def finish(self) -> bytes:
        """The rest of the file."""


def encoder(format: AudioFormat) -> FileEncoder:
    """An encoder for a new file."""
    match format:
        case "pcm":
            return Pcm()
        case "wav":
            return Pcm(wav_header(RATE))
        case _:
            return Compressed(COMPRESSION[format])


def wav_header(rate: int) -> bytes:
    """The header of a mono 16-bit WAV file of unknown length.

    Both lengths are as large as they can be, which players and libraries take for "to the end of the stream".
    """
    unknown = b"\xff\xff\xff\xff"
    numbers = np.array([16], "<u4").tobytes() + np.array([1, 1], "<u2").tobytes()
    rates = np.array([rate, 2 * rate], "<u4").tobytes() + np.array([2, 16], "<u2").tobytes()
    return b"RIFF" + unknown + b"WAVEfmt " + numbers + rates + b"data" + unknown


class Pcm:
    """The samples as they are, behind a header if there is one."""

    def __init__(self, header: bytes = b"") -> None:
        self._header = header

    def encode(self, pcm: Samples) -> bytes:
        header, self._header = self._header, b""
        return header + pcm.astype("<i2", copy=False).tobytes()

    def finish(self) -> bytes:
        return b""


@dataclass(frozen=True, slots=True)
class Compression:
    """How libav calls a container and a codec, and what they are set to. bit_rate: 0 where it means nothing."""

    container: str
    codec: str
    bit_rate: int = 0
    options: Mapping[str, str] | None = None


COMPRESSION: Mapping[AudioFormat, Compression] = {
    "mp3": Compression("mp3", "libmp3lame", 64_000),
    # A page a tenth of a second: the usual whole second would be heard as delay.
    "opus": Compression("ogg", "libopus", 32_000, {"page_duration": "100000"}),
    "aac": Compression("adts", "aac", 64_000),
    "flac": Compression("flac", "flac"),
}


class Compressed:
    """Encodes through libav into memory. Nothing that was written is changed later: the file can be sent as it grows."""

    def __init__(self, how: Compression) -> None:
        self._sink = Sink()
        options = {**(how.options or {}), "flush_packets": "1"}
        self._container = av.open(self._sink, "w", format=how.container, container_options=options)
        self._stream: Any = self._container.add_stream(how.codec, rate=RATE, layout="mono")
        if how.bit_rate:
            self._stream.bit_rate = how.bit_rate

    def encode(self, pcm: Samples) -> bytes:
        if not len(pcm):  # of a piece so short that the resampler holds all of it back; libav takes no frame of nothing
            return b""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm[None, :]), format="s16", layout="mono")
        frame.sample_rate = RATE
        return self._write(frame)

    def finish(self) -> bytes:
        rest = self._write(None)
        self._container.close()
        return rest + self._sink.take()

    def _write(self, frame: Any) -> bytes:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
        return self._sink.take()


class Sink:
    """What libav writes to: a file without a way back."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last call."""
        written = bytes(self._written)
        self._written.clear()
        return written
