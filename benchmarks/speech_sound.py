"""What can be measured of speech without understanding it: its level, the silence around and in it, clicks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio.samples import SILENCE_DBFS, Samples, levels_dbfs, samples_of

FRAME_MS = 10
SILENT_BELOW_DB = 40.0
"""Frames that are this much softer than the loudest one are silence."""
NEIGHBOURS_MS = 5
SMALLEST_CLICK = 300
"""Steps of fewer than these of 32,768 are not heard as a click."""


@dataclass(frozen=True)
class Sound:
    """level_dbfs: of what is not silence. lead_ms, trail_ms: silence before and after. gap_ms: the longest one within.

    click: the largest step between two pieces as a multiple of the largest step near it; above 2 it is one.
    """

    level_dbfs: float
    lead_ms: int
    trail_ms: int
    gap_ms: int
    click: float


def sound(pieces: Sequence[Samples], rate: int) -> Sound:
    """Of a clause as it came from a synthesiser, piece by piece."""
    pcm = np.concatenate([*pieces, np.zeros(0, np.int16)]).astype(np.int16)
    size = samples_of(FRAME_MS, rate)
    frames = pcm[: len(pcm) // size * size].reshape(-1, size)
    levels = np.array(levels_dbfs(frames)) if len(frames) else np.zeros(0)
    loud = np.flatnonzero(levels > max(levels.max(initial=SILENCE_DBFS) - SILENT_BELOW_DB, SILENCE_DBFS))
    if not len(loud):
        return Sound(SILENCE_DBFS, len(frames) * FRAME_MS, 0, 0, 0.0)
    power = float(np.mean(10 ** (levels[loud] / 10)))
    return Sound(
        level_dbfs=round(10 * float(np.log10(power)), 1),
        lead_ms=int(loud[0]) * FRAME_MS,
        trail_ms=int(len(frames) - 1 - loud[-1]) * FRAME_MS,
        gap_ms=int(np.diff(loud).max(initial=1) - 1) * FRAME_MS,
        click=round(_click(pcm, np.cumsum([len(piece) for piece in pieces])[:-1], samples_of(NEIGHBOURS_MS, rate)), 2),
    )


def _click(pcm: Samples, joints: Sequence[int], near: int) -> float:
    steps = np.abs(np.diff(pcm.astype(np.int32)))
    largest = 0.0
    for joint in joints:
        at = int(joint) - 1
        if not 0 <= at < len(steps) or steps[at] < SMALLEST_CLICK:
            continue
        around = np.concatenate([steps[max(0, at - near) : at], steps[at + 1 : at + 1 + near]])
        largest = max(largest, float(steps[at]) / max(1, int(around.max(initial=1))))
    return largest
