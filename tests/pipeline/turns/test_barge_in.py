"""A voice over the reply, where words must confirm that it is an interruption."""

from __future__ import annotations

import pytest

from pipeline.turns.dialogue import BargeIn, Policy
from pipeline.turns.events import (
    AudioCommitted,
    AudioDiscarded,
    CloseUtterance,
    DiscardUtterance,
    DoubtLasted,
    DraftUtterance,
    Effect,
    Event,
    OpenUtterance,
    PartialRecognized,
    PausePlayback,
    ReplyFailed,
    ReplyGenerated,
    ReplyPlayed,
    ReplyRequested,
    ResumePlayback,
    SetAside,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechStopped,
    StartReply,
    UtteranceDrafted,
    UtteranceRecognized,
)
from pipeline.turns.interruption import Sound, Verdict
from tests.pipeline.stories import ANSWERED, CONFIRMED, CUT_OFF, CUT_OFF_TOO, DOUBTED, STOPPED_AGAIN, Story, told

SPECULATING_CONFIRMED = Policy(barge_in=BargeIn.CONFIRMED, speculate=True)

PAUSED_AGAIN = (SpeechPaused(290, ended=280), [DraftUtterance(2)])
GOES_ON = [SetAside(2, Verdict.BACKCHANNEL), ResumePlayback(1)]
LISTENED: Story = [*DOUBTED, PAUSED_AGAIN, (UtteranceDrafted(2, "mm-hmm"), GOES_ON)]
ECHO = Sound(voiced_ms=300, echo=0.9)


# Interruptions


def test_words_interrupt_as_soon_as_they_are_more_than_a_noise() -> None:
    story: Story = [
        *DOUBTED,
        (PartialRecognized(2, ""), []),
        (PartialRecognized(2, "yeah"), []),
        (PartialRecognized(2, "yeah but"), [CUT_OFF]),
        (PartialRecognized(2, "yeah but why"), []),
        STOPPED_AGAIN,
        (UtteranceRecognized(2, "Yeah, but why?"), [StartReply(2, 2)]),
    ]

    assert told(CONFIRMED, story) == story


def test_words_interrupt_even_if_no_partial_showed_them() -> None:
    story: Story = [*DOUBTED, STOPPED_AGAIN, (UtteranceRecognized(2, "But why?"), [CUT_OFF, StartReply(2, 2)])]

    assert told(CONFIRMED, story) == story


def test_words_that_interrupt_in_a_pause_may_be_answered_at_once() -> None:
    answer = StartReply(2, 2, speculative=True, draft="but why")
    story: Story = [*DOUBTED, PAUSED_AGAIN, (UtteranceDrafted(2, "but why"), [CUT_OFF, answer])]

    assert told(SPECULATING_CONFIRMED, story) == story


def test_a_voice_that_insists_interrupts_without_words() -> None:
    story: Story = [*DOUBTED, (DoubtLasted(2, 1_900, 0), []), (DoubtLasted(2, 2_000, 0), [CUT_OFF])]

    assert told(CONFIRMED, story) == story


def test_words_that_come_late_interrupt_the_reply_that_has_gone_on() -> None:
    story: Story = [
        *DOUBTED,
        PAUSED_AGAIN,
        STOPPED_AGAIN,
        (DoubtLasted(2, 500, 1_100), []),
        (DoubtLasted(2, 500, 1_200), [SetAside(2, Verdict.NOISE), ResumePlayback(1)]),
        (UtteranceRecognized(2, "But why?"), [SetAside(2, None), CUT_OFF, StartReply(2, 2)]),
    ]

    assert told(CONFIRMED, story) == story


# False alarms


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("", Verdict.NOISE),
        ("。", Verdict.NOISE),
        ("Mm-hmm.", Verdict.BACKCHANNEL),
        ("嗯，对。", Verdict.BACKCHANNEL),
    ],
)
def test_the_reply_goes_on_after_a_noise_or_a_backchannel(words: str, verdict: Verdict) -> None:
    story: Story = [
        *DOUBTED,
        (PartialRecognized(2, words), []),
        STOPPED_AGAIN,
        (UtteranceRecognized(2, words), [SetAside(2, verdict), ResumePlayback(1)]),
        (ReplyPlayed(1), []),
    ]

    assert told(CONFIRMED, story) == story


def test_the_reply_goes_on_in_the_first_pause_and_the_noise_is_never_answered() -> None:
    story: Story = [
        *LISTENED,
        STOPPED_AGAIN,
        (UtteranceRecognized(2, "Mm-hmm."), []),
        (ReplyPlayed(1), []),
    ]

    assert told(CONFIRMED, story) == story


def test_a_listener_who_goes_on_after_all_is_in_doubt_again() -> None:
    story: Story = [
        *LISTENED,
        (SpeechResumed(310), [SetAside(2, None), PausePlayback(1)]),
        (PartialRecognized(2, "mm-hmm but why"), [CUT_OFF]),
    ]

    assert told(CONFIRMED, story) == story


def test_a_sound_too_short_for_a_word_holds_the_reply_up_only_for_a_moment() -> None:
    story: Story = [
        *DOUBTED,
        (DoubtLasted(2, 64, 96), []),
        PAUSED_AGAIN,
        (DoubtLasted(2, 96, 160), []),
        (DoubtLasted(2, 64, 128), [SetAside(2, Verdict.NOISE), ResumePlayback(1)]),
        (UtteranceDrafted(2, ""), []),
        STOPPED_AGAIN,
        (UtteranceRecognized(2, ""), []),
    ]

    assert told(CONFIRMED, story) == story


