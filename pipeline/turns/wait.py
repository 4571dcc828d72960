"""How long a silence must last to end a turn, by what is known of it. Pure.

    the words       "and", "嗯", half a number: more must come; a question: nothing more need come (see `finished`)
    the sound       what a turn model, if there is one, says of the last seconds
    the speaker     how long this person's pauses are, and whether they were cut off in them

Words and sound each give log-odds that the turn is over; they add up, as independent evidence does. The wait then lies
between the shortest and the longest, in proportion to the probability that more comes. Where these two are, the speaker
decides: the longest follows long pauses, the shortest grows with every time that it was too short.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.turns.finished import ASKED, finished

Eagerness: TypeAlias = Literal["low", "medium", "high", "auto"]

FACTORS: Mapping[Eagerness, float] = {"low": 1.6, "medium": 1.0, "auto": 1.0, "high": 0.7}
"""How patient each eagerness of the realtime API's `semantic_vad` is."""

USUAL_PAUSE_MS = 1000
"""A long pause of somebody who is not known yet."""

MARGIN = 1.35
"""How much longer than a long pause of the speaker to wait when more must come."""

WORDS_MS = 1000
"""How long the end of a turn waits for the words of its pause, if these are on their way: see `Endpointing.words_ms`."""

LEAST_COMPLETE, MOST_COMPLETE = 0.06, 0.99
"""Probabilities of sounds are clamped to these before they become log-odds: a voice that does not fall outweighs words that
are all there, but not by far. With 0.01 in place of 0.06 the slowest twentieth of the turns ends 160 ms later, and four
people fewer are cut off in a hundred hard pauses, by Whisper's words (`bench turns --whisper`); a shorter `USUAL_PAUSE_MS`
costs six for less."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a pause.

    text: the turn's words so far. complete: the probability that the turn is over, by its sound; None while nobody has
    judged that. pause_ms: a long pause within this person's turns; patience: how much longer than usual they need to be
    waited for; see `Habit`.
    """

    text: str = ""
    complete: float | None = None
    pause_ms: float = USUAL_PAUSE_MS
    patience: float = 1.0


WaitRule: TypeAlias = Callable[[Evidence], int]
"""From what is known of a pause to the silence, in milliseconds, that ends the turn."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The bounds of a wait in milliseconds."""

    shortest_ms: int = 200
    longest_ms: int = 1600


def fixed_wait(silence_ms: int) -> WaitRule:
    """The same silence ends every turn, whatever is known."""
    return lambda _evidence: silence_ms


def adaptive_wait(eagerness: Eagerness = "auto", waits: Waits | None = None) -> WaitRule:
    """A wait that weighs the evidence. Eagerness moves both bounds."""
    waits, factor = waits or Waits(), FACTORS[eagerness]

    def judge(evidence: Evidence) -> int:
        shortest_ms = min(waits.shortest_ms * evidence.patience, waits.longest_ms)
        longest_ms = min(max(shortest_ms, MARGIN * evidence.pause_ms), waits.longest_ms)
        goes_on = 1 / (1 + math.exp(_certainty(evidence)))
        return round(factor * (shortest_ms + (longest_ms - shortest_ms) * goes_on))

    return judge


def _certainty(evidence: Evidence) -> float:
    """The log-odds that the turn is over."""
    words, sound = finished(evidence.text), _log_odds(evidence.complete)
    # "Is it far?" ends high, as pauses do.
    return words + (max(sound, 0.0) if words >= ASKED else sound)


def _log_odds(probability: float | None) -> float:
    if probability is None:
        return 0.0
    bounded = min(max(probability, LEAST_COMPLETE), MOST_COMPLETE)
    return math.log(bounded / (1 - bounded))


class Habit:
    """How one person pauses. `pause_ms` is about the longest of six pauses in a row."""

    SHORTEST_MS = 250
    """Below it, silences belong to articulation rather than to thinking (Goldman-Eisler 1968)."""

    LONGEST_MS = 1500
    RISE, FALL = 0.5, 0.1
    """Smoothing factors of `pause_ms` towards a longer and towards a shorter pause."""

    MORE_PATIENT, LESS_PATIENT, MOST_PATIENT = 1.25, 0.7, 3.0

    def __init__(self) -> None:
        self.pause_ms: float = USUAL_PAUSE_MS
        self.patience = 1.0

    def went_on(self, pause_ms: float) -> None:
        """The person made a pause within the turn."""
        if pause_ms < self.SHORTEST_MS:
            return
        difference = min(pause_ms, self.LONGEST_MS) - self.pause_ms
        self.pause_ms += (self.RISE if difference > 0 else self.FALL) * difference

    def was_cut_off(self, pause_ms: float) -> None:
        """The turn was ended in a pause. That counts as one, or a wait that is too short could never learn that it is."""
        self.went_on(pause_ms)
        self.patience = min(self.MORE_PATIENT * self.patience, self.MOST_PATIENT)

    def was_heard_out(self) -> None:
        """The turn was over when it was ended."""
        self.patience = max(self.LESS_PATIENT * self.patience, 1.0)
