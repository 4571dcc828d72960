from typing import get_args

import pytest

from pipeline.turns.dialogue import Dialogue
from pipeline.turns.events import (
    AudioCommitted,
    AudioDiscarded,
    CloseUtterance,
    DiscardUtterance,
    DoubtLasted,
    DraftUtterance,
    DropReply,
    Effect,
    Event,
    IdleTimedOut,
    OpenUtterance,
    PartialRecognized,
    ReleaseReply,
    ReplyCancelled,
    ReplyFailed,
    ReplyGenerated,
    ReplyPlayed,
    ReplyRequested,
    ReportUnexpected,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechStopped,
    StartReply,
    TakeSilence,
    UtteranceDrafted,
    UtteranceRecognized,
)
from tests.pipeline.stories import (
    ANSWERED,
    CUT_OFF,
    HEARD,
    NEVER,
    NOISE,
    PAUSED,
    PLAIN,
    QUEUED,
    SPECULATING,
    SPECULATING_NEVER,
    SPOKEN_OVER,
    STOPPED_AGAIN,
    UNASKED,
    Story,
    told,
)


def test_a_turn_is_answered_when_its_words_are_known() -> None:
    story: Story = [
        *ANSWERED,
        (ReplyGenerated(1), []),
        (ReplyPlayed(1), []),
        (SpeechStarted(200), [OpenUtterance(2, 200)]),
    ]

    assert told(PLAIN, story) == story


def test_a_turn_may_stop_without_having_paused() -> None:
    story: Story = [
        (SpeechStarted(10), [OpenUtterance(1, 10)]),
        (SpeechStopped(90, ended=90), [CloseUtterance(1, 90, ended=90)]),
        (UtteranceRecognized(1, "What is it?"), [StartReply(1, 1)]),
    ]

    assert told(PLAIN, story) == story


@pytest.mark.parametrize("words", ["", "。"])
def test_a_turn_without_words_is_not_answered(words: str) -> None:
    story: Story = [*HEARD, (UtteranceRecognized(1, words), [])]

    assert told(PLAIN, story) == story


def test_a_turn_whose_words_were_lost_is_answered_so_that_the_character_can_say_so() -> None:
    story: Story = [*HEARD, (UtteranceRecognized(1, "", failed=True), [StartReply(1, 1)])]

    assert told(PLAIN, story) == story
    assert told(UNASKED, story)[-1][1] == []


def test_a_silence_that_lasts_is_a_turn_without_words_and_is_answered() -> None:
    story: Story = [
        *ANSWERED,
        (ReplyGenerated(1), []),
        (ReplyPlayed(1), []),
        (IdleTimedOut(5_000), [TakeSilence(5_000), StartReply(2, None)]),
    ]

    assert told(PLAIN, story) == story


def test_a_turn_is_not_answered_unasked_when_the_policy_says_so() -> None:
    story: Story = [
        *HEARD,
        (UtteranceDrafted(1, "What is it?"), []),
        (UtteranceRecognized(1, "What is it?"), []),
        (ReplyRequested(), [StartReply(1, None)]),
    ]

    assert told(UNASKED, story) == story


def test_a_speaker_who_goes_on_after_a_pause_stays_in_the_same_turn() -> None:
    story: Story = [
        (SpeechStarted(10), [OpenUtterance(1, 10)]),
        (SpeechPaused(90, ended=70), [DraftUtterance(1)]),
        (SpeechResumed(95), []),
        (SpeechPaused(190, ended=170), [DraftUtterance(1)]),
        (SpeechStopped(220, ended=170), [CloseUtterance(1, 220, ended=170)]),
        (UtteranceRecognized(1, "What is it, then?"), [StartReply(1, 1)]),
    ]

    assert told(PLAIN, story) == story


def test_a_turn_that_goes_on_while_it_is_decided_is_answered_together_with_the_next() -> None:
    story: Story = [
        *HEARD,
        (SpeechStarted(130), [OpenUtterance(2, 130)]),
        (UtteranceRecognized(1, "What is it?"), []),
        (SpeechStopped(300, ended=280), [CloseUtterance(2, 300, ended=280)]),
        (UtteranceRecognized(2, "And why?"), [StartReply(1, 2)]),
    ]

    assert told(PLAIN, story) == story


