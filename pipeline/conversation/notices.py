"""What a session tells its client, in order. The wire layer turns these into its protocol's events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pipeline.audio.samples import Samples
from pipeline.conversation.answer_parts import Modality
from pipeline.conversation.known import Known
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import Usage, VoiceChoice, WordTime
from pipeline.errors import KaikouError

ReplyStatus: TypeAlias = Literal["in_progress", "completed", "cancelled", "incomplete", "failed"]


@dataclass(frozen=True, slots=True)
class VoiceHeard:
    """The person began to speak; `item_id` is the item that the words will become."""

    item_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class VoiceEnded:
    """The turn is over."""

    item_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class AudioTaken:
    """The turn's audio became the item `item_id`."""

    item_id: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class SilenceLasted:
    """The person said nothing for as long as they may; that becomes the item `item_id`, without words."""

    item_id: str
    began_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class AudioDropped:
    """The turn's audio was thrown away: it will not become the item `item_id`, and nothing more is told of it."""

    item_id: str


@dataclass(frozen=True, slots=True)
class HearingFailed:
    """Something went wrong with the person's sound; told once while it goes on, and the session does, too."""

    error: KaikouError


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """An item of the person's, the client's or the character's entered the conversation. `done` if it is complete."""

    item: Item
    previous: str | None
    done: bool = True


@dataclass(frozen=True, slots=True)
class ItemLeft:
    """The conversation was full, and this item, one of its oldest, is no part of it any more.

    taken_back: it left because the model took back what it had said.
    """

    item_id: str
    taken_back: bool = False


@dataclass(frozen=True, slots=True)
class PartialText:
    """The words of a turn so far, whole. `part`: of which part of the item, here and below."""

    item_id: str
    text: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class Transcribed:
    """The final words of a turn and how much audio they took; how they sounded, and what else was heard."""

    item_id: str
    text: str
    language: str
    seconds: float
    emotion: str = ""
    sounds: tuple[str, ...] = ()
    part: int = 0


@dataclass(frozen=True, slots=True)
class TranscriptionFailed:
    item_id: str
    error: KaikouError
    part: int = 0


@dataclass(slots=True)
class ReplyRecord:
    """One answer as the client sees it. Text and usage grow until it is done.

    reason: why it was cancelled or left incomplete; in_conversation: whether it becomes part of the transcript.
    audio_format: as in `ResponseRequest`.
    """

    id: str
    modality: Modality
    voice: VoiceChoice
    in_conversation: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int | None = None
    audio_format: object = None
    status: ReplyStatus = "in_progress"
    reason: str = ""
    error: KaikouError | None = None
    items: list[Item] = field(default_factory=list)
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    reply: ReplyRecord


@dataclass(frozen=True, slots=True)
class ContextUsed:
    """What the model was shown for an answer beside what was said; told once an answer, and only if there is any."""

    reply_id: str
    parts: Sequence[Known]


@dataclass(frozen=True, slots=True)
class ReplyThinking:
    """The model thinks, or its server is still loading it, before it answers; or that is over."""

    reply: ReplyRecord
    state: Literal["thinking", "loading", "over"]


@dataclass(frozen=True, slots=True)
class ReplyItemStarted:
    """The reply's next item: a message or a function call. `previous` is None out of the conversation too."""

    reply: ReplyRecord
    index: int
    item: Item
    previous: str | None


@dataclass(frozen=True, slots=True)
class ReplyText:
    """The next piece of a message's text; it comes just before its audio does."""

    reply: ReplyRecord
    index: int
    item: Item
    delta: str


@dataclass(frozen=True, slots=True)
class ReplyAudio:
    """The next piece of a message's audio, at `rate` Hz; at most 80 ms."""

    reply: ReplyRecord
    index: int
    item: Item
    pcm: Samples
    rate: int


@dataclass(frozen=True, slots=True)
class ReplyWords:
    """Where the next words of a message sound, on the item's own line."""

    reply: ReplyRecord
    item: Item
    words: Sequence[WordTime]


@dataclass(frozen=True, slots=True)
class ReplyItemEnded:
    """`text` is what was sent of the item: all its deltas joined, or a call's arguments."""

    reply: ReplyRecord
    index: int
    item: Item
    text: str


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    reply: ReplyRecord


@dataclass(frozen=True, slots=True)
class PlaybackPaused:
    """Be quiet, but keep what is buffered."""

    item_id: str


@dataclass(frozen=True, slots=True)
class PlaybackResumed:
    item_id: str


@dataclass(frozen=True, slots=True)
class PlaybackStopped:
    """An item that was all sent, and only still playing, was interrupted; `heard_ms` of it was heard."""

    item_id: str
    heard_ms: int


@dataclass(frozen=True, slots=True)
class TurnTimed:
    """Where the turn's time went; sent at the first audio and again, complete, at the end."""

    timing: TurnTiming


@dataclass(slots=True)
class TurnTiming:
    """Marks of one turn in milliseconds after the end of the person's speech (or after a typed line was sent).

    Clock readings in seconds become marks by `mark`. A mark is None while, or if, its moment has not come.
    """

    reply_id: str
    item_id: str
    began: float
    speculative: bool = False
    status: str = ""
    turn_end: int | None = None
    recognized: int | None = None
    first_token: int | None = None
    first_audio: int | None = None
    last_audio: int | None = None

    def mark(self, name: str, now: float) -> None:
        """Set the mark `name` to the clock reading `now`, once."""
        if getattr(self, name) is None:
            setattr(self, name, max(0, round((now - self.began) * 1000)))


@dataclass(frozen=True, slots=True)
class Answered:
    """An event of the wire layer's own, kept in order with the rest: an acknowledgement, an error."""

    event: Mapping[str, Any]


Notice: TypeAlias = (
    Answered
    | VoiceHeard
    | VoiceEnded
    | AudioTaken
    | SilenceLasted
    | AudioDropped
    | HearingFailed
    | ItemAdded
    | ItemLeft
    | PartialText
    | Transcribed
    | TranscriptionFailed
    | ReplyStarted
    | ContextUsed
    | ReplyThinking
    | ReplyItemStarted
    | ReplyText
    | ReplyAudio
    | ReplyWords
    | ReplyItemEnded
    | ReplyEnded
    | PlaybackPaused
    | PlaybackResumed
    | PlaybackStopped
    | TurnTimed
)
"""Everything a session says."""
