"""The turn machine: who has the floor, and what that means for the reply. Pure: events in, effects out.

Theory of operation. Two things go on at once, so there are two small states rather than one large one.

The person (`Person`):

    SILENT ──SpeechStarted──▶ SPEAKING ◀──SpeechResumed── PAUSING
       ▲                          └──────SpeechPaused────────▲ │ SpeechStopped
       └────────────UtteranceRecognized──── DECIDING ◀─────────┘

    DECIDING: the turn is over and its final words are awaited. If the person speaks again first, the turn is *overtaken*,
    any number of turns one after the other; their words may come in any order. Nothing is answered before all of them
    are known: one answer covers the turns that hold words, and those that hold none change nothing.

The replies (`ReplyState`), in the order in which they are heard. Only the last may still be in the making: *speculative*
(prepared in a pause, behind the gate, and then the only one) or *released* (seen and heard). All before it are
*generated*: all sent, still playing, since a client may ask for the next one as soon as one is sent. A reply ends when
it was played, interrupted, dropped or failed. It is over when it was played, not when it was written: until then a
voice interrupts it, and all that are queued behind it.

What a voice does to released replies is the policy's `barge_in`: IMMEDIATE cuts them off at the first voice, as clients
of the realtime API expect; NEVER lets them run, and what was said is answered after them. CONFIRMED *doubts* them: it
pauses all and has every partial, draft and final text of the turn judged, until one is an interruption, or until the
voice is over and was none. Then the replies go on and the turn is set aside: it gets no answer. If the person goes on
after all, so does the doubt. A reply that is requested meanwhile waits with the others.

Some events come too late by nature, and return nothing: a partial or a draft of a turn that is over, the words of a turn
that the client committed itself, audio thrown away when nobody speaks. Every other event that does not fit changes
nothing and is reported (`ReportUnexpected`): it is a fault of the part that sent it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Protocol, assert_never

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
    ReportUnexpected,
    ResumePlayback,
    SetAside,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechStopped,
    StartReply,
    TakeSilence,
    UtteranceDrafted,
    UtteranceRecognized,
)
from pipeline.turns.interruption import Sound, Verdict, judge, same_words, words_of


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


class OverlapRule(Protocol):
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
    judge: OverlapRule = judge
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
class ReplyState:
    """An answer that is being prepared or heard."""

    id: int
    turn: int | None
    speculative: bool = False
    draft: str = ""
    generated: bool = False


class Dialogue:
    """The turn machine of one conversation. `person`, `replies` and `doubted` are its whole visible state.

    doubted: whether the replies are paused for a voice that may or may not be an interruption.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.person = Person.SILENT
        self.replies: tuple[ReplyState, ...] = ()
        self.doubted = False
        self.turn = 0
        self._started = 0
        self._over: int | None = None  # the latest turn that put the replies in doubt
        self._recognizing: frozenset[int] = frozenset()
        self._overtaken: frozenset[int] = frozenset()
        self._unanswered: int | None = None
        self._dismissed: Dismissed | None = None

    @property
    def reply(self) -> ReplyState | None:
        """The latest reply, which alone may still be in the making."""
        return self.replies[-1] if self.replies else None

    @property
    def at_rest(self) -> bool:
        """Whether nobody speaks, nothing is answered or heard, and no words are awaited that may be answered."""
        return self.person is Person.SILENT and not self.replies and not self._overtaken

    def receive(self, event: Event) -> list[Effect]:
        """Take one fact; return what is to be done, in order."""
        match event:
            case SpeechStarted():
                return self._speech_started(event)
            case SpeechPaused():
                return self._speech_paused(event)
            case SpeechResumed():
                return self._speech_resumed(event)
            case SpeechStopped():
                return self._speech_stopped(event)
            case AudioCommitted():
                return self._audio_committed(event)
            case AudioDiscarded():
                return self._audio_discarded()
            case PartialRecognized():
                return self._partial_recognized(event)
            case UtteranceDrafted():
                return self._utterance_drafted(event)
            case UtteranceRecognized():
                return self._utterance_recognized(event)
            case DoubtLasted():
                return self._doubt_lasted(event)
            case IdleTimedOut():
                return self._idle_timed_out(event)
            case ReplyRequested():
                return self._reply_requested(event)
            case ReplyCancelled():
                return self._reply_cancelled(event)
            case ReplyGenerated():
                return self._reply_generated(event)
            case ReplyPlayed() | ReplyFailed():
                return self._reply_over(event)
            case _:
                assert_never(event)

    def _unexpected(self, event: Event) -> list[Effect]:
        reply = "none"
        if last := self.reply:
            reply = "speculative" if last.speculative else "generated" if last.generated else "released"
        return [ReportUnexpected(type(event).__name__, self.person.value, reply)]

    # --- The person ---------------------------------------------------------------------------------------------------

    @property
    def _talking(self) -> bool:
        return self.person in (Person.SPEAKING, Person.PAUSING)

    def _speech_started(self, event: SpeechStarted) -> list[Effect]:
        if self._talking:
            return self._unexpected(event)
        if self.person is Person.DECIDING:
            self._overtaken |= {self.turn}
        self.person = Person.SPEAKING
        effects = [self._open(event.at), *self._drop_speculation()]
        match self.policy.barge_in:
            case BargeIn.IMMEDIATE:
                effects += self._interrupt(Interruption.TURN_DETECTED)
            case BargeIn.CONFIRMED:
                effects += self._doubt()
            case BargeIn.NEVER:
                pass
        return effects

    def _speech_paused(self, event: SpeechPaused) -> list[Effect]:
        if self.person is not Person.SPEAKING:
            return self._unexpected(event)
        self.person = Person.PAUSING
        return [DraftUtterance(self.turn)]

    def _speech_resumed(self, event: SpeechResumed) -> list[Effect]:
        if self.person is not Person.PAUSING:
            return self._unexpected(event)
        self.person = Person.SPEAKING
        taken_up = self._take_up(self.turn)
        return [*self._drop_speculation(), *taken_up, *(self._doubt() if taken_up else [])]

    def _speech_stopped(self, event: SpeechStopped) -> list[Effect]:
        if not self._talking:
            return self._unexpected(event)
        self.person = Person.DECIDING
        return [CloseUtterance(self.turn, event.at, event.ended)]

    def _audio_committed(self, event: AudioCommitted) -> list[Effect]:
        effects = [] if self._talking else [self._open(event.began)]
        # The client asks for the answer itself: whatever is recognised now is only written down.
        self.person, self._overtaken = Person.SILENT, frozenset()
        return [
            *effects,
            CloseUtterance(self.turn, event.at, event.at),
            *self._take_up(self.turn),
            *self._drop_speculation(),
            *self._dispel_doubt(),
        ]

    def _audio_discarded(self) -> list[Effect]:
        if not self._talking:
            return []
        self.person = Person.SILENT
        self._recognizing -= {self.turn}
        effects = [*self._drop_speculation(), *self._dispel_doubt(), *self._answer_waiting()]
        return [DiscardUtterance(self.turn), *effects]

    def _open(self, at: int) -> Effect:
        self.turn += 1
        self._recognizing |= {self.turn}
        return OpenUtterance(self.turn, at)

    def _partial_recognized(self, event: PartialRecognized) -> list[Effect]:
        if event.turn not in self._recognizing:
            return self._unexpected(event)
        if event.turn != self.turn or self.person is Person.SILENT:
            return []
        return self._weigh(event, final=False)

    def _utterance_drafted(self, event: UtteranceDrafted) -> list[Effect]:
        if not 0 < event.turn <= self.turn:
            return self._unexpected(event)
        if event.turn != self.turn or self.person not in (Person.PAUSING, Person.DECIDING):
            return []
        effects = self._weigh(event, final=True)
        # What is prepared before the words of overtaken turns are known would not answer those.
        wanted = self.policy.speculate and self.policy.answer and not self.replies and not self._overtaken
        if not wanted or not words_of(event.text) or self._is_dismissed(event.turn):
            return effects
        return [*effects, self._start(event.turn, speculative=True, draft=event.text)]

    def _utterance_recognized(self, event: UtteranceRecognized) -> list[Effect]:
        going_on = event.turn == self.turn and self._talking
        if event.turn not in self._recognizing or going_on:
            return self._unexpected(event)
        self._recognizing -= {event.turn}
        if event.turn in self._overtaken:
            self._overtaken -= {event.turn}
            effects = self._weigh(event, final=True)
            return [*effects, *(self._answer_waiting() if self._is_dismissed(event.turn) else self._answer(event))]
        if event.turn != self.turn or self.person is not Person.DECIDING:
            return []
        self.person = Person.SILENT
        effects = self._weigh(event, final=True)
        reply = self.reply
        if self._is_dismissed(event.turn):
            return [*effects, *self._drop_speculation(), *self._answer_waiting()]
        if reply and reply.speculative and self.policy.answer and same_words(reply.draft, event.text):
            self.replies, self._unanswered = (replace(reply, speculative=False, draft=""),), None
            return [*effects, ReleaseReply(reply.id)]
        return [*effects, *self._drop_speculation(), *self._answer(event)]

    def _answer(self, event: UtteranceRecognized) -> list[Effect]:
        # A turn whose words were lost is answered too: the character says that it could not hear.
        understood = event.failed or words_of(event.text) or not self.policy.needs_words
        if self.policy.answer and understood:
            self._unanswered = max(event.turn, self._unanswered or 0)
        return self._answer_waiting()

    def _answer_waiting(self) -> list[Effect]:
        # A turn waits for the end of the replies, for silence, and for the words of all turns before it; noises
        # meanwhile do not make it forgotten.
        if self._unanswered is None or not self.at_rest:
            return []
        return [self._start(self._unanswered)]

    # --- A voice over the replies -------------------------------------------------------------------------------------

    def _doubt(self) -> list[Effect]:
        if self.reply is None or self.reply.speculative or self.policy.barge_in is not BargeIn.CONFIRMED:
            return []
        paused = [] if self.doubted else [PausePlayback(reply.id) for reply in self.replies]
        self.doubted, self._over = True, self.turn
        return list(paused)

    def _weigh(self, event: PartialRecognized | UtteranceDrafted | UtteranceRecognized, *, final: bool) -> list[Effect]:
        known = self._dismissed
        if known and known.turn == event.turn and same_words(known.text, event.text):
            return []
        verdict = self.policy.judge(event.text, event.sound, final=final)
        if self._over is None or event.turn > self._over:
            # Over no reply a voice interrupts nothing, but it may be the echo of the reply that has just ended.
            return self._set_aside(event.turn, event.text, verdict) if verdict is Verdict.ECHO else []
        if verdict is None:
            return []
        if verdict is Verdict.INTERRUPTION:
            return [*self._take_up(event.turn), *self._interrupt(Interruption.TURN_DETECTED)]
        return self._set_aside(event.turn, event.text, verdict)

    def _doubt_lasted(self, event: DoubtLasted) -> list[Effect]:
        if not self.doubted or event.turn != self.turn:
            return self._unexpected(event)
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

    # --- The replies --------------------------------------------------------------------------------------------------

    def _idle_timed_out(self, event: IdleTimedOut) -> list[Effect]:
        if not self.at_rest:
            return self._unexpected(event)
        return [TakeSilence(event.began_ms), self._start(None)]

    def _reply_requested(self, event: ReplyRequested) -> list[Effect]:
        effects = self._drop_speculation()
        if self.reply and not self.reply.generated:
            return self._unexpected(event)
        # What is all sent and only still playing goes on; the new answer is queued behind it at the player.
        start = self._start(None)
        return [*effects, start, *([PausePlayback(start.reply)] if self.doubted else [])]

    def _reply_cancelled(self, event: ReplyCancelled) -> list[Effect]:
        if not self.replies:
            return self._unexpected(event)
        self._unanswered = None
        return [*self._drop_speculation(), *self._interrupt(Interruption.CLIENT_CANCELLED)]

    def _reply_generated(self, event: ReplyGenerated) -> list[Effect]:
        if self.reply is None or self.reply.id != event.reply:
            return self._unexpected(event)
        self.replies = (*self.replies[:-1], replace(self.reply, generated=True))
        return []

    def _start(self, turn: int | None, *, speculative: bool = False, draft: str = "") -> StartReply:
        self._started += 1
        if not speculative:
            self._unanswered = None
        self.replies += (ReplyState(self._started, turn, speculative, draft),)
        return StartReply(self._started, turn, speculative, draft)

    def _interrupt(self, reason: Interruption) -> list[Effect]:
        interrupted = self.replies
        self._keep(())
        return [InterruptReply(reply.id, reason) for reply in interrupted]

    def _drop_speculation(self) -> list[Effect]:
        if self.reply is None or not self.reply.speculative:
            return []
        dropped = self.reply
        self._keep(self.replies[:-1])
        return [DropReply(dropped.id)]

    def _dispel_doubt(self) -> list[Effect]:
        resumed = self.replies if self.doubted else ()
        self.doubted = False
        return [ResumePlayback(reply.id) for reply in resumed]

    def _reply_over(self, event: ReplyPlayed | ReplyFailed) -> list[Effect]:
        left = tuple(reply for reply in self.replies if reply.id != event.reply)
        if left == self.replies:
            return self._unexpected(event)
        self._keep(left)
        if left:
            return []
        # "Yes" over the last words of a question was its answer.
        late = self._dismissed and self._dismissed.verdict is Verdict.BACKCHANNEL and self.person is not Person.SILENT
        return [*(self._take_up(self.turn) if late else []), *self._answer_waiting()]

    def _keep(self, replies: tuple[ReplyState, ...]) -> None:
        """Keep only these replies; without any, end the doubt."""
        self.replies = replies
        if not replies:
            self.doubted, self._over = False, None
