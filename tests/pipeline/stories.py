"""Conversations as lists of events, each with the effects that it must have; told to the turn machine by the tests."""

from __future__ import annotations

from typing import TypeAlias

from pipeline.turns.dialogue import BargeIn, Dialogue, Policy
from pipeline.turns.events import (
    CloseUtterance,
    DraftUtterance,
    Effect,
    Event,
    Interruption,
    InterruptReply,
    OpenUtterance,
    PausePlayback,
    ReplyGenerated,
    ReplyRequested,
    SpeechPaused,
    SpeechStarted,
    SpeechStopped,
    StartReply,
    UtteranceDrafted,
    UtteranceRecognized,
)

Story: TypeAlias = list[tuple[Event, list[Effect]]]

PLAIN = Policy()
SPECULATING = Policy(speculate=True)
CONFIRMED = Policy(barge_in=BargeIn.CONFIRMED)
NEVER = Policy(barge_in=BargeIn.NEVER)
SPECULATING_NEVER = Policy(barge_in=BargeIn.NEVER, speculate=True)
UNASKED = Policy(answer=False, speculate=True)

CUT_OFF = InterruptReply(1, Interruption.TURN_DETECTED)
CUT_OFF_TOO = InterruptReply(2, Interruption.TURN_DETECTED)

HEARD: Story = [
    (SpeechStarted(10), [OpenUtterance(1, 10)]),
    (SpeechPaused(90, ended=70), [DraftUtterance(1)]),
    (SpeechStopped(120, ended=70), [CloseUtterance(1, 120, ended=70)]),
]
ANSWERED: Story = [*HEARD, (UtteranceRecognized(1, "What is it?"), [StartReply(1, 1)])]
PAUSED: Story = [
    (SpeechStarted(10), [OpenUtterance(1, 10)]),
    (SpeechPaused(90, ended=70), [DraftUtterance(1)]),
    (UtteranceDrafted(1, "what is it"), [StartReply(1, 1, speculative=True, draft="what is it")]),
]
DOUBTED: Story = [*ANSWERED, (SpeechStarted(200), [OpenUtterance(2, 200), PausePlayback(1)])]
STOPPED_AGAIN = (SpeechStopped(300, ended=280), [CloseUtterance(2, 300, ended=280)])
SPOKEN_OVER: Story = [*ANSWERED, (SpeechStarted(200), [OpenUtterance(2, 200)]), STOPPED_AGAIN]
"""Under NEVER."""
NOISE: Story = [
    (SpeechStarted(400), [OpenUtterance(3, 400)]),
    (SpeechStopped(500, ended=480), [CloseUtterance(3, 500, ended=480)]),
    (UtteranceRecognized(3, ""), []),
]
QUEUED: Story = [*ANSWERED, (ReplyGenerated(1), []), (ReplyRequested(), [StartReply(2, None)])]
"""As after a tool call: the second answer is asked for while the first one is still being heard."""


def told(policy: Policy, story: Story) -> Story:
    """The story's events with the effects that they really had."""
    dialogue = Dialogue(policy)
    return [(event, dialogue.receive(event)) for event, _effects in story]