def test_a_second_voice_does_not_pause_what_is_paused() -> None:
    story: Story = [
        *DOUBTED,
        STOPPED_AGAIN,
        (SpeechStarted(310), [OpenUtterance(3, 310)]),
        (UtteranceRecognized(2, ""), [SetAside(2, Verdict.NOISE)]),
        (SpeechStopped(400, ended=380), [CloseUtterance(3, 400, ended=380)]),
        (UtteranceRecognized(3, ""), [SetAside(3, Verdict.NOISE), ResumePlayback(1)]),
    ]

    assert told(CONFIRMED, story) == story


def test_a_listeners_noise_that_is_recognized_during_the_next_one_is_not_answered() -> None:
    story: Story = [
        *LISTENED,
        STOPPED_AGAIN,
        (SpeechStarted(310), [OpenUtterance(3, 310), PausePlayback(1)]),
        (UtteranceRecognized(2, "Mm-hmm."), []),
        (SpeechStopped(400, ended=380), [CloseUtterance(3, 400, ended=380)]),
        (UtteranceRecognized(3, "But why?"), [CUT_OFF, StartReply(2, 3)]),
    ]

    assert told(CONFIRMED, story) == story


# The end of the reply


def test_a_reply_that_ends_in_doubt_leaves_the_words_to_be_answered() -> None:
    story: Story = [
        *DOUBTED,
        (ReplyPlayed(1), []),
        STOPPED_AGAIN,
        (UtteranceRecognized(2, "Yeah."), [StartReply(2, 2)]),
    ]

    assert told(CONFIRMED, story) == story


def test_yes_over_the_last_words_of_a_reply_answers_it() -> None:
    story: Story = [
        *LISTENED,
        (ReplyPlayed(1), [SetAside(2, None)]),
        STOPPED_AGAIN,
        (UtteranceRecognized(2, "Mm-hmm."), [StartReply(2, 2)]),
    ]

    assert told(CONFIRMED, story) == story


# The reply's own echo


def test_an_echo_of_the_reply_does_not_stop_it_whatever_words_it_seems_to_hold() -> None:
    story: Story = [
        *DOUBTED,
        (PartialRecognized(2, "stop the", ECHO), []),
        PAUSED_AGAIN,
        (UtteranceDrafted(2, "stop the sea", ECHO), [SetAside(2, Verdict.ECHO), ResumePlayback(1)]),
        STOPPED_AGAIN,
        (UtteranceRecognized(2, "Stop the sea."), []),
    ]

    assert told(CONFIRMED, story) == story


@pytest.mark.parametrize("policy", [CONFIRMED, SPECULATING_CONFIRMED], ids=["confirmed", "speculating"])
def test_the_character_does_not_answer_the_echo_of_its_last_words(policy: Policy) -> None:
    story: Story = [
        *ANSWERED,
        (ReplyPlayed(1), []),
        (SpeechStarted(200), [OpenUtterance(2, 200)]),
        PAUSED_AGAIN,
        (UtteranceDrafted(2, "what would you ask", ECHO), [SetAside(2, Verdict.ECHO)]),
        STOPPED_AGAIN,
        (UtteranceRecognized(2, "What would you ask?", ECHO), []),
    ]

    assert told(policy, story)[3:] == story[3:]


# Requests of the client


QUEUED_IN_DOUBT: Story = [
    *DOUBTED,
    (ReplyGenerated(1), []),
    (ReplyRequested(), [StartReply(2, None), PausePlayback(2)]),
]


@pytest.mark.parametrize(
    ("words", "effects"),
    [
        ("But why?", [CUT_OFF, CUT_OFF_TOO, StartReply(3, 2)]),
        ("Mm-hmm.", [SetAside(2, Verdict.BACKCHANNEL), ResumePlayback(1), ResumePlayback(2)]),
    ],
)
def test_a_reply_that_is_requested_in_doubt_waits_and_ends_or_goes_on_with_the_one_before(
    words: str, effects: list[Effect]
) -> None:
    story: Story = [*QUEUED_IN_DOUBT, STOPPED_AGAIN, (UtteranceRecognized(2, words), effects)]

    assert told(CONFIRMED, story) == story


def test_a_voice_puts_every_reply_in_doubt_that_is_not_yet_heard_out() -> None:
    story: Story = [
        *ANSWERED,
        (ReplyGenerated(1), []),
        (ReplyRequested(), [StartReply(2, None)]),
        (SpeechStarted(200), [OpenUtterance(2, 200), PausePlayback(1), PausePlayback(2)]),
        (DoubtLasted(2, 64, 1_200), []),
        (ReplyFailed(2), []),
        (PartialRecognized(2, "but why"), [CUT_OFF]),
    ]

    assert told(CONFIRMED, story) == story


@pytest.mark.parametrize(
    ("event", "effects"),
    [
        (AudioDiscarded(), [DiscardUtterance(2), ResumePlayback(1)]),
        (AudioCommitted(250, 250), [CloseUtterance(2, 250, ended=250), ResumePlayback(1)]),
    ],
)
def test_taking_the_audio_away_dispels_the_doubt(event: Event, effects: list[Effect]) -> None:
    story: Story = [*DOUBTED, (event, effects)]

    assert told(CONFIRMED, story) == story
