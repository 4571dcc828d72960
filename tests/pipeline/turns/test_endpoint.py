import re
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.turns.endpoint import Endpointer, Endpointing, SpeechEvent
from pipeline.turns.events import SpeechPaused, SpeechResumed, SpeechStarted, SpeechStopped
from pipeline.turns.wait import USUAL_PAUSE_MS, Evidence, fixed_wait

WINDOW = 512
"""32 ms, as Silero hears it; the settings below are whole windows."""

HASTY = Endpointing(onset_ms=64, prefix_ms=96, pause_ms=160, resume_ms=64, wait_ms=fixed_wait(320))
SPEECH, MURMUR, SILENCE = 0.9, 0.4, 0.0
"""MURMUR is between the threshold and the threshold less the hysteresis."""


def windows(count: int) -> int:
    """Where the `count`-th window begins and the one before it ends."""
    return count * WINDOW


def heard(endpointer: Endpointer, probabilities: Iterable[float], since: int = 0) -> list[SpeechEvent]:
    """The events of windows of these probabilities, the first of which is the `since`-th."""
    return [
        event
        for index, probability in enumerate(probabilities, since)
        for event in endpointer.push_window(probability, windows(index), WINDOW)
    ]


@pytest.mark.parametrize(
    ("onset_ms", "voiced", "starts"),
    [(64, 1, False), (64, 2, True), (65, 2, False), (65, 3, True), (320, 9, False), (320, 10, True), (0, 1, True)],
)
def test_speech_starts_once_it_has_lasted_the_onset(onset_ms: int, voiced: int, starts: bool) -> None:
    endpointer = Endpointer(Endpointing(onset_ms=onset_ms))

    assert (len(heard(endpointer, [SPEECH] * voiced)), endpointer.speaking) == (int(starts), starts)


@pytest.mark.parametrize(
    "probabilities",
    [
        [SILENCE] * 100,
        [MURMUR] * 100,
        [SPEECH, SILENCE] * 50,
        [SPEECH, MURMUR] * 50,
        [0.49] * 100,
    ],
)
def test_a_click_starts_nothing(probabilities: list[float]) -> None:
    endpointer = Endpointer(HASTY)

    assert heard(endpointer, probabilities) == []


@pytest.mark.parametrize(
    ("silent", "prefix_ms", "at"),
    [(10, 96, windows(7)), (10, 0, windows(10)), (2, 96, 0), (0, 300, 0), (10, 300, windows(10) - 4800)],
)
def test_a_turn_begins_a_prefix_before_the_onset_but_never_before_the_line(
    silent: int, prefix_ms: int, at: int
) -> None:
    endpointer = Endpointer(Endpointing(onset_ms=64, prefix_ms=prefix_ms))

    assert heard(endpointer, [SILENCE] * silent + [SPEECH] * 2) == [SpeechStarted(at)]


def test_a_pause_is_announced_once_and_the_turn_stops_after_exactly_the_wait() -> None:
    endpointer = Endpointer(HASTY)

    assert heard(endpointer, [SPEECH] * 10 + [SILENCE] * 30) == [
        SpeechStarted(0),
        SpeechPaused(windows(15), ended=windows(10)),
        SpeechStopped(windows(20), ended=windows(10)),
    ]


def test_one_window_less_than_the_wait_stops_nothing() -> None:
    endpointer = Endpointer(HASTY)

    assert heard(endpointer, [SPEECH] * 10 + [SILENCE] * 9) == [
        SpeechStarted(0),
        SpeechPaused(windows(15), ended=windows(10)),
    ]


def test_speech_in_a_pause_resumes_the_turn_and_the_wait_begins_anew() -> None:
    endpointer = Endpointer(HASTY)

    assert heard(endpointer, [SPEECH] * 10 + [SILENCE] * 9 + [SPEECH] * 2 + [SILENCE] * 10) == [
        SpeechStarted(0),
        SpeechPaused(windows(15), ended=windows(10)),
        SpeechResumed(windows(19)),
        SpeechPaused(windows(26), ended=windows(21)),
        SpeechStopped(windows(31), ended=windows(21)),
    ]


@pytest.mark.parametrize("click", [[SPEECH], [SPEECH, SILENCE, SPEECH], [SPEECH, MURMUR, SPEECH]])
def test_a_click_in_a_pause_changes_nothing(click: list[float]) -> None:
    endpointer = Endpointer(HASTY)
    rest = [SILENCE] * (4 - len(click))

    assert heard(endpointer, [SPEECH] * 10 + [SILENCE] * 6 + click + rest) == [
        SpeechStarted(0),
        SpeechPaused(windows(15), ended=windows(10)),
        SpeechStopped(windows(20), ended=windows(10)),
    ]