def test_a_turn_that_only_a_noise_follows_while_it_is_decided_is_answered_after_the_noise() -> None:
    story: Story = [
        (SpeechStarted(0), [OpenUtterance(1, 0)]),
        (SpeechStopped(90, 60), [CloseUtterance(1, 90, 60)]),
        (SpeechStarted(95), [OpenUtterance(2, 95)]),
        (UtteranceRecognized(1, "What is it?"), []),
        (SpeechStopped(190, 100), [CloseUtterance(2, 190, 100)]),
        (UtteranceRecognized(2, ""), [StartReply(1, 1)]),
    ]

    assert told(PLAIN, story) == story


def overtaken_by(turn: int) -> Story:
    """While the words of the turn before are awaited, the person makes another sound."""
    return [
        (SpeechStarted(turn * 100), [OpenUtterance(turn, turn * 100)]),
        (SpeechStopped(turn * 100 + 90, turn * 100), [CloseUtterance(turn, turn * 100 + 90, turn * 100)]),
    ]


@pytest.mark.parametrize("order", [[1, 2, 3], [3, 2, 1], [2, 1, 3], [3, 1, 2]])
@pytest.mark.parametrize("spoken", [{1: "What is it?"}, {1: "What is it?", 2: "And why?"}, {2: "And why?", 3: "So?"}])
def test_one_answer_covers_all_turns_that_overtook_one_another(order: list[int], spoken: dict[int, str]) -> None:
    *first, last = order
    story: Story = [
        *HEARD,
        *overtaken_by(2),
        *overtaken_by(3),
        *((UtteranceRecognized(turn, spoken.get(turn, "")), list[Effect]()) for turn in first),
        (UtteranceRecognized(last, spoken.get(last, "")), [StartReply(1, max(spoken))]),
        (ReplyPlayed(1), []),
    ]

    assert told(PLAIN, story) == story


def test_overtaken_turns_are_only_written_down_when_the_client_commits_what_follows() -> None:
    story: Story = [
        *HEARD,
        (SpeechStarted(130), [OpenUtterance(2, 130)]),
        (AudioCommitted(190, 190), [CloseUtterance(2, 190, 190)]),
        (UtteranceRecognized(1, "What is it?"), []),
        (UtteranceRecognized(2, "And why?"), []),
    ]

    assert told(PLAIN, story) == story


def test_nothing_is_prepared_while_the_words_of_an_overtaken_turn_are_awaited() -> None:
    story: Story = [
        *HEARD,
        (SpeechStarted(130), [OpenUtterance(2, 130)]),
        (SpeechPaused(190, 170), [DraftUtterance(2)]),
        (UtteranceDrafted(2, "and why"), []),
        (UtteranceRecognized(1, "What is it?"), []),
        (SpeechResumed(210), []),
        (SpeechPaused(290, 270), [DraftUtterance(2)]),
        (UtteranceDrafted(2, "and why"), [StartReply(1, 2, speculative=True, draft="and why")]),
    ]

    assert told(SPECULATING, story) == story


# Speculation


def test_a_speculative_reply_is_released_when_the_words_were_right() -> None:
    story: Story = [
        *PAUSED,
        (SpeechStopped(120, ended=70), [CloseUtterance(1, 120, ended=70)]),
        (UtteranceRecognized(1, "What is it?"), [ReleaseReply(1)]),
        (ReplyGenerated(1), []),
        (SpeechStarted(200), [OpenUtterance(2, 200), CUT_OFF]),
    ]

    assert told(SPECULATING, story) == story


@pytest.mark.parametrize(
    ("words", "effects"),
    [("What is it for?", [DropReply(1), StartReply(2, 1)]), ("", [DropReply(1)])],
)
def test_a_speculative_reply_is_dropped_when_the_words_were_wrong(words: str, effects: list[Effect]) -> None:
    story: Story = [
        *PAUSED,
        (SpeechStopped(120, ended=70), [CloseUtterance(1, 120, ended=70)]),
        (UtteranceRecognized(1, words), effects),
    ]

    assert told(SPECULATING, story) == story


