"""Speech while replies are heard: the person's or an echo, by its sound, and how long it lasts.

The session tells what is being played, window by window, and what was just said; words and turns are decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.audio.samples import Samples
from pipeline.listening.echo import Echo, EchoDetector, Playing, share_said
from pipeline.turns.events import DoubtLasted
from pipeline.turns.interruption import Sound, Verdict


@dataclass(frozen=True, slots=True)
class JustSaid:
    """The words that the replies have just said, and how much of them is still to be heard; None while nobody knows."""

    text: str = ""
    left_ms: int | None = None


class OverlappingSpeech:
    """See the module. `doubted` follows the turn machine: whether the replies are paused for this voice."""

    def __init__(self) -> None:
        self.doubted = False
        self._echo_detector = EchoDetector()
        self._echo: Echo | None = None

    def persons(self, window: Samples, probability: float, threshold: float, playing: Playing | None) -> float:
        """The probability that the next window is the person's speech: 0 if the known echo explains it."""
        speech = probability >= threshold
        voice = self._echo_detector.push_window(window, speech, playing)
        # While a reply is paused there is no echo to take out, and taking some out would cut into the person's speech.
        audible = playing is not None and playing.position_ms is not None
        return 0.0 if speech and not voice and audible else probability

    def began(self) -> None:
        """Speech begins, of the person or of an echo: measure it from here."""
        self._echo_detector.voice_began()

    def was_answered(self) -> None:
        """The speech was the person's own turn: its level is what later voices are compared with."""
        self._echo_detector.turn_answered()

    def lasted(self, turn: int) -> DoubtLasted:
        """How long the voice of `turn` is, and how long it is over."""
        return DoubtLasted(turn, self._echo_detector.voiced_ms, self._echo_detector.silent_ms)

    def sound(self, text: str, just_said: JustSaid | None) -> Sound:
        """What is known of the voice that now seems to have said `text`."""
        heard = self._echo_detector
        self._echo = heard.find_echo()
        likeness = self._echo.likeness if self._echo else 0.0
        if just_said is None:
            return Sound(heard.voiced_ms, heard.soft, likeness)
        return Sound(heard.voiced_ms, heard.soft, likeness, share_said(text, just_said.text), just_said.left_ms)

    def set_aside(self, verdict: Verdict | None) -> None:
        """The speech was no turn; the echo that explained it, if any, is taken out of what follows."""
        if verdict is Verdict.ECHO:
            self._echo_detector.known = self._echo
