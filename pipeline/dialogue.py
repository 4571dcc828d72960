"""The turn machine: who has the floor, and what that means for the reply. Pure: events in, effects out.

Theory of operation. Two things go on at once, so there are two small states rather than one large one.

The person (`Person`):

    SILENT ──SpeechStarted──▶ SPEAKING ◀──SpeechResumed── PAUSING
       ▲                          └──────SpeechPaused────────▲ │ SpeechStopped
       └────────────UtteranceRecognized──── DECIDING ◀─────────┘

    DECIDING: the turn is over and its final words are awaited; if the person speaks again first, one answer covers both
    turns, or the first alone if the second turns out to hold no words.

The reply (`Reply`, at most one): *speculative* (prepared in a pause, behind the gate), *released* (seen and heard),
*doubted* (paused because there is a voice that may or may not be an interruption), *generated* (all sent, still
playing). It ends when it was played, interrupted, dropped or failed. A reply is over when it was played, not when it
was written: until then a voice interrupts it.

What a voice does to a released reply is the policy's `barge_in`: IMMEDIATE cuts it off at the first voice, as clients of
the realtime API expect; CONFIRMED pauses it and waits for words; NEVER lets it run, and what was said is answered after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import assert_never

from pipeline.events import (
    AudioCommitted,
    AudioDiscarded,
    CloseUtterance,
    DiscardUtterance,
    DraftUtterance,
    DropReply,
    Effect,
    Event,
    Interruption,
    InterruptReply,
    OpenUtterance,
    PartialRecognized,
    PausePlayback,
    ReleaseReply,
    ReplyCancelled,
    ReplyFailed,
    ReplyGenerated,
    ReplyPlayed,
    ReplyRequested,
    ResumePlayback,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechStopped,
    StartReply,
    UtteranceDrafted,
    UtteranceRecognized,
)
from pipeline.interruption import means_to_interrupt, same_words, words_of


class Person(Enum):
    """What the person is doing."""

    SILENT = "silent"
    SPEAKING = "speaking"
    PAUSING = "pausing"
    DECIDING = "deciding"


class BargeIn(StrEnum):
    """What a voice does to a reply that is being heard."""

    IMMEDIATE = "immediate"
    CONFIRMED = "confirmed"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Policy:
    """How turns are taken; may change between events.

    answer: whether a finished turn is answered without being asked.
    speculate: whether to prepare an answer in a pause.
    interrupts: whether recognised words, spoken over the reply, mean to take the floor.
    """

    answer: bool = True
    barge_in: BargeIn = BargeIn.IMMEDIATE
    speculate: bool = False
    interrupts: Callable[[str], bool] = means_to_interrupt


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer that is being prepared or heard."""

    id: int
    turn: int | None
    speculative: bool = False
    draft: str = ""
    doubted: bool = False
    generated: bool = False


