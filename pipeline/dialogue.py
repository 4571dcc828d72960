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
the realtime API expect; NEVER lets it run, and what was said is answered after it. CONFIRMED pauses it and has every
partial, draft and final text of the turn judged, until one is an interruption, or until the voice is over and was none.
Then the reply goes on and the turn is set aside: it gets no answer. If the person goes on after all, so does the doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Protocol, assert_never

from pipeline.events import (
    AudioCommitted,
    AudioDiscarded,
    CloseUtterance,
    DiscardUtterance,
    DoubtLasted,
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
    SetAside,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechStopped,
    StartReply,
    UtteranceDrafted,
    UtteranceRecognized,
)
from pipeline.interruption import Sound, Verdict, judge, same_words, words_of


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


class Judge(Protocol):
    """Says what a voice over a reply is; None, unless `final`, while it cannot be known yet."""

    def __call__(self, text: str, sound: Sound, *, final: bool) -> Verdict | None: ...


@dataclass(frozen=True, slots=True)
class Policy:
    """How turns are taken; may change between events.

    answer: whether a finished turn is answered without being asked. needs_words: only if it has words.
    speculate: whether to prepare an answer in a pause.
    judge: under CONFIRMED, what a voice over the reply is, by its words, its sound, and whether the words are final.
    doubt_ms: it was nothing if its silence lasts this long and its words are still not known.
    insist_ms: it is an interruption once there is so much of it, words or not.
    blip_ms: it was nothing if it lasted only this long and is over for twice as long.
    """

    answer: bool = True
    needs_words: bool = True
    barge_in: BargeIn = BargeIn.IMMEDIATE
    speculate: bool = False
    judge: Judge = judge
    doubt_ms: int = 1_200
    insist_ms: int = 2_000
    blip_ms: int = 64


@dataclass(frozen=True, slots=True)
class Dismissed:
    """A turn that was set aside, with the words it had then."""

    turn: int
    text: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer that is being prepared or heard. `over` is the latest turn that put it in doubt."""

    id: int
    turn: int | None
    speculative: bool = False
    draft: str = ""
    over: int | None = None
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
        self._dismissed: Dismissed | None = None

    @property
    def doubts(self) -> bool:
        """Whether the reply is paused for a voice that may or may not be an interruption."""
        return self.reply is not None and self.reply.doubted

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
                taken_up = self._take_up(self.turn)
                return [*self._drop_speculation(), *taken_up, *(self._doubt() if taken_up else [])]
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
            case DoubtLasted():
                return self._doubt_lasted(event)
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
                effects += self._doubt()
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
            *self._take_up(self.turn),
            *self._drop_speculation(),
            *self._dispel_doubt(),
        ]

    def _partial_recognized(self, event: PartialRecognized) -> list[Effect]:
        if event.turn != self.turn or self.person is Person.SILENT:
            return []
        return self._weigh(event, final=False)

    def _utterance_drafted(self, event: UtteranceDrafted) -> list[Effect]:
        if event.turn != self.turn or self.person not in (Person.PAUSING, Person.DECIDING):
            return []
        effects = self._weigh(event, final=True)
        wanted = self.policy.speculate and self.policy.answer and self.reply is None
        if not wanted or not words_of(event.text) or self._is_dismissed(event.turn):
            return effects
        return [*effects, self._start(event.turn, speculative=True, draft=event.text)]

    def _utterance_recognized(self, event: UtteranceRecognized) -> list[Effect]:
        if event.turn == self._overtaken:
            return self._overtaken_recognized(event)
        if event.turn != self.turn or self.person is not Person.DECIDING:
            return []
        self.person = Person.SILENT
        effects = self._weigh(event, final=True)
        reply = self.reply
        if self._is_dismissed(event.turn):
            return [*effects, *self._drop_speculation(), *self._answer_waiting()]
        if reply and reply.speculative and self.policy.answer and same_words(reply.draft, event.text):
            self.reply, self._unanswered = replace(reply, speculative=False, draft=""), None
            return [*effects, ReleaseReply(reply.id)]
        return [*effects, *self._drop_speculation(), *self._answer(event)]

    def _overtaken_recognized(self, event: UtteranceRecognized) -> list[Effect]:
        # What follows may be noise: then this turn is answered after all, else one answer covers both.
        self._overtaken = None
        effects = self._weigh(event, final=True)
        return effects if self._is_dismissed(event.turn) else [*effects, *self._answer(event)]

    def _answer(self, event: UtteranceRecognized) -> list[Effect]:
        # A turn whose words were lost is answered too: the character says that it could not hear.
        understood = event.failed or words_of(event.text) or not self.policy.needs_words
        if self.policy.answer and understood:
            self._unanswered = event.turn
        return self._answer_waiting()

    def _answer_waiting(self) -> list[Effect]:
        # A turn waits for the end of a reply and for silence; noises meanwhile do not make it forgotten.
        if self._unanswered is None or self.reply or self.person is not Person.SILENT:
            return []
        return [self._start(self._unanswered)]

    # --- A voice over the reply ---------------------------------------------------------------------------------------

    def _doubt(self) -> list[Effect]:
        if self.reply is None or self.reply.speculative or self.policy.barge_in is not BargeIn.CONFIRMED:
            return []
        paused = [] if self.reply.doubted else [PausePlayback(self.reply.id)]
        self.reply = replace(self.reply, over=self.turn, doubted=True)
        return list(paused)

    def _weigh(self, event: PartialRecognized | UtteranceDrafted | UtteranceRecognized, *, final: bool) -> list[Effect]:
        known = self._dismissed
        if known and known.turn == event.turn and same_words(known.text, event.text):
            return []
        verdict = self.policy.judge(event.text, event.sound, final=final)
        if self.reply is None or self.reply.over is None or event.turn > self.reply.over:
            # Of a voice beside no reply one thing must be known: whether it was the end of one.
            return self._set_aside(event.turn, event.text, verdict) if verdict is Verdict.ECHO else []
        if verdict is None:
            return []
        if verdict is Verdict.INTERRUPTION:
            return [*self._take_up(event.turn), *self._interrupt(Interruption.TURN_DETECTED)]
        return self._set_aside(event.turn, event.text, verdict)

    def _doubt_lasted(self, event: DoubtLasted) -> list[Effect]:
        if not self.doubts or event.turn != self.turn:
            return []
        if event.voiced_ms >= self.policy.insist_ms:
            return self._interrupt(Interruption.TURN_DETECTED)
        policy = self.policy
        blip = event.voiced_ms <= policy.blip_ms and event.silent_ms >= 2 * policy.blip_ms
        if self.person is Person.SPEAKING or not (blip or event.silent_ms >= policy.doubt_ms):
            return []
        return self._set_aside(event.turn, "", Verdict.NOISE)

    def _set_aside(self, turn: int, text: str, verdict: Verdict) -> list[Effect]:
        self._dismissed = Dismissed(turn, text, verdict)
        return [SetAside(turn, verdict), *(self._dispel_doubt() if turn == self.turn else [])]

    def _take_up(self, turn: int) -> list[Effect]:
        if not self._is_dismissed(turn):
            return []
        self._dismissed = None
        return [SetAside(turn, None)]

    def _is_dismissed(self, turn: int) -> bool:
        return self._dismissed is not None and self._dismissed.turn == turn

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
        # "Yes" over the last words of a question was its answer.
        late = self._dismissed and self._dismissed.verdict is Verdict.BACKCHANNEL and self.person is not Person.SILENT
        return [*(self._take_up(self.turn) if late else []), *self._answer_waiting()]
