"""Where speech starts, pauses and stops: speech probabilities in, events out. Pure; time is counted in samples.

A turn starts once the probability has stayed above `threshold` for `onset_ms`; it is put `prefix_ms` earlier, since the
first sounds of a word are quiet. It pauses after `pause_ms` below `threshold - HYSTERESIS`, and it stops when the silence
has lasted as long as `Endpointing.wait_ms` says, or when the turn is longer than `longest_ms`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.audio import samples_of
from pipeline.events import SpeechPaused, SpeechResumed, SpeechStarted, SpeechStopped

HYSTERESIS = 0.15
"""How far below `threshold` a probability must fall to count as silence (as Silero's own iterator does it)."""

SURE_SILENCE = 0.01
"""What is silence at any threshold above it, or a low one would never let a turn end (Silero's own floor, too)."""

SpeechEvent: TypeAlias = SpeechStarted | SpeechPaused | SpeechResumed | SpeechStopped


def fixed_wait(silence_ms: int) -> Callable[[str], int]:
    """The same silence ends every turn, whatever was said."""
    return lambda _text: silence_ms


@dataclass(frozen=True, slots=True)
class Endpointing:
    """How turns are found in sound.

    threshold: probability from which a window counts as speech, 0 to 1.
    onset_ms: speech shorter than this starts nothing.
    prefix_ms: how much before the onset belongs to the turn.
    pause_ms: silence after which a pause is announced.
    longest_ms: a turn is ended after this, speech or not.
    wait_ms: from the turn's words so far to the silence that ends it.
    """

    threshold: float = 0.5
    onset_ms: int = 64
    prefix_ms: int = 300
    pause_ms: int = 160
    longest_ms: int = 60_000
    wait_ms: Callable[[str], int] = fixed_wait(500)


class Endpointer:
    """Finds the turns of one session. Set `text` to the current turn's words as they become known.

    `alert`: any window that may be a voice starts a turn; a false start does no harm then, and a late one does.
    """

    def __init__(self, endpointing: Endpointing | None = None) -> None:
        self.endpointing = endpointing or Endpointing()
        self.alert = False
        self._text = ""
        self._started: int | None = None
        self._voiced_since: int | None = None
        self._voice_end = 0
        self._paused = False
        self._wait = 0

    @property
    def text(self) -> str:
        """The words of the current turn so far."""
        return self._text

    @text.setter
    def text(self, text: str) -> None:
        self._text = text
        if self._paused:
            self._weigh()

    @property
    def speaking(self) -> bool:
        """Whether a turn is going on, pauses included."""
        return self._started is not None

    def hear(self, probability: float, at: int, window: int) -> list[SpeechEvent]:
        """Judge the `window` samples that begin at `at`, each window once and in order."""
        settings, end = self.endpointing, at + window
        if self._started is None:
            return self._await_onset(probability, at, end)
        if end - self._started >= samples_of(settings.longest_ms):
            if probability >= settings.threshold:
                self._voice_end = end
            return self._stop(end)
        if probability >= settings.threshold:
            self._voice_end = end
            if self._paused:
                self._paused = False
                return [SpeechResumed(at)]
            return []
        if probability >= max(settings.threshold - HYSTERESIS, SURE_SILENCE) and not self._paused:
            self._voice_end = end
            return []
        silence, events = end - self._voice_end, list[SpeechEvent]()
        if not self._paused and silence >= samples_of(settings.pause_ms):
            self._paused = True
            self._weigh()
            events.append(SpeechPaused(end, self._voice_end))
        if self._paused and silence >= self._wait:
            events += self._stop(end)
        return events

    def reset(self) -> None:
        """Forget the current turn, if there is one."""
        self._started = self._voiced_since = None
        self._paused = False
        self._text = ""

    def _weigh(self) -> None:
        settings = self.endpointing
        self._wait = samples_of(max(settings.pause_ms, settings.wait_ms(self._text)))

    def _await_onset(self, probability: float, at: int, end: int) -> list[SpeechEvent]:
        if probability < self.endpointing.threshold:
            self._voiced_since = None
            return []
        if self._voiced_since is None:
            self._voiced_since = at
        if not self.alert and end - self._voiced_since < samples_of(self.endpointing.onset_ms):
            return []
        # Never back into the voice of the turn before: it would be recognised twice.
        self._started = max(self._voice_end, self._voiced_since - samples_of(self.endpointing.prefix_ms))
        self._voice_end, self._paused, self._text = end, False, ""
        return [SpeechStarted(self._started)]

    def _stop(self, at: int) -> list[SpeechEvent]:
        ended = self._voice_end
        self.reset()
        return [SpeechStopped(at, ended)]
