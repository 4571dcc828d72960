"""Audio on the wire: PCM at several rates and G.711, to and from the samples the pipeline works with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE, Samples
from server.protocol.client_events import Format


class Decoder:
    """A client's audio bytes → samples at `LINE_RATE`. Bytes may be cut anywhere, between the two of a sample too."""

    def __init__(self, format: Format) -> None:
        self._table = {"audio/pcmu": MULAW, "audio/pcma": ALAW}.get(format.type)
        self.resample = Resampler(format.samples_per_second, LINE_RATE)
        self._odd = b""

    def decode(self, data: bytes) -> Samples:
        """The samples that are complete with `data`."""
        return self.resample(self.samples(data))

    def samples(self, data: bytes) -> Samples:
        """The same at the client's rate."""
        if self._table is not None:
            return self._table[np.frombuffer(data, np.uint8)]
        if self._odd:
            data, self._odd = self._odd + data, b""
        if len(data) % 2:
            data, self._odd = data[:-1], data[-1:]
        return np.frombuffer(data, "<i2")


class Encoder:
    """One item's samples → the bytes its client wants."""

    def __init__(self, format: Format, rate: int) -> None:
        self._resample = Resampler(rate, format.samples_per_second)
        self._table = {"audio/pcmu": TO_MULAW, "audio/pcma": TO_ALAW}.get(format.type)

    def encode(self, pcm: Samples) -> bytes:
        """The next bytes of the item."""
        samples = self._resample(pcm)
        if self._table is not None:
            return self._table[samples.view(np.uint16)].tobytes()
        return samples.astype("<i2", copy=False).tobytes()


def _decode_mulaw(code: NDArray[np.int64]) -> Samples:
    # ITU-T G.711, mu-law: all bits inverted; sign, 3 bits of exponent, 4 of mantissa, bias 33 on a 14-bit scale
    code = ~code & 0xFF
    magnitude = ((((code & 0x0F) << 1) + 33) << ((code >> 4) & 7)) - 33
    return (np.where(code & 0x80, -magnitude, magnitude) << 2).astype(np.int16)


def _decode_alaw(code: NDArray[np.int64]) -> Samples:
    # ITU-T G.711, A-law: even bits inverted; the first two segments are linear, 13-bit scale
    code = code ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 0x0F) << 1
    magnitude = np.where(exponent == 0, mantissa + 1, (mantissa + 33) << np.maximum(exponent - 1, 0))
    return (np.where(code & 0x80, magnitude, -magnitude) << 3).astype(np.int16)


def _nearest(table: Samples) -> NDArray[np.uint8]:
    """For every 16-bit sample, as an unsigned index, the code whose value in `table` is nearest.

    Of two the upper one, so that silence is the positive zero as in G.711: 0xFF in mu-law, 0xD5 in A-law.
    """
    order = np.argsort(table, kind="stable")
    values = table[order].astype(np.int64)
    samples = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int64)
    above = np.clip(np.searchsorted(values, samples, side="right"), 1, len(values) - 1)
    lower = samples - values[above - 1] < values[above] - samples
    return order[np.where(lower, above - 1, above)].astype(np.uint8)


MULAW = _decode_mulaw(np.arange(256))
ALAW = _decode_alaw(np.arange(256))
TO_MULAW = _nearest(MULAW)
TO_ALAW = _nearest(ALAW)