def test_a_speculative_reply_is_dropped_when_the_speaker_goes_on_and_the_next_pause_may_start_another() -> None:
    story: Story = [
        *PAUSED,
        (UtteranceDrafted(1, "what is it"), []),
        (SpeechResumed(95), [DropReply(1)]),
        (UtteranceDrafted(1, "what is it"), []),
        (SpeechPaused(190, ended=170), [DraftUtterance(1)]),
        (UtteranceDrafted(1, "what is it then"), [StartReply(2, 1, speculative=True, draft="what is it then")]),
        (SpeechStopped(220, ended=170), [CloseUtterance(1, 220, ended=170)]),
        (UtteranceRecognized(1, "What is it, then?"), [ReleaseReply(2)]),
    ]

    assert told(SPECULATING, story) == story


def test_a_draft_that_comes_after_the_turn_has_stopped_is_worth_a_speculation_still() -> None:
    story: Story = [
        *HEARD,
        (UtteranceDrafted(1, "what is it"), [StartReply(1, 1, speculative=True, draft="what is it")]),
        (UtteranceRecognized(1, "What is it?"), [ReleaseReply(1)]),
    ]

    assert told(SPECULATING, story) == story


def test_a_speculation_is_dropped_when_the_policy_no_longer_wants_an_answer() -> None:
    dialogue = Dialogue(SPECULATING)
    for event, _effects in PAUSED:
        dialogue.receive(event)
    dialogue.policy = UNASKED
    dialogue.receive(SpeechStopped(120, ended=70))

    assert dialogue.receive(UtteranceRecognized(1, "What is it?")) == [DropReply(1)]


@pytest.mark.parametrize("draft", ["", "。"])
def test_no_reply_is_prepared_for_a_draft_without_words(draft: str) -> None:
    story: Story = [*PAUSED[:2], (UtteranceDrafted(1, draft), [])]

    assert told(SPECULATING, story) == story


def test_a_speculation_that_failed_leaves_the_turn_to_be_answered() -> None:
    story: Story = [
        *PAUSED,
        (ReplyFailed(1), []),
        (SpeechStopped(120, ended=70), [CloseUtterance(1, 120, ended=70)]),
        (UtteranceRecognized(1, "What is it?"), [StartReply(2, 1)]),
    ]

    assert told(SPECULATING, story) == story


@pytest.mark.parametrize(
    ("event", "effects"),
    [
        (SpeechStarted(130), [OpenUtterance(2, 130), DropReply(1)]),
        (AudioCommitted(130, 130), [OpenUtterance(2, 130), CloseUtterance(2, 130, ended=130), DropReply(1)]),
        (ReplyRequested(), [DropReply(1), StartReply(2, None)]),
        (ReplyCancelled(), [DropReply(1)]),
    ],
)
def test_whatever_overtakes_a_speculation_drops_it(event: Event, effects: list[Effect]) -> None:
    story: Story = [
        *PAUSED,
        (SpeechStopped(120, ended=70), [CloseUtterance(1, 120, ended=70)]),
        (event, effects),
    ]

    assert told(SPECULATING, story) == story


# Speech during a reply


def test_any_voice_cuts_the_reply_off_at_once_under_immediate() -> None:
    story: Story = [*ANSWERED, (SpeechStarted(200), [OpenUtterance(2, 200), CUT_OFF])]

    assert told(PLAIN, story) == story


def test_a_reply_that_is_generated_but_still_playing_is_interrupted() -> None:
    story: Story = [
        *ANSWERED,
        (ReplyGenerated(1), []),
        (SpeechStarted(200), [OpenUtterance(2, 200), CUT_OFF]),
        STOPPED_AGAIN,
        (UtteranceRecognized(2, "Never mind."), [StartReply(2, 2)]),
    ]

    assert told(PLAIN, story) == story


def test_what_was_said_over_a_reply_is_answered_after_it_under_never() -> None:
    story: Story = [*SPOKEN_OVER, (UtteranceRecognized(2, "But why?"), []), (ReplyPlayed(1), [StartReply(2, 2)])]

    assert told(NEVER, story) == story


def test_a_noise_after_the_question_does_not_lose_it_under_never() -> None:
    story: Story = [
        *SPOKEN_OVER,
        (UtteranceRecognized(2, "But why?"), []),
        *NOISE,
        (ReplyPlayed(1), [StartReply(2, 2)]),
    ]

    assert told(NEVER, story) == story