class Dialogue:
    """The turn machine of one conversation. `person` and `reply` are its whole visible state."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.person = Person.SILENT
        self.reply: Reply | None = None
        self.turn = 0
        self._replies = 0
        self._unanswered: int | None = None
        self._overtaken: int | None = None

    def receive(self, event: Event) -> list[Effect]:
        """Take one fact; return what is to be done, in order. Events that no longer matter return nothing."""
        match event:
            case SpeechStarted():
                return self._speech_started(event)
            case SpeechPaused():
                if self.person is not Person.SPEAKING:
                    return []
                self.person = Person.PAUSING
                return [DraftUtterance(self.turn)]
            case SpeechResumed():
                if self.person is not Person.PAUSING:
                    return []
                self.person = Person.SPEAKING
                return self._drop_speculation()
            case SpeechStopped():
                if self.person not in (Person.SPEAKING, Person.PAUSING):
                    return []
                self.person = Person.DECIDING
                return [CloseUtterance(self.turn, event.at, event.ended)]
            case AudioCommitted():
                return self._audio_committed(event)
            case AudioDiscarded():
                if self.person not in (Person.SPEAKING, Person.PAUSING):
                    return []
                self.person = Person.SILENT
                effects = [*self._drop_speculation(), *self._dispel_doubt(), *self._answer_waiting()]
                return [DiscardUtterance(self.turn), *effects]
            case PartialRecognized():
                return self._partial_recognized(event)
            case UtteranceDrafted():
                return self._utterance_drafted(event)
            case UtteranceRecognized():
                return self._utterance_recognized(event)
            case ReplyRequested():
                return self._reply_requested()
            case ReplyCancelled():
                self._unanswered = None
                return [*self._drop_speculation(), *self._interrupt(Interruption.CLIENT_CANCELLED)]
            case ReplyGenerated():
                if self.reply and self.reply.id == event.reply:
                    self.reply = replace(self.reply, generated=True)
                return []
            case ReplyPlayed():
                return self._reply_over(event.reply)
            case ReplyFailed():
                return self._reply_over(event.reply)
            case _:
                assert_never(event)

    # --- The person ---------------------------------------------------------------------------------------------------

    def _speech_started(self, event: SpeechStarted) -> list[Effect]:
        if self.person in (Person.SPEAKING, Person.PAUSING):
            return []
        if self.person is Person.DECIDING:
            self._overtaken = self.turn
        self.person = Person.SPEAKING
        self.turn += 1
        effects: list[Effect] = [OpenUtterance(self.turn, event.at), *self._drop_speculation()]
        if self.reply is None:
            return effects
        match self.policy.barge_in:
            case BargeIn.IMMEDIATE:
                effects += self._interrupt(Interruption.TURN_DETECTED)
            case BargeIn.CONFIRMED:
                if not self.reply.doubted:
                    self.reply = replace(self.reply, doubted=True)
                    effects.append(PausePlayback(self.reply.id))
            case BargeIn.NEVER:
                pass
        return effects

    def _audio_committed(self, event: AudioCommitted) -> list[Effect]:
        effects: list[Effect] = []
        if self.person not in (Person.SPEAKING, Person.PAUSING):
            self.turn += 1
            effects.append(OpenUtterance(self.turn, event.began))
        # The client asks for the answer itself: whatever is recognised now is only written down.
        self.person = Person.SILENT
        return [
            *effects,
            CloseUtterance(self.turn, event.at, event.at),
            *self._drop_speculation(),
            *self._dispel_doubt(),
        ]

    def _partial_recognized(self, event: PartialRecognized) -> list[Effect]:
        if event.turn == self.turn and self.reply and self.reply.doubted and self.policy.interrupts(event.text):
            return self._interrupt(Interruption.TURN_DETECTED)
        return []

    def _utterance_drafted(self, event: UtteranceDrafted) -> list[Effect]:
        waiting = event.turn == self.turn and self.person in (Person.PAUSING, Person.DECIDING)
        wanted = self.policy.speculate and self.policy.answer and self.reply is None
        if not (waiting and wanted and words_of(event.text)):
            return []
        return [self._start(event.turn, speculative=True, draft=event.text)]

    def _utterance_recognized(self, event: UtteranceRecognized) -> list[Effect]:
        if event.turn == self._overtaken:
            return self._overtaken_recognized(event)
        if event.turn != self.turn or self.person is not Person.DECIDING:
            return []
        self.person = Person.SILENT
        reply = self.reply
        if reply and reply.doubted:
            if not self.policy.interrupts(event.text):
                return self._dispel_doubt()
            interrupted = self._interrupt(Interruption.TURN_DETECTED)
            return [*interrupted, *self._answer(event)]
        if reply and reply.speculative and self.policy.answer and same_words(reply.draft, event.text):
            self.reply, self._unanswered = replace(reply, speculative=False, draft=""), None
            return [ReleaseReply(reply.id)]
        return [*self._drop_speculation(), *self._answer(event)]

    def _overtaken_recognized(self, event: UtteranceRecognized) -> list[Effect]:
        # What follows may be noise: then this turn is answered after all, else one answer covers both.
        self._overtaken = None
        doubted = self.reply is not None and self.reply.doubted
        interrupts = doubted and self.policy.interrupts(event.text)
        effects = self._interrupt(Interruption.TURN_DETECTED) if interrupts else []
        return [*effects, *(self._answer(event) if interrupts or not doubted else [])]

    def _answer(self, event: UtteranceRecognized) -> list[Effect]:
        if self.policy.answer and words_of(event.text):
            self._unanswered = event.turn
        return self._answer_waiting()

    def _answer_waiting(self) -> list[Effect]:
        # A turn waits for the end of a reply and for silence; noises meanwhile do not make it forgotten.
        if self._unanswered is None or self.reply or self.person is not Person.SILENT:
            return []
        return [self._start(self._unanswered)]

    # --- The reply ----------------------------------------------------------------------------------------------------

    def _reply_requested(self) -> list[Effect]:
        effects = self._drop_speculation()
        if self.reply and self.reply.generated:
            # It is all sent and only still playing; the new answer is queued behind it at the player.
            effects += self._dispel_doubt()
            self.reply = None
        if self.reply:
            return effects
        return [*effects, self._start(None)]

    def _start(self, turn: int | None, *, speculative: bool = False, draft: str = "") -> StartReply:
        self._replies += 1
        if not speculative:
            self._unanswered = None
        self.reply = Reply(self._replies, turn, speculative, draft)
        return StartReply(self._replies, turn, speculative, draft)

    def _interrupt(self, reason: Interruption) -> list[Effect]:
        if self.reply is None:
            return []
        reply, self.reply = self.reply, None
        return [InterruptReply(reply.id, reason)]

    def _drop_speculation(self) -> list[Effect]:
        if self.reply is None or not self.reply.speculative:
            return []
        reply, self.reply = self.reply, None
        return [DropReply(reply.id)]

    def _dispel_doubt(self) -> list[Effect]:
        if self.reply is None or not self.reply.doubted:
            return []
        self.reply = replace(self.reply, doubted=False)
        return [ResumePlayback(self.reply.id)]

    def _reply_over(self, reply: int) -> list[Effect]:
        if self.reply is None or self.reply.id != reply:
            return []
        self.reply = None
        return self._answer_waiting()
