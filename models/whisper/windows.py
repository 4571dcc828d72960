"""The audio of one utterance, in windows that Whisper can hear: closed ones, whose words are final, and the open one.

Theory of operation. A voice detector judges the audio as it comes. Once the open window is long, it is cut in the longest
pause that was in it: no word is cut through, so none is lost or heard twice. Where nobody pauses, it is cut where a voice
is least likely. Windows end soon after their last voice, and one without any is left out. All of this depends on the audio
alone, not on how it was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.engines.protocols import VoiceStream

STEP = 512
"""Samples that the voice detector judges at once."""
VOICE = 0.3
"""Probability from which something is a voice: lower than where turns begin, since its last sounds are quiet."""
TAIL = samples_of(300)
"""How much is heard after the last voice."""

EARLIEST = 5 * LINE_RATE // STEP
LONG = 20 * LINE_RATE // STEP
LONGEST = 27 * LINE_RATE // STEP
"""In steps: no window is cut before the first, none is longer than the last, which leaves room in Whisper's 30 s for the
silence that it needs."""
PAUSE = 10
"""Steps without a voice in which a long window is cut at once, 0.3 s."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Audio that begins with the `at`-th sample of the utterance; how likely each step of it has a voice."""

    at: int
    pcm: Samples
    probabilities: tuple[float, ...] = ()

    @property
    def end(self) -> int:
        return self.at + len(self.pcm)


class Windows:
    """closed: windows that were cut off and not yet taken away, oldest first. heard: samples so far."""

    def __init__(self, voice: VoiceStream) -> None:
        self._voice = voice
        self._at = 0
        self._audio = np.zeros(0, np.int16)
        self._probabilities: list[float] = []
        self.closed: list[Stretch] = []

    @property
    def heard(self) -> int:
        return self._at + len(self._audio)

    @property
    def open(self) -> Stretch | None:
        """The window that goes on, up to its last voice; None if there is no voice in it."""
        return self._voiced(self._audio)

    def push(self, pcm: Samples) -> None:
        """Take the next samples."""
        self._audio = np.concatenate((self._audio, pcm))
        while (judged := len(self._probabilities) * STEP) + STEP <= len(self._audio):
            self._probabilities.append(self._voice.probability(self._audio[judged : judged + STEP]))
            if steps := place_to_cut(self._probabilities):
                self._close(steps)

    def _close(self, steps: int) -> None:
        if stretch := self._voiced(self._audio[: steps * STEP]):
            self.closed.append(stretch)
        self._at += steps * STEP
        self._audio = self._audio[steps * STEP :].copy()
        del self._probabilities[:steps]

    def _voiced(self, audio: Samples) -> Stretch | None:
        """`audio`, which begins as the open window does, as far as there is a voice in it."""
        judged = self._probabilities[: len(audio) // STEP]
        voiced = next((step + 1 for step in reversed(range(len(judged))) if judged[step] >= VOICE), 0)
        return Stretch(self._at, audio[: voiced * STEP + TAIL], tuple(judged[:voiced])) if voiced else None


def place_to_cut(probabilities: Sequence[float]) -> int | None:
    """After how many steps to cut a window, by how likely each has a voice; None while it need not be cut."""
    steps = len(probabilities)
    if steps < LONG:
        return None
    begin, end = longest_pause(probabilities, EARLIEST)
    if end - begin >= PAUSE or (end > begin and steps >= LONGEST):
        return (begin + end) // 2
    if steps >= LONGEST:
        return min(range(EARLIEST, steps), key=probabilities.__getitem__)
    return None


def longest_pause(probabilities: Sequence[float], first: int) -> tuple[int, int]:
    """The longest run of steps without a voice, from the `first` step on: its begin and end. Empty if there is none."""
    best, begin = (first, first), first
    for step in range(first, len(probabilities) + 1):
        if step == len(probabilities) or probabilities[step] >= VOICE:
            if step - begin > best[1] - best[0]:
                best = begin, step
            begin = step + 1
    return best
