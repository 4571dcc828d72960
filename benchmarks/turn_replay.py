"""What becomes of a conversation's turns under a strategy: the real `Endpointer` hears what the engines made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.turn_speech import WINDOW, Pause, Turn
from benchmarks.turn_traces import Trace
from models.embedded.turns import together
from pipeline.audio.samples import LINE_RATE, milliseconds_of, samples_of
from pipeline.turns.endpoint import Endpointer, Endpointing
from pipeline.turns.events import SpeechPaused, SpeechResumed, SpeechStarted, SpeechStopped
from pipeline.turns.wait import WaitRule

ANSWERS_AFTER = {"pitch": 1, "smart_turn": 3}
"""Windows from a pause to the model's answer; their calls take 8 and 60 ms."""

AFTER_PAUSE = samples_of(100)

DECODE_S, DECODE_SHARE = 0.03, 0.105
"""What Whisper base takes for the words of a pause on one core, and for each second that was said; measured:
docs/performance.md."""


@dataclass(frozen=True)
class Strategy:
    """A way to decide that a turn is over."""

    name: str
    wait_ms: WaitRule
    models: tuple[str, ...] = ()
    words_ms: int | None = None
    """None: words come while somebody speaks, as from the embedded recogniser. Else they come a decode after each pause,
    as Whisper's do, and the end of the turn waits for them until so much silence has passed."""


@dataclass(frozen=True)
class Heard:
    """How one turn went: the pauses in which it was cut off, or the sample if it was none, and the wait after its end.

    answerable_ms: from its end until it is over and its words are known.
    """

    trace: Trace
    turn: Turn
    cuts: frozenset[Pause | int]
    wait_ms: int | None
    answerable_ms: int | None


@dataclass(frozen=True)
class Stop:
    """The sample at which a turn was ended, and the one from which its words are known."""

    at: int
    words_at: int


def replay(trace: Trace, strategy: Strategy) -> list[Heard]:
    """What becomes of a conversation's turns."""
    stops = list(_stops(trace, strategy))
    conversation = trace.conversation
    ends = [*(turn.start for turn in conversation.turns[1:]), len(conversation.pcm)]
    heard = list[Heard]()
    for turn, next_start in zip(conversation.turns, ends, strict=True):
        cuts = frozenset(_pause_at(turn, stop.at) for stop in stops if turn.start <= stop.at < turn.end)
        last = next((stop for stop in stops if turn.end <= stop.at < next_start), None)
        wait_ms = milliseconds_of(last.at - turn.end) if last else None
        answerable_ms = milliseconds_of(max(last.at, last.words_at) - turn.end) if last else None
        heard.append(Heard(trace, turn, cuts, wait_ms, answerable_ms))
    return heard


def _stops(trace: Trace, strategy: Strategy) -> Iterator[Stop]:
    in_pauses = strategy.words_ms is not None
    endpointer = Endpointer(Endpointing(wait_ms=strategy.wait_ms, words_ms=strategy.words_ms or 0))
    words = _WordsInPauses(trace, endpointer) if in_pauses else _WordsAsTheyCome(trace, endpointer)
    start = pause = judged_at = 0
    complete: float | None = None
    for window, probability in enumerate(trace.probabilities):
        at = window * WINDOW
        words.reach(at)
        if complete is not None and window >= judged_at:
            endpointer.complete, complete = complete, None
        for event in endpointer.push_window(probability, at, WINDOW):
            match event:
                case SpeechStarted():
                    start = event.at
                case SpeechPaused():
                    pause = event.at
                    words.paused(start, event)
                    if strategy.models:
                        complete = together(trace.complete(model, start, pause) for model in strategy.models)
                        judged_at = window + max(ANSWERS_AFTER[model] for model in strategy.models)
                case SpeechResumed():
                    complete = None
                    words.resumed()
                case SpeechStopped():
                    complete = None
                    yield Stop(event.at, words.stopped())


class _WordsAsTheyCome:
    """Of a recogniser that hears as somebody speaks."""

    def __init__(self, trace: Trace, endpointer: Endpointer) -> None:
        self._partials, self._endpointer = trace.partials, endpointer
        self._words = list[str]()
        self._known = self._over = 0

    def reach(self, at: int) -> None:
        while self._known < len(self._partials) and self._partials[self._known][0] <= at:
            self._words = self._partials[self._known][1].split()
            self._over = self._over if self._words else 0
            self._known += 1
            if self._endpointer.speaking:
                self._endpointer.text = " ".join(self._words[self._over :])

    def paused(self, start: int, event: SpeechPaused) -> None:
        """The words come without being asked for."""

    def resumed(self) -> None:
        """They go on."""

    def stopped(self) -> int:
        self._over = len(self._words)
        return 0


class _WordsInPauses:
    """Of a recogniser that is asked in each pause, and answers after a decode of all that was said."""

    def __init__(self, trace: Trace, endpointer: Endpointer) -> None:
        self._trace, self._endpointer = trace, endpointer
        self._due: tuple[int, str] | None = None
        self._known_at = 0

    def reach(self, at: int) -> None:
        if self._due and self._due[0] <= at:
            self._endpointer.words_due = False
            self._endpointer.text, self._due = self._due[1], None

    def paused(self, start: int, event: SpeechPaused) -> None:
        decode_s = DECODE_S + DECODE_SHARE * (event.ended - start) / LINE_RATE
        self._known_at = event.at + round(decode_s * LINE_RATE)
        self._due = self._known_at, self._trace.words(start, event.ended)
        self._endpointer.words_due = True

    def resumed(self) -> None:
        self._due = None

    def stopped(self) -> int:
        self._due = None
        return self._known_at


def _pause_at(turn: Turn, at: int) -> Pause | int:
    return next((pause for pause in turn.pauses if pause.start <= at < pause.end + AFTER_PAUSE), at)
