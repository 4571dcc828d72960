"""Recordings of beeps at known times, in any container, and where they are heard."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from server.audio.decoding.decode import Decoding
from server.audio.decoding.track import Missing

BEEP_S = 0.4
FRAME = 960
LEVEL = 0.1 * 32768
"""Of an envelope, from which on there is a beep."""

WITHIN_S = 0.05
"""How exactly times must be right."""


def beeps(seconds: float, at: Sequence[float], rate: int = LINE_RATE, hertz: float = 440.0) -> Samples:
    """Silence, and a beep from each of these times on."""
    pcm = np.zeros(int(seconds * rate), np.int16)
    beep = (0.45 * 32767 * np.sin(2 * np.pi * hertz / rate * np.arange(int(BEEP_S * rate)))).astype(np.int16)
    for start in at:
        there = pcm[int(start * rate) : int(start * rate) + len(beep)]
        there += beep[: len(there)]
    return pcm


@dataclass(frozen=True)
class Encoding:
    """How a file is made. `options` of the container; `dictionary` and `bit_rate` of the encoder."""

    container: str
    codec: str
    rate: int = LINE_RATE
    layout: str = "mono"
    bit_rate: int = 0
    options: Mapping[str, str] = field(default_factory=dict)


def recording(how: Encoding, *channels: Samples, begin_s: float = 0.0, gap: tuple[float, float] = (0.0, 0.0)) -> bytes:
    """The channels (or one for all) as a file. Time stamps begin at `begin_s`; nothing is encoded of what lies in `gap`."""
    file = io.BytesIO()
    with av.open(file, "w", format=how.container, container_options=dict(how.options)) as output:
        stream = add_track(output, how)
        for frame in frames(how, *channels, begin_s=begin_s):
            if not gap[0] <= frame.pts / how.rate - begin_s < gap[1]:
                output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def add_track(output: Any, how: Encoding) -> Any:
    """A stream of the container for `frames`."""
    stream = output.add_stream(how.codec, rate=how.rate, layout=how.layout)
    stream.time_base = Fraction(1, how.rate)
    if how.bit_rate:
        stream.bit_rate = how.bit_rate
    return stream


def frames(how: Encoding, *channels: Samples, begin_s: float = 0.0) -> list[Any]:
    """Sound for an encoder, with time stamps."""
    count = av.AudioLayout(how.layout).nb_channels
    pcm = np.stack(channels if len(channels) == count else channels * count, axis=1)
    made = list[Any]()
    for start in range(0, len(pcm), FRAME):
        piece = np.ascontiguousarray(pcm[start : start + FRAME].reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(piece, format="s16", layout=how.layout)
        frame.sample_rate, frame.time_base = how.rate, Fraction(1, how.rate)
        frame.pts = int(begin_s * how.rate) + start
        made.append(frame)
    return made


@dataclass(frozen=True)
class Heard:
    """What was decoded of a file."""

    pcm: Samples
    missing: list[Missing]

    @property
    def seconds(self) -> float:
        return len(self.pcm) / LINE_RATE

    @property
    def beeps(self) -> list[float]:
        """Where beeps begin, in seconds."""
        step = LINE_RATE // 100
        envelope = np.abs(self.pcm[: len(self.pcm) // step * step].astype(np.int32)).reshape(-1, step).max(axis=1)
        loud = np.flatnonzero(envelope > LEVEL)
        first = loud[np.diff(loud, prepend=-100) > 10]
        return [float(start) / 100 for start in first]


def heard(file: bytes, longest_s: float = 120.0) -> Heard:
    """Decode a file."""
    decoding = Decoding(io.BytesIO(file), longest_s)
    return Heard(np.concatenate([*decoding.samples()]), decoding.missing)