@pytest.mark.parametrize(
    ("more", "events"),
    [([SPEECH], [SpeechResumed(windows(19))]), ([SILENCE], [SpeechStopped(windows(21), ended=windows(10))])],
)
def test_a_turn_does_not_stop_while_a_voice_may_be_beginning(more: list[float], events: list[SpeechEvent]) -> None:
    endpointer = Endpointer(HASTY)
    heard(endpointer, [SPEECH] * 10 + [SILENCE] * 9)

    assert (heard(endpointer, [SPEECH], 19), heard(endpointer, more, 20)) == ([], events)


@pytest.mark.parametrize(("resume_ms", "voiced"), [(0, 1), (32, 1), (33, 2), (96, 3)])
def test_speech_goes_on_once_it_has_lasted_the_resumption(resume_ms: int, voiced: int) -> None:
    endpointer = Endpointer(Endpointing(resume_ms=resume_ms))
    heard(endpointer, [SPEECH] * 10 + [SILENCE] * 5)

    before, last = heard(endpointer, [SPEECH] * (voiced - 1), 15), heard(endpointer, [SPEECH], 14 + voiced)
    assert (before, last) == ([], [SpeechResumed(windows(15))])


def test_a_gap_shorter_than_a_pause_is_not_announced() -> None:
    endpointer = Endpointer(HASTY)

    assert heard(endpointer, ([SPEECH] * 5 + [SILENCE] * 4) * 10) == [SpeechStarted(0)]


def test_a_wait_shorter_than_the_pause_ends_the_turn_with_the_pause() -> None:
    endpointer = Endpointer(Endpointing(pause_ms=160, wait_ms=fixed_wait(0)))

    assert heard(endpointer, [SPEECH] * 10 + [SILENCE] * 5) == [
        SpeechStarted(0),
        SpeechPaused(windows(15), ended=windows(10)),
        SpeechStopped(windows(15), ended=windows(10)),
    ]


def test_a_murmur_carries_speech_on_but_does_not_end_a_pause() -> None:
    endpointer = Endpointer(HASTY)

    assert heard(endpointer, [SPEECH] * 2 + [MURMUR] * 8 + [SILENCE] * 5 + [MURMUR] * 5) == [
        SpeechStarted(0),
        SpeechPaused(windows(15), ended=windows(10)),
        SpeechStopped(windows(20), ended=windows(10)),
    ]


@pytest.mark.parametrize("threshold", [0.02, 0.1, 0.15, 0.3, 0.5, 0.9])
def test_silence_ends_a_turn_at_any_threshold(threshold: float) -> None:
    endpointer = Endpointer(Endpointing(threshold=threshold, wait_ms=fixed_wait(320)))

    assert heard(endpointer, [1.0] * 10 + [SILENCE] * 10)[-1:] == [SpeechStopped(windows(20), ended=windows(10))]


def wait_by_words(known: Evidence) -> int:
    """A finished sentence waits 160 ms, an unfinished one a second, and no words 320 ms."""
    if not known.text:
        return 320
    return 160 if known.text.endswith(".") else 992


@pytest.mark.parametrize(
    ("texts", "silent"),
    [
        ({}, 10),
        ({5: "I am done."}, 5),
        ({5: "I am done because"}, 31),
        ({13: "I am done because"}, 31),
        ({5: "I am done because", 22: "I am done because of it."}, 13),
    ],
)
def test_the_words_so_far_decide_how_long_the_silence_must_be(texts: dict[int, str], silent: int) -> None:
    endpointer = Endpointer(Endpointing(pause_ms=160, wait_ms=wait_by_words))
    events: list[SpeechEvent] = []
    for index in range(60):
        endpointer.text = texts.get(index, endpointer.text)
        events += heard(endpointer, [SPEECH if index < 10 else SILENCE], index)

    assert events == [
        SpeechStarted(0),
        SpeechPaused(windows(15), ended=windows(10)),
        SpeechStopped(windows(10 + silent), ended=windows(10)),
    ]


def test_words_do_not_outlive_their_turn() -> None:
    endpointer = Endpointer(Endpointing(pause_ms=160, wait_ms=wait_by_words))
    heard(endpointer, [SPEECH] * 2)
    endpointer.text = "I am done."
    heard(endpointer, [SILENCE] * 5, 2)
    endpointer.text = "I am done. Late words."

    assert heard(endpointer, [SPEECH] * 2 + [SILENCE] * 10, 100)[-1:] == [
        SpeechStopped(windows(112), ended=windows(102))
    ]


