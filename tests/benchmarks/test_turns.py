"""How `bench turns` scores: what counts as cut off, and what as a wait. Traces are made up; the endpointer is real."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from benchmarks.turn_speech import WINDOW, Conversation, Pause, Turn

pytest.importorskip("pocketsphinx", reason="this Python has no PocketSphinx")

from benchmarks.turn_replay import Strategy, replay
from benchmarks.turns import figures
from pipeline.audio.samples import milliseconds_of, samples_of
from pipeline.turns.wait import adaptive_wait, fixed_wait

WINDOW_MS = milliseconds_of(WINDOW)


@dataclass
class MadeUp:
    """What is known of a conversation: speech windows, its words from which sample on, and what the sound tells."""

    conversation: Conversation
    probabilities: list[float]
    partials: list[tuple[int, str]]
    sounds_complete: float = 0.5
    text: str = ""

    def words(self, _start: int, _end: int) -> str:
        return self.text

    def complete(self, _model: str, _start: int, _at: int) -> float:
        return self.sounds_complete


def conversation(*, pause_ms: int, text: str = "", sounds_complete: float = 0.5) -> MadeUp:
    """A second of speech, a pause, a second of speech, and three of silence."""
    second, pause = samples_of(1000) // WINDOW, samples_of(pause_ms) // WINDOW
    windows = [0.9] * second + [0.0] * pause + [0.9] * second + [0.0] * 3 * second
    end = (2 * second + pause) * WINDOW
    inner = Pause("pause", second * WINDOW, (second + pause) * WINDOW)
    turn = Turn("made up", text, 0, end, (inner,))
    whole = Conversation("somebody", "en", "brisk", np.zeros(len(windows) * WINDOW, np.int16), (turn,))
    return MadeUp(whole, windows, [(samples_of(500), text)] if text else [], sounds_complete, text)


def measured(made_up: MadeUp, strategy: Strategy) -> tuple[float, float | None]:
    """Cut-offs for each hundred pauses, and the wait after the end."""
    scored = figures(replay(made_up, strategy))  # type: ignore[arg-type]
    return scored["cut_off_per_100"], scored["wait_p50"]


def test_a_fixed_silence_longer_than_the_pause_cuts_nobody_off_and_waits_as_long_as_it_says() -> None:
    cut_off, wait_ms = measured(conversation(pause_ms=640), Strategy("fixed", fixed_wait(800)))
    assert cut_off == 0
    assert wait_ms is not None
    assert 800 <= wait_ms < 800 + 2 * WINDOW_MS


def test_a_fixed_silence_shorter_than_the_pause_is_counted_as_a_cut_off_in_it() -> None:
    cut_off, wait_ms = measured(conversation(pause_ms=640), Strategy("fixed", fixed_wait(320)))
    assert cut_off == 100
    assert wait_ms is not None
    assert 320 <= wait_ms < 320 + 2 * WINDOW_MS


def test_words_that_are_not_all_keep_an_adaptive_wait_out_of_the_pause() -> None:
    adaptive = Strategy("words", adaptive_wait())
    assert measured(conversation(pause_ms=640, text="I went there because"), adaptive)[0] == 0
    assert measured(conversation(pause_ms=640, text="Where is it?"), adaptive)[0] == 100


def test_a_strategy_without_models_is_deaf_to_the_sound() -> None:
    falling = conversation(pause_ms=480, text="I went there", sounds_complete=0.99)
    assert measured(falling, Strategy("words", adaptive_wait()))[0] == 0
    assert measured(falling, Strategy("words + pitch", adaptive_wait(), ("pitch",)))[0] == 100


def test_words_that_come_a_decode_after_the_pause_are_waited_for_within_the_bound() -> None:
    pause = conversation(pause_ms=640, text="I went there because", sounds_complete=0.99)
    deaf = Strategy("whisper, not waited for", adaptive_wait(), ("pitch",), 0)
    waiting = Strategy("whisper", adaptive_wait(), ("pitch",), 1000)
    assert measured(pause, deaf)[0] == 100
    assert measured(pause, waiting)[0] == 0


def test_a_turn_that_is_over_before_its_words_are_known_can_be_answered_only_with_them() -> None:
    spoken = conversation(pause_ms=640, text="Where is it?", sounds_complete=0.99)
    scored = figures(replay(spoken, Strategy("whisper, not waited for", fixed_wait(100), (), 0)))  # type: ignore[arg-type]
    assert scored["answerable_p50"] > scored["wait_p50"] + WINDOW_MS
