"""Where speech starts, pauses and stops: speech probabilities in, events out. Pure; time is counted in samples.

A turn starts once the probability has stayed above `threshold` for `onset_ms`; it is put `prefix_ms` earlier, since the
first sounds of a word are quiet. It pauses after `pause_ms` below `threshold - HYSTERESIS`, goes on after `resume_ms` of
speech, and stops when the silence has lasted as long as `Endpointing.wait_ms` says, or when the turn is longer than
`longest_ms`. A click in a pause changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pipeline.audio.samples import milliseconds_of, samples_of
from pipeline.turns.events import SpeechPaused, SpeechResumed, SpeechStarted, SpeechStopped
from pipeline.turns.wait import Evidence, Habit, WaitRule, fixed_wait

HYSTERESIS = 0.15
"""How far below `threshold` a probability must fall to count as silence (as Silero's own iterator does it)."""

SURE_SILENCE = 0.01
"""A probability below this is silence whatever the threshold: under a low one no turn would end. Silero does so too."""

TAKEN_UP_MS = 1000
"""A voice within so many ms of the last cut is the same turn going on, not an answer to the reply."""

SpeechEvent: TypeAlias = SpeechStarted | SpeechPaused | SpeechResumed | SpeechStopped


@dataclass(frozen=True, slots=True)
class Endpointing:
    """How turns are found in sound.

    threshold: probability from which a window counts as speech, 0 to 1.
    onset_ms: speech shorter than this starts nothing.
    prefix_ms: how much before the onset belongs to the turn.
    pause_ms: silence after which a pause is announced.
    resume_ms: speech shorter than this does not end a pause.
    longest_ms: a turn is ended after this, speech or not.
    wait_ms: from what is known of a pause to the silence that ends the turn.
    by_sound: whether the sound of a pause is worth judging: what it tells moves `wait_ms`.
    words_ms: how much silence a stop waits for at the most while the words of its pause are on their way. They may say
    that more comes, and nothing can be answered before they are known.
    """

    threshold: float = 0.5
    onset_ms: int = 64
    prefix_ms: int = 300
    pause_ms: int = 96
    resume_ms: int = 64
    longest_ms: int = 60_000
    wait_ms: WaitRule = fixed_wait(500)
    by_sound: bool = False
    words_ms: int = 0

    def voiced(self, probability: float, *, going_on: bool) -> bool:
        """Whether a window is a voice, given whether the one before it was."""
        return probability >= self.threshold or (
            going_on and probability >= max(self.threshold - HYSTERESIS, SURE_SILENCE)
        )


class Endpointer:
    """Finds the turns of one session, and learns how its person pauses.

    Set `text` to the current turn's words as they become known, and `complete` to how likely the current pause sounds
    like the end. `words_due`: the words up to the current pause are on their way. `alert`: any window that may be a voice
    starts a turn; a false start does no harm then, and a late one does.
    """

    def __init__(self, endpointing: Endpointing | None = None) -> None:
        self.endpointing = endpointing or Endpointing()
        self.habit = Habit()
        self.alert = False
        self.words_due = False
        self._text = ""
        self._complete: float | None = None
        self._started: int | None = None
        self._voiced_since: int | None = None
        self._voice_end = 0
        self._stopped = False
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
    def complete(self) -> float | None:
        """The probability that the turn is over, by the sound of the current pause; outside of pauses None."""
        return self._complete

    @complete.setter
    def complete(self, probability: float) -> None:
        if self._paused:
            self._complete = probability
            self._weigh()

    @property
    def speaking(self) -> bool:
        """Whether a turn is going on, pauses included."""
        return self._started is not None

    def push_window(self, probability: float, at: int, window: int) -> list[SpeechEvent]:
        """Judge the `window` samples that begin at `at`, each window once and in order."""
        settings, end = self.endpointing, at + window
        if self._started is None:
            return self._await_onset(probability, at, end)
        if end - self._started >= samples_of(settings.longest_ms):
            if probability >= settings.threshold:
                self._voice_end = end
            return self._stop(end)
        if probability >= settings.threshold:
            return self._hear_voice(at, end)
        self._voiced_since = None
        if probability >= max(settings.threshold - HYSTERESIS, SURE_SILENCE) and not self._paused:
            self._voice_end = end
            return []
        return self._hear_silence(end)

    def reset(self) -> None:
        """Forget the current turn, if there is one."""
        self._started = self._voiced_since = self._complete = None
        self._paused = self._stopped = self.words_due = False
        self._text = ""

    def _hear_voice(self, at: int, end: int) -> list[SpeechEvent]:
        if not self._paused:
            self._voice_end = end
            return []
        if self._voiced_since is None:
            self._voiced_since = at
        if end - self._voiced_since < samples_of(self.endpointing.resume_ms):
            return []
        resumed = self._voiced_since
        self.habit.went_on(milliseconds_of(resumed - self._voice_end))
        self._voice_end, self._voiced_since = end, None
        self._paused, self._complete, self.words_due = False, None, False
        return [SpeechResumed(resumed)]

    def _hear_silence(self, end: int) -> list[SpeechEvent]:
        silence, events = end - self._voice_end, list[SpeechEvent]()
        if not self._paused and silence >= samples_of(self.endpointing.pause_ms):
            self._paused = True
            self._weigh()
            events.append(SpeechPaused(end, self._voice_end))
        waits_for_words = self.words_due and silence < samples_of(self.endpointing.words_ms)
        if self._paused and silence >= self._wait and not waits_for_words:
            events += self._stop(end)
        return events

    def _weigh(self) -> None:
        settings = self.endpointing
        evidence = Evidence(self._text, self._complete, self.habit.pause_ms, self.habit.patience)
        self._wait = samples_of(max(settings.pause_ms, settings.wait_ms(evidence)))

    def _await_onset(self, probability: float, at: int, end: int) -> list[SpeechEvent]:
        if probability < self.endpointing.threshold:
            self._voiced_since = None
            return []
        if self._voiced_since is None:
            self._voiced_since = at
        if not self.alert and end - self._voiced_since < samples_of(self.endpointing.onset_ms):
            return []
        if self._stopped and not self.alert:
            self._learn_from_the_end(milliseconds_of(self._voiced_since - self._voice_end))
        # Never back into the voice of the turn before: it would be recognised twice.
        started = max(self._voice_end, self._voiced_since - samples_of(self.endpointing.prefix_ms))
        self.reset()
        self._started, self._voice_end = started, end
        return [SpeechStarted(started)]

    def _learn_from_the_end(self, silence_ms: int) -> None:
        if silence_ms < TAKEN_UP_MS:
            self.habit.was_cut_off(silence_ms)
        else:
            self.habit.was_heard_out()

    def _stop(self, at: int) -> list[SpeechEvent]:
        ended = self._voice_end
        self.reset()
        self._stopped = True
        return [SpeechStopped(at, ended)]
