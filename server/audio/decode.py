"""An uploaded file → samples: whatever libav reads, bounded in every way a hostile file could grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import av
import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.errors import InvalidRequest

CONTAINERS = "aac,ac3,aiff,amr,asf,au,avi,caf,flac,matroska,mov,mp3,mpeg,mpegts,ogg,w64,wav,webm"
"""libav's names. Playlists are left out on purpose: they name other files and addresses, which would be opened."""

OPTIONS = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
READ_S = 20.0
RATES = range(4_000, 384_001)
MOST_CHANNELS = 16
PIECE = LINE_RATE
"""Samples given out at once: a second, so that threads are changed rarely."""

SHORTEST_S = 0.1


def decoded(file: BinaryIO, longest_s: float) -> Iterator[Samples]:
    """The file's first audio track, mono at `LINE_RATE`, about a second at a time. Blocking: for a worker thread.

    Raises `InvalidRequest` for what is no audio, or shorter than 0.1 s or longer than `longest_s`. Damage in the middle
    is passed over, as players do.
    """
    total, piece, waiting = 0, list[Samples](), 0
    try:
        for pcm in _samples(file):
            total += len(pcm)
            if total > longest_s * LINE_RATE:
                raise InvalidRequest(
                    f"The audio is longer than {longest_s:g} s: send it in parts.", code="audio_too_long", param="file"
                )
            piece.append(pcm)
            waiting += len(pcm)
            if waiting >= PIECE:
                yield np.concatenate(piece)
                piece, waiting = [], 0
    except (av.FFmpegError, ValueError, NotImplementedError, OverflowError) as error:
        if not total:
            raise _not_audio() from error
    if total < SHORTEST_S * LINE_RATE:
        message = f"The audio is too short: at least {SHORTEST_S:g} s are needed."
        raise InvalidRequest(message, code="audio_too_short", param="file") if total else _not_audio()
    if piece:
        yield np.concatenate(piece)


def _not_audio() -> InvalidRequest:
    """What is said of a file without sound in it."""
    message = "The file is not audio that can be read: send wav, mp3, m4a, ogg, flac, webm or another common format."
    return InvalidRequest(message, code="invalid_audio", param="file")


def _samples(file: BinaryIO) -> Iterator[Samples]:
    with av.open(file, "r", options=OPTIONS, timeout=READ_S, metadata_errors="ignore") as container:
        track = next(iter(container.streams.audio), None)
        codec = track.codec_context if track else None  # None, too, where libav does not know the codec
        if track is None or codec is None or codec.sample_rate not in RATES or codec.channels > MOST_CHANNELS:
            raise _not_audio()
        resampler = av.AudioResampler("s16", "mono", LINE_RATE)
        for packet in container.demux(track):
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                continue
            for frame in frames:
                for made in resampler.resample(frame):
                    yield made.to_ndarray()[0]
        for made in resampler.resample(None):
            yield made.to_ndarray()[0]