def wait_by_sound(known: Evidence) -> int:
    """What sounds complete waits 160 ms, and all else a second."""
    return 160 if known.complete is not None and known.complete > 0.5 else 992


def test_a_pause_that_sounds_complete_ends_the_turn_as_soon_as_that_is_known() -> None:
    endpointer = Endpointer(Endpointing(pause_ms=64, wait_ms=wait_by_sound))
    heard(endpointer, [SPEECH] * 10 + [SILENCE] * 8)
    endpointer.complete = 0.9

    assert heard(endpointer, [SILENCE], 18) == [SpeechStopped(windows(19), ended=windows(10))]


def test_how_a_pause_sounded_says_nothing_about_the_next() -> None:
    endpointer = Endpointer(Endpointing(pause_ms=64, wait_ms=wait_by_sound))
    heard(endpointer, [SPEECH] * 10 + [SILENCE] * 3)
    endpointer.complete = 0.9
    heard(endpointer, [SPEECH] * 2, 13)
    late = endpointer.complete
    endpointer.complete = 0.9

    assert (late, endpointer.complete, heard(endpointer, [SILENCE] * 30, 15)) == (
        None,
        None,
        [SpeechPaused(windows(17), ended=windows(15))],
    )


WORDS = Endpointing(pause_ms=64, wait_ms=wait_by_words, words_ms=640)


def test_a_stop_waits_for_the_words_of_its_pause_that_are_on_their_way() -> None:
    endpointer = Endpointer(WORDS)
    endpointer.text = "Go."
    heard(endpointer, [SPEECH] * 10 + [SILENCE] * 2)
    endpointer.words_due = True
    meanwhile = heard(endpointer, [SILENCE] * 8, 12)
    endpointer.text, endpointer.words_due = "Go on.", False

    assert meanwhile == []
    assert heard(endpointer, [SILENCE], 20) == [SpeechStopped(windows(21), ended=windows(10))]


def test_words_that_came_in_time_keep_the_turn_open() -> None:
    endpointer = Endpointer(WORDS)
    endpointer.text = "Go."
    heard(endpointer, [SPEECH] * 10 + [SILENCE] * 2)
    endpointer.words_due = True
    heard(endpointer, [SILENCE] * 8, 12)
    endpointer.text, endpointer.words_due = "Go and", False

    assert heard(endpointer, [SILENCE] * 10, 20) == []


def test_a_stop_does_not_wait_for_words_that_are_very_late() -> None:
    endpointer = Endpointer(WORDS)
    heard(endpointer, [SPEECH] * 10 + [SILENCE] * 2)
    endpointer.words_due = True

    assert heard(endpointer, [SILENCE] * 30, 12) == [SpeechStopped(windows(30), ended=windows(10))]


def test_words_of_a_pause_that_is_over_are_not_waited_for() -> None:
    endpointer = Endpointer(WORDS)
    heard(endpointer, [SPEECH] * 10 + [SILENCE] * 2)
    endpointer.words_due = True
    heard(endpointer, [SPEECH] * 4, 12)

    assert heard(endpointer, [SILENCE] * 10, 16)[-1:] == [SpeechStopped(windows(26), ended=windows(16))]


def habit_after(*pieces: tuple[float, int], alert: bool = False) -> tuple[float, float]:
    """What is expected of someone after windows of these probabilities and counts: a long pause, and patience."""
    endpointer = Endpointer(HASTY)
    endpointer.alert = alert
    heard(endpointer, [probability for probability, count in pieces for _ in range(count)])
    return endpointer.habit.pause_ms, endpointer.habit.patience


def test_a_pause_that_was_gone_on_from_becomes_a_habit() -> None:
    assert habit_after((SPEECH, 10), (SILENCE, 9), (SPEECH, 2)) == (0.9 * USUAL_PAUSE_MS + 0.1 * 9 * 32, 1.0)


@pytest.mark.parametrize(("silent", "voiced", "patience"), [(20, 2, 1.25), (31, 2, 1.25), (32, 2, 1.0), (20, 1, 1.0)])
def test_a_turn_that_begins_again_at_once_was_cut_off_in_a_pause(silent: int, voiced: int, patience: float) -> None:
    pause_ms = USUAL_PAUSE_MS if patience == 1 else 0.9 * USUAL_PAUSE_MS + 0.1 * silent * 32

    assert habit_after((SPEECH, 10), (SILENCE, silent), (SPEECH, voiced)) == (pytest.approx(pause_ms), patience)