@pytest.mark.parametrize(
    ("ending", "effects"),
    [
        (UtteranceRecognized(3, ""), [StartReply(2, 2)]),
        (UtteranceRecognized(3, "And how?"), [StartReply(2, 3)]),
    ],
)
def test_a_question_waits_for_a_speaker_who_goes_on_after_the_reply(ending: Event, effects: list[Effect]) -> None:
    story: Story = [
        *SPOKEN_OVER,
        (UtteranceRecognized(2, "But why?"), []),
        (SpeechStarted(400), [OpenUtterance(3, 400)]),
        (ReplyPlayed(1), []),
        (SpeechStopped(500, ended=480), [CloseUtterance(3, 500, ended=480)]),
        (ending, effects),
        (ReplyPlayed(2), []),
    ]

    assert told(NEVER, story) == story


WAITING_IN_A_PAUSE: Story = [
    *SPOKEN_OVER,
    (UtteranceRecognized(2, "But why?"), []),
    (SpeechStarted(400), [OpenUtterance(3, 400)]),
    (ReplyPlayed(1), []),
    (SpeechPaused(490, ended=480), [DraftUtterance(3)]),
    (UtteranceDrafted(3, "and how"), [StartReply(2, 3, speculative=True, draft="and how")]),
]


@pytest.mark.parametrize(
    "ending",
    [
        [(UtteranceRecognized(3, "And how?"), [ReleaseReply(2)]), (ReplyPlayed(2), [])],
        [(UtteranceRecognized(3, ""), [DropReply(2), StartReply(3, 2)]), (ReplyPlayed(3), [])],
    ],
)
def test_a_waiting_question_is_answered_once_whether_or_not_a_speculation_comes_true(ending: Story) -> None:
    stopped = (SpeechStopped(500, ended=480), [CloseUtterance(3, 500, ended=480)])
    story: Story = [*WAITING_IN_A_PAUSE, stopped, *ending]

    assert told(SPECULATING_NEVER, story) == story


def test_a_waiting_question_is_answered_when_the_audio_after_it_is_thrown_away() -> None:
    story: Story = [
        *SPOKEN_OVER,
        (UtteranceRecognized(2, "But why?"), []),
        (SpeechStarted(400), [OpenUtterance(3, 400)]),
        (ReplyPlayed(1), []),
        (AudioDiscarded(), [DiscardUtterance(3), StartReply(2, 2)]),
    ]

    assert told(NEVER, story) == story


# Events that do not fit

UNEXPECTED: list[tuple[Story, Event, str, str]] = [
    (HEARD[:1], SpeechStarted(200), "speaking", "none"),
    ([], SpeechPaused(90, ended=70), "silent", "none"),
    (HEARD[:1], SpeechResumed(95), "speaking", "none"),
    (HEARD, SpeechStopped(130, ended=70), "deciding", "none"),
    (HEARD, PartialRecognized(2, "what"), "deciding", "none"),
    (HEARD, UtteranceDrafted(2, "what"), "deciding", "none"),
    (HEARD[:1], UtteranceRecognized(1, "What is it?"), "speaking", "none"),
    (ANSWERED, UtteranceRecognized(1, "What is it?"), "silent", "released"),
    (ANSWERED, DoubtLasted(1, 64, 128), "silent", "released"),
    (ANSWERED, IdleTimedOut(5_000), "silent", "released"),
    (HEARD, IdleTimedOut(5_000), "deciding", "none"),
    (ANSWERED, ReplyRequested(), "silent", "released"),
    (HEARD, ReplyCancelled(), "deciding", "none"),
    (PAUSED, ReplyPlayed(2), "pausing", "speculative"),
    (QUEUED[:-1], ReplyFailed(2), "silent", "generated"),
    (QUEUED, ReplyGenerated(1), "silent", "released"),
]


@pytest.mark.parametrize(("story", "event", "person", "reply"), UNEXPECTED)
def test_an_event_that_does_not_fit_is_reported_and_changes_nothing(
    story: Story, event: Event, person: str, reply: str
) -> None:
    dialogue = Dialogue(SPECULATING if story is PAUSED else PLAIN)
    for before, _effects in story:
        dialogue.receive(before)
    state = vars(dialogue).copy()

    assert dialogue.receive(event) == [ReportUnexpected(type(event).__name__, person, reply)]
    assert vars(dialogue) == state


def test_every_event_that_may_be_unexpected_has_been_tried() -> None:
    assert {type(event) for _, event, _, _ in UNEXPECTED} == set(get_args(Event)) - {AudioCommitted, AudioDiscarded}
