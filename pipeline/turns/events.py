"""What can happen in a conversation and what to do about it: two closed unions of frozen dataclasses.

Events are facts and go into `Dialogue.receive`; effects are orders and come out of it. `turn` numbers the person's
utterances and `reply` the character's answers, each from 1 upwards within a session. Positions (`at`, `ended`) are
samples on the session's line at `LINE_RATE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pipeline.turns.interruption import Sound, Verdict

ORDINARY = Sound()

# --- Events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The person began to speak; `at` is where, a little before it was sure."""

    at: int


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The person fell silent at `ended`; whether the turn is over is not known yet."""

    at: int
    ended: int


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """Speech went on after `SpeechPaused`, within the same turn."""

    at: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The turn is over; the last voice was at `ended`."""

    at: int
    ended: int


@dataclass(frozen=True, slots=True)
class AudioCommitted:
    """The client ended the turn itself, whose audio begins at `began`; no answer was asked for yet."""

    began: int
    at: int


@dataclass(frozen=True, slots=True)
class AudioDiscarded:
    """The client threw the current audio away."""


@dataclass(frozen=True, slots=True)
class PartialRecognized:
    """The words of a turn so far; they may be revised. `sound` is the voice's, here and below."""

    turn: int
    text: str
    sound: Sound = ORDINARY


@dataclass(frozen=True, slots=True)
class UtteranceDrafted:
    """The words of a turn as they stand in a pause: final, unless the person goes on."""

    turn: int
    text: str
    sound: Sound = ORDINARY


@dataclass(frozen=True, slots=True)
class UtteranceRecognized:
    """The final words of a turn; empty if there were none, or if recognition `failed`."""

    turn: int
    text: str
    sound: Sound = ORDINARY
    failed: bool = False


@dataclass(frozen=True, slots=True)
class DoubtLasted:
    """A voice over the reply has had `voiced_ms` of sound and been silent for `silent_ms`; it may not be judged yet."""

    turn: int
    voiced_ms: int
    silent_ms: int


@dataclass(frozen=True, slots=True)
class IdleTimedOut:
    """Nothing was said since `began_ms` by anybody, for longer than the conversation allows."""

    began_ms: int


@dataclass(frozen=True, slots=True)
class ReplyRequested:
    """Somebody asked for an answer: a typed line, a client's `response.create`, a greeting."""


@dataclass(frozen=True, slots=True)
class ReplyCancelled:
    """The client asked the character to stop."""


@dataclass(frozen=True, slots=True)
class ReplyGenerated:
    """All of the reply's audio was sent; it may still be playing."""

    reply: int


@dataclass(frozen=True, slots=True)
class ReplyPlayed:
    """The person heard the reply to its end."""

    reply: int


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """An engine broke off the reply."""

    reply: int


Event: TypeAlias = (
    SpeechStarted
    | SpeechPaused
    | SpeechResumed
    | SpeechStopped
    | AudioCommitted
    | AudioDiscarded
    | PartialRecognized
    | UtteranceDrafted
    | UtteranceRecognized
    | DoubtLasted
    | IdleTimedOut
    | ReplyRequested
    | ReplyCancelled
    | ReplyGenerated
    | ReplyPlayed
    | ReplyFailed
)
"""Everything `Dialogue.receive` takes."""


# --- Effects ---------------------------------------------------------------------------------------------------------


class Interruption(StrEnum):
    """Why a reply was cut off, in the words of the wire protocol."""

    TURN_DETECTED = "turn_detected"
    CLIENT_CANCELLED = "client_cancelled"


@dataclass(frozen=True, slots=True)
class OpenUtterance:
    """Begin to recognise `turn` from `at` on."""

    turn: int
    at: int


@dataclass(frozen=True, slots=True)
class DraftUtterance:
    """Get the words of `turn` as they stand, in the hope that it is over."""

    turn: int


@dataclass(frozen=True, slots=True)
class CloseUtterance:
    """The turn's audio is complete: get its final words. `ended` is where the last voice was."""

    turn: int
    at: int
    ended: int


@dataclass(frozen=True, slots=True)
class DiscardUtterance:
    """Forget the turn's audio."""

    turn: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """The turn was no turn but this; the model need not know of it. None: it was one after all."""

    turn: int
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class TakeSilence:
    """The silence since `began_ms` is the person's turn: it becomes an item."""

    began_ms: int


@dataclass(frozen=True, slots=True)
class StartReply:
    """Ask the model for an answer to everything said so far (to the words `draft` of `turn`, if it is speculative).

    A speculative reply is prepared up to its audio and kept behind a gate: nothing of it is seen or heard.
    """

    reply: int
    turn: int | None
    speculative: bool = False
    draft: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseReply:
    """Send the speculative reply: the final words equal the draft."""

    reply: int


@dataclass(frozen=True, slots=True)
class DropReply:
    """The speculation was wrong: nobody will know of it."""

    reply: int


@dataclass(frozen=True, slots=True)
class InterruptReply:
    """Stop playback, model and synthesis; remember only what was heard."""

    reply: int
    reason: Interruption


@dataclass(frozen=True, slots=True)
class PausePlayback:
    """The person may be interrupting: be quiet until it is known."""

    reply: int


@dataclass(frozen=True, slots=True)
class ResumePlayback:
    """The voice was no interruption: play on from where it stopped."""

    reply: int


@dataclass(frozen=True, slots=True)
class ReportUnexpected:
    """An event of this kind did not fit what the person and the latest reply were doing; it changed nothing.

    The fields are few words of a closed set each, so that they can be counted.
    """

    event: str
    person: str
    reply: str


Effect: TypeAlias = (
    OpenUtterance
    | DraftUtterance
    | CloseUtterance
    | DiscardUtterance
    | SetAside
    | TakeSilence
    | StartReply
    | ReleaseReply
    | DropReply
    | InterruptReply
    | PausePlayback
    | ResumePlayback
    | ReportUnexpected
)
"""Everything `Dialogue.receive` returns."""
