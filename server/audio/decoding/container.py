"""What libav may open, and which of the tracks in it are listened to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import av
import numpy as np

from server.audio.decoding.track import UNREADABLE, decoded
from server.audio.decoding.window import Window
from server.audio.decoding.work_limit import WorkLimit

CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dss,dts,eac3,flac,flv,loas,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,"
    "nistsphere,nut,ogg,qcp,rm,sox,tak,tta,voc,w64,wav,webm,wv,xwma"
)
"""libav's names. Playlists are left out on purpose: they name other files and addresses, which would be opened."""

OPTIONS = {
    "format_whitelist": CONTAINERS,
    "protocol_whitelist": "none",
    # FLV and MPEG streams have no list of their tracks: one that begins late, or with another codec, must be looked for.
    "probesize": "50000000",
    "analyzeduration": "7200000000",
}
READ_S = 20.0

AUDIBLE = 0.003
"""A peak from which on a track is not silent, 50 dB below full scale."""

ASIDE = ("comment", "visual_impaired", "hearing_impaired", "karaoke", "lyrics", "clean_effects")
"""Dispositions of tracks that are listened to only where the others are silent: commentary, descriptions."""


@contextmanager
def opened(file: Window) -> Iterator[Any]:
    """The file as libav sees it. Raises one of `UNREADABLE`."""
    file.seek(0)
    with av.open(file, "r", options=OPTIONS, timeout=READ_S, metadata_errors="ignore") as container:
        yield container


def packets(container: Any, streams: Sequence[Any] = ()) -> Iterator[Any]:
    """The packets of these streams, in the order of the file; without any, of all. Raises one of `UNREADABLE`."""
    # At the end PyAV also asks for what is left of streams that libav found on the way, and that it has not itself.
    with suppress(IndexError):
        yield from container.demux(*streams)


def chosen_tracks(file: Window) -> tuple[int, ...]:
    """The indices of the audio tracks to hear together: those of one language, as recorders write one for each person.

    Of several languages it is that of the track that is marked as the default, or comes first, unless it is silent.
    """
    with opened(file) as container:
        groups = _groups(container)
        if len(groups) > 1:
            audible = _first_audible(container, groups, file.limit)
            return groups[audible]
    return groups[0] if groups else ()


def _groups(container: Any) -> list[tuple[int, ...]]:
    """The tracks that belong together, the most wanted group first."""
    groups = dict[tuple[bool, str], list[Any]]()
    for stream in container.streams.audio:
        if stream.codec_context is not None:  # None where libav does not know the codec
            groups.setdefault((_is_aside(stream), _language(stream)), []).append(stream)
    wanted = sorted(groups, key=lambda group: (group[0], not any(_is(stream, "default") for stream in groups[group])))
    return [tuple(stream.index for stream in groups[group]) for group in wanted]


def _language(stream: Any) -> str:
    language = str(stream.language or "")
    return "" if language == "und" else language


def _is_aside(stream: Any) -> bool:
    return any(_is(stream, disposition) for disposition in ASIDE)


def _is(stream: Any, disposition: str) -> bool:
    return bool(stream.disposition & getattr(type(stream.disposition), disposition))


def _first_audible(container: Any, groups: Sequence[tuple[int, ...]], limit: WorkLimit) -> int:
    """The first group with sound in it; the first of all if there is none."""
    order = {index: number for number, group in enumerate(groups) for index in group}
    best = len(groups)
    with suppress(*UNREADABLE):
        for packet in packets(container, [container.streams[index] for index in order]):
            limit.check()
            if order[packet.stream_index] < best and _is_audible(packet):
                best = order[packet.stream_index]
                if best == 0:
                    break
    return best % len(groups)


def _is_audible(packet: Any) -> bool:
    with suppress(*UNREADABLE):
        resampled = (made for frame in decoded(packet) for made in _as_floats(frame))
        return any(float(np.abs(wave).max(initial=0)) > AUDIBLE for wave in resampled)
    return False


def _as_floats(frame: Any) -> Iterator[Any]:
    for made in av.AudioResampler("flt").resample(frame):
        yield np.nan_to_num(made.to_ndarray())