def test_a_turn_that_was_heard_out_takes_patience_back() -> None:
    cut_off, heard_out = [(SPEECH, 10), (SILENCE, 20), (SPEECH, 2)], [(SILENCE, 50), (SPEECH, 2)]

    assert habit_after(*cut_off, *heard_out)[1] == 1.0


def test_a_voice_over_the_reply_does_not_count_as_cut_off() -> None:
    assert habit_after((SPEECH, 10), (SILENCE, 20), (SPEECH, 2), alert=True) == (USUAL_PAUSE_MS, 1.0)


def test_a_turn_that_never_ends_is_cut_and_goes_on_as_another_without_repeating_any_voice() -> None:
    endpointer = Endpointer(Endpointing(longest_ms=320))

    assert heard(endpointer, [SPEECH] * 22) == [
        SpeechStarted(0),
        SpeechStopped(windows(10), ended=windows(10)),
        SpeechStarted(windows(10)),
        SpeechStopped(windows(20), ended=windows(20)),
        SpeechStarted(windows(20)),
    ]


def test_a_turn_that_reaches_its_longest_in_a_pause_ended_before_it() -> None:
    endpointer = Endpointer(Endpointing(pause_ms=160, longest_ms=640, wait_ms=fixed_wait(10_000)))

    assert heard(endpointer, [SPEECH] * 10 + [SILENCE] * 20) == [
        SpeechStarted(0),
        SpeechPaused(windows(15), ended=windows(10)),
        SpeechStopped(windows(20), ended=windows(10)),
    ]


def test_the_prefix_of_a_turn_does_not_reach_into_the_voice_of_the_one_before() -> None:
    endpointer = Endpointer(Endpointing(prefix_ms=960, wait_ms=fixed_wait(160)))

    assert heard(endpointer, [SPEECH] * 10 + [SILENCE] * 6 + [SPEECH] * 2)[-1:] == [SpeechStarted(windows(10))]


@pytest.mark.parametrize("before", [[SPEECH], [SPEECH] * 5, [SPEECH] * 5 + [SILENCE] * 7])
def test_a_reset_forgets_the_turn_and_its_onset(before: list[float]) -> None:
    endpointer = Endpointer(HASTY)
    heard(endpointer, before)
    endpointer.text = "I am"
    endpointer.reset()

    events = heard(endpointer, [SPEECH] + [SILENCE] * 20, len(before))
    assert (events, endpointer.speaking, endpointer.text) == ([], False, "")


LEGAL = re.compile(r"((S(PR)*P?T)*(S(PR)*P?)?!)*")
"""Started, then Paused and Resumed by turns, then sTopped, again and again; a reset (!) may come anywhere."""

LETTERS = {SpeechStarted: "S", SpeechPaused: "P", SpeechResumed: "R", SpeechStopped: "T"}


def voiced(event: SpeechEvent) -> int:
    """Where the voice began or ended."""
    return event.ended if isinstance(event, SpeechPaused | SpeechStopped) else event.at


RESET = None
SOUNDS = st.one_of(
    st.tuples(st.sampled_from([0.0, 0.3, 0.35, 0.4, 0.5, 0.6, 1.0]), st.integers(1, 40)),
    st.just((RESET, 1)),
)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    sounds=st.lists(SOUNDS, min_size=5, max_size=40),
    endpointing=st.builds(
        Endpointing,
        threshold=st.sampled_from([0.0, 0.1, 0.5, 0.6, 1.0]),
        onset_ms=st.integers(0, 200),
        prefix_ms=st.integers(0, 700),
        pause_ms=st.integers(0, 300),
        resume_ms=st.integers(0, 200),
        longest_ms=st.sampled_from([0, 100, 1000, 60_000]),
        wait_ms=st.integers(0, 700).map(fixed_wait),
    ),
)
def test_events_alternate_and_their_positions_only_go_forward(
    sounds: list[tuple[float | None, int]], endpointing: Endpointing
) -> None:
    endpointer, now = Endpointer(endpointing), 0
    letters, events = "", list[SpeechEvent]()
    for probability, count in sounds:
        if probability is None:
            endpointer.reset()
            letters += "!"
            continue
        new = heard(endpointer, [probability] * count, now)
        letters, events, now = letters + "".join(LETTERS[type(event)] for event in new), events + new, now + count

    voices = [voiced(event) for event in events]
    legal = LEGAL.fullmatch(letters + "!") is not None
    assert (legal, voices, [event for event in events if voiced(event) > event.at]) == (True, sorted(voices), [])
