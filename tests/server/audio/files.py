"""Audio files for tests, made and read by libav."""

from __future__ import annotations

import io

import av
import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples

CODECS = {
    "wav": "pcm_s16le",
    "mp3": "libmp3lame",
    "flac": "flac",
    "ogg": "libopus",
    "webm": "libopus",
    "mp4": "aac",
    "adts": "aac",
    "aiff": "pcm_s16be",
}
"""Containers, and what is put into them."""


def file_of(pcm: Samples, container: str = "wav", rate: int = LINE_RATE, channels: int = 1) -> bytes:
    """An audio file with these samples in every channel."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(CODECS[container], rate=rate, layout="stereo" if channels == 2 else "mono")
        frame = av.AudioFrame.from_ndarray(
            np.repeat(pcm, channels)[None, :], format="s16", layout="stereo" if channels == 2 else "mono"
        )
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            output.mux(packet)
    return file.getvalue()


def heard_in(file: bytes, rate: int = LINE_RATE) -> Samples:
    """What a player makes of a file: mono samples at `rate`."""
    pieces: list[Samples] = []
    with av.open(io.BytesIO(file), "r") as source:
        resampler = av.AudioResampler("s16", "mono", rate)
        for frame in (*source.decode(audio=0), None):
            pieces += [made.to_ndarray()[0] for made in resampler.resample(frame)]
    return np.concatenate(pieces)


def tone(seconds: float, rate: int = LINE_RATE, hertz: float = 440.0) -> Samples:
    """A sine, 10 dB below full scale."""
    return (0.45 * 32767 * np.sin(2 * np.pi * hertz / rate * np.arange(int(seconds * rate)))).astype(np.int16)
