"""What the turn machine does with requests of the client."""

from pipeline.turns.events import (
    AudioCommitted,
    AudioDiscarded,
    CloseUtterance,
    DiscardUtterance,
    DropReply,
    Interruption,
    InterruptReply,
    OpenUtterance,
    ReplyCancelled,
    ReplyFailed,
    ReplyPlayed,
    ReplyRequested,
    SpeechStarted,
    StartReply,
    UtteranceRecognized,
)
from tests.pipeline.stories import (
    CUT_OFF,
    CUT_OFF_TOO,
    HEARD,
    NEVER,
    NOISE,
    PAUSED,
    PLAIN,
    QUEUED,
    SPECULATING,
    SPOKEN_OVER,
    STOPPED_AGAIN,
    Story,
    told,
)


def test_a_typed_line_is_answered() -> None:
    story: Story = [(ReplyRequested(), [StartReply(1, None)])]

    assert told(PLAIN, story) == story


def test_a_request_queues_behind_a_reply_that_is_only_still_playing() -> None:
    story: Story = [*QUEUED, (ReplyPlayed(1), []), (SpeechStarted(200), [OpenUtterance(2, 200), CUT_OFF_TOO])]

    assert told(PLAIN, story) == story


def test_a_voice_interrupts_every_reply_that_is_not_yet_heard_out() -> None:
    story: Story = [*QUEUED, (SpeechStarted(200), [OpenUtterance(2, 200), CUT_OFF, CUT_OFF_TOO])]

    assert told(PLAIN, story) == story


def test_a_client_cancels_every_reply_that_is_not_yet_heard_out() -> None:
    cancelled = [InterruptReply(reply, Interruption.CLIENT_CANCELLED) for reply in (1, 2)]
    story: Story = [*QUEUED, (ReplyCancelled(), [*cancelled])]

    assert told(PLAIN, story) == story


def test_a_turn_waits_for_all_replies_in_a_row_under_never() -> None:
    story: Story = [
        *QUEUED,
        (SpeechStarted(200), [OpenUtterance(2, 200)]),
        STOPPED_AGAIN,
        (UtteranceRecognized(2, "But why?"), []),
        (ReplyFailed(2), []),
        (ReplyPlayed(1), [StartReply(3, 2)]),
    ]

    assert told(NEVER, story) == story


def test_words_recognized_during_a_requested_reply_are_answered_after_it() -> None:
    story: Story = [
        *HEARD,
        (ReplyRequested(), [StartReply(1, None)]),
        (UtteranceRecognized(1, "What is it?"), []),
        (ReplyFailed(1), [StartReply(2, 1)]),
    ]

    assert told(PLAIN, story) == story


def test_a_client_cancels_the_reply_and_what_waits_behind_it() -> None:
    story: Story = [
        *SPOKEN_OVER,
        (UtteranceRecognized(2, "But why?"), []),
        (ReplyCancelled(), [InterruptReply(1, Interruption.CLIENT_CANCELLED)]),
        *NOISE,
    ]

    assert told(NEVER, story) == story


def test_a_client_commits_the_turn_and_asks_for_the_answer_itself() -> None:
    story: Story = [
        (SpeechStarted(10), [OpenUtterance(1, 10)]),
        (AudioCommitted(90, 90), [CloseUtterance(1, 90, ended=90)]),
        (UtteranceRecognized(1, "What is it?"), []),
        (ReplyRequested(), [StartReply(1, None)]),
    ]

    assert told(PLAIN, story) == story


def test_a_client_commits_audio_in_which_no_speech_was_found() -> None:
    story: Story = [
        (AudioCommitted(90, 90), [OpenUtterance(1, 90), CloseUtterance(1, 90, ended=90)]),
        (AudioCommitted(190, 190), [OpenUtterance(2, 190), CloseUtterance(2, 190, ended=190)]),
    ]

    assert told(PLAIN, story) == story


def test_discarded_audio_is_forgotten_with_its_speculation() -> None:
    story: Story = [
        *PAUSED,
        (AudioDiscarded(), [DiscardUtterance(1), DropReply(1)]),
        (AudioDiscarded(), []),
        (SpeechStarted(200), [OpenUtterance(2, 200)]),
    ]

    assert told(SPECULATING, story) == story
