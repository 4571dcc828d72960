"""Where a voice is heard within a turn: what the voice detector says of each window, kept as stretches."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.audio.samples import milliseconds_of, samples_of

BLIP = samples_of(64)
"""A voice shorter than this between silences is a click, as for the end of a turn."""

CLOSURE = samples_of(96)
"""A silence shorter than this is part of the speech: a stop consonant is one."""


class VoicedStretches:
    """The stretches of one session's turn; positions are samples at `LINE_RATE`, each window comes once and in order.

    Before a turn only what is younger than `before` samples is kept; a turn has at most one stretch for two windows.
    """

    def __init__(self, before: int) -> None:
        self._before = before
        self._stretches: list[tuple[int, int]] = []

    def push_window(self, at: int, end: int, voiced: bool, *, in_turn: bool) -> None:
        """Whether the samples from `at` to `end` are voiced."""
        if voiced:
            if self.open_at(at):
                self._stretches[-1] = self._stretches[-1][0], end
            else:
                self._stretches.append((at, end))
        elif not in_turn and self._stretches and self._stretches[-1][1] <= at - self._before:
            self._stretches.clear()

    def open_at(self, position: int) -> bool:
        """Whether a voice was heard up to there."""
        return bool(self._stretches) and self._stretches[-1][1] == position

    def take(self, began: int, ended: int) -> tuple[tuple[int, int], ...]:
        """The stretches between two positions, in milliseconds from the first, and forget all up to the second."""
        known, self._stretches = self._stretches, [one for one in self._stretches if one[1] > ended]
        inside = [(max(start, began), min(end, ended)) for start, end in known if start < ended and end > began]
        return tuple((milliseconds_of(start - began), milliseconds_of(end - began)) for start, end in _plain(inside))


def _plain(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without closures between them, and without blips."""
    joined: list[tuple[int, int]] = []
    for start, end in stretches:
        if joined and start - joined[-1][1] < CLOSURE:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return [one for one in joined if one[1] - one[0] >= BLIP]
