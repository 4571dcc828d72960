"""Stereo sound → Opus packets of 20 ms. About 5 ms of processor time for each second of sound, none for silence."""

from __future__ import annotations

from typing import Any, TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

Stereo: TypeAlias = NDArray[np.int16]
"""Shape (samples, 2) at `RATE`: left the person, right the character."""

RATE = 24_000
FRAME = RATE // 50
"""Samples in a packet."""

BIT_RATE = 48_000
"""Below that the codec lets one side be heard faintly on the other: at 40,000 with -18 dB for 6 ms, here not at all."""
SETTLES = 10
"""Packets of silence after which nothing of the sound before them is left in the encoder."""

SILENT = b"\xdc\xff\xfe"
"""20 ms of stereo silence as the codec writes it in its music mode, where it depends on nothing before it."""


class StereoOpus:
    """One stream's encoder. Its sound comes out `pre_skip` samples at 48 kHz later than it goes in."""

    def __init__(self) -> None:
        context: Any = av.CodecContext.create("libopus", "w")
        context.sample_rate, context.layout, context.format = RATE, "stereo", "s16"
        context.bit_rate, context.options = BIT_RATE, {"application": "audio", "frame_duration": "20"}
        context.open()
        self._context, self._at = context, 0
        self.pre_skip = int.from_bytes(context.extradata[10:12], "little")
        self._silent = 0

    def encode(self, stereo: Stereo) -> list[bytes]:
        """The packets of a whole number of frames."""
        packets, step = list[bytes](), SETTLES * FRAME
        for some in (stereo[start : start + step] for start in range(0, len(stereo), step)):
            if some.any():
                self._silent = 0
                packets += self._encode(some)
            else:
                packets += self.silence(len(some) // FRAME)
        return packets

    def silence(self, packets: int) -> list[bytes]:
        """So many packets of silence."""
        real = min(packets, max(0, SETTLES - self._silent))
        made = self._encode(np.zeros((real * FRAME, 2), np.int16)) if real else []
        self._silent += packets
        return made + [SILENT] * (packets - real)

    def _encode(self, stereo: Stereo) -> list[bytes]:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(stereo).reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = RATE, self._at
        self._at += len(stereo)
        return [bytes(packet) for packet in self._context.encode(frame)]
