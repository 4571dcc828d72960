"""What a conversation is set to, and what one answer may be asked to do differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.characters.character import Character
from pipeline.conversation.answer_parts import Made, Modality
from pipeline.conversation.known import Source
from pipeline.conversation.notices import TurnTiming
from pipeline.conversation.transcript import Item
from pipeline.engines.detection import Detection
from pipeline.engines.protocols import ChatModel, Recognizer, Synthesizer, Tool, TurnModel, VoiceChoice, VoiceDetector
from pipeline.engines.speech_model import SpeechModel
from pipeline.turns.dialogue import Policy
from pipeline.turns.endpoint import Endpointing


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines of a session; shared with every other session. `speech_model` can stand in for three of the others.

    `detection` takes the windows of all sessions to the voice detector.
    """

    voice_detector: VoiceDetector
    recognizer: Recognizer
    chat_model: ChatModel
    synthesizer: Synthesizer
    turn_model: TurnModel | None = None
    speech_model: SpeechModel | None = None
    detection: Detection = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "detection", Detection(self.voice_detector))


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """The changeable settings of a conversation.

    instructions: the system prompt. after: a reminder that the model reads before the person's last words.
    shortened: both in at most so many tokens, for a model with a small window; None: they stand as they are.
    character: for models that play from its file. language: BCP 47 primary tag.
    heard_language: likewise what the person speaks, if the client says that it is another; see `recognized`.
    endpointing: how turns are found; None leaves it to the client. policy: how they are taken.
    idle_timeout_ms: how long the person may say nothing after the character was heard, before it speaks again; None:
    for ever.
    by_speech_model: whether the speech model hears and answers, if there is one.
    narrated: whether the character's texts tell what happens between what is said; see `CharacterMarkup`.
    word_times: whether it is worth some time of the recogniser's to know when each word of the person's sounds.
    sources: who knows more than was said; it is shown to the language model beside the instructions.
    """

    instructions: str = ""
    after: str = ""
    shortened: Callable[[int], str] | None = field(default=None, compare=False)
    character: Character | None = None
    language: str = "en"
    heard_language: str | None = None
    voice: VoiceChoice = VoiceChoice()
    modality: Modality = "audio"
    tools: Sequence[Tool] = ()
    tool_choice: str = "auto"
    max_tokens: int | None = None
    endpointing: Endpointing | None = field(default_factory=Endpointing)
    policy: Policy = field(default_factory=Policy)
    idle_timeout_ms: int | None = None
    by_speech_model: bool = False
    narrated: bool = False
    word_times: bool = False
    sources: Sequence[Source] = ()

    @property
    def recognized(self) -> str:
        """The language that recognisers are to expect; empty: any."""
        return self.language if self.heard_language is None else self.heard_language


NO_LIMIT = 0
"""As `ResponseRequest.max_tokens`: as many tokens as the model likes, however the conversation is set."""


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """One answer that was asked for. None means: as the conversation is set.

    say: spoken as it stands, without a model. input: shown to the model instead of the conversation.
    in_conversation: whether the answer becomes part of it; if not, it may run beside another one.
    audio_format: the wire layer's own, which finds it in the answer's `ReplyRecord`.
    """

    say: str = ""
    instructions: str | None = None
    modality: Modality | None = None
    voice: VoiceChoice | None = None
    tools: Sequence[Tool] | None = None
    tool_choice: str | None = None
    max_tokens: int | None = None
    input: Sequence[Item] | None = None
    in_conversation: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)
    audio_format: object = None

    def instructed(self, config: SessionConfig) -> str:
        """The instructions of the answer."""
        return config.instructions if self.instructions is None else self.instructions

    def instructed_after(self, config: SessionConfig) -> str:
        """Those that stand late, with what is known; a client's own for this answer leave no others."""
        return config.after if self.instructions is None else ""

    def offered(self, config: SessionConfig) -> Sequence[Tool]:
        """The functions that the answer may call."""
        return config.tools if self.tools is None else self.tools

    def most_tokens(self, config: SessionConfig) -> int | None:
        """The most tokens that the answer may have; None: as many as the model likes."""
        return (config.max_tokens if self.max_tokens is None else self.max_tokens) or None


@dataclass(frozen=True, slots=True)
class Observer:
    """Who is told how a session goes: the operator's logs and metrics.

    turn: a turn was answered, with its timing; engine_failed: role and error; speculated: an answer was prepared in a
    pause, whether it was right, and how much was made of it; unexpected: an event did not fit the conversation, see
    `ReportUnexpected`.
    """

    turn: Callable[[TurnTiming], None] = lambda _timing: None
    engine_failed: Callable[[str, Exception], None] = lambda _role, _error: None
    speculated: Callable[[bool, Made], None] = lambda _right, _made: None
    unexpected: Callable[[str, str, str], None] = lambda _event, _person, _reply: None
