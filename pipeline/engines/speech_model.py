"""What a speech model is: one engine, a network away, that hears, thinks and speaks in place of three.

A shared `SpeechModel` opens one `SpeechLink` for each conversation: a connection that holds the model's own copy of it.
All of a link's methods are coroutines; each waits for a bounded time. When the connection is gone they raise
`EngineError`, `alive` is false, and another link must be opened and told the conversation anew.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pipeline.audio.samples import Samples
from pipeline.engines.protocols import EngineInfo, Message, Tool, ToolCall, Usage, VoiceChoice


@dataclass(frozen=True, slots=True)
class SpeechModelConfig:
    """What holds for every answer. `tool_choice` as in `ChatRequest`.

    voice: its name may be a wish such as "female-2"; a model may know no more of it than name and speed.
    """

    instructions: str = ""
    voice: VoiceChoice = VoiceChoice()
    language: str = "en"
    tools: Sequence[Tool] = ()
    tool_choice: str = "auto"
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class SpeechModelRequest:
    """One answer; None means: as the conversation is set.

    spoken: as audio, else as text. input: shown to the model instead of the conversation.
    in_conversation: whether the answer becomes part of the model's copy of it.
    """

    spoken: bool = True
    instructions: str | None = None
    tools: Sequence[Tool] | None = None
    tool_choice: str | None = None
    max_tokens: int | None = None
    input: Sequence[Message] | None = None
    in_conversation: bool = True


@dataclass(frozen=True, slots=True)
class TranscriptDelta:
    """A piece of what the message `item` says: the transcript of its audio, which comes at its own pace, or its text."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class AudioDelta:
    """A piece of the audio of the message `item`, of any length, at the model's rate."""

    item: str
    pcm: Samples


@dataclass(frozen=True, slots=True)
class MessageDone:
    """All of the message `item` is there."""

    item: str


@dataclass(frozen=True, slots=True)
class FunctionCallDone:
    """The item `item` is a function call."""

    item: str
    call: ToolCall


SpeechEvent: TypeAlias = TranscriptDelta | AudioDelta | MessageDone | FunctionCallDone | Usage


class SpeechLink(Protocol):
    """One connection. `run` must be running for anything else to end."""

    alive: bool
    """Whether the connection still stands."""
    uncommitted: bool
    """Whether audio was sent that is no item yet."""

    async def run(self) -> None:
        """Read what the model sends until the connection ends, or nothing happened on it for a long time."""

    async def configure(self, config: SpeechModelConfig) -> None:
        """Set the conversation up. A voice cannot change once it was heard: open another link then."""

    async def send_audio(self, pcm: Samples) -> None:
        """Send the next of the person's audio at `LINE_RATE`."""

    async def commit(self) -> str:
        """What was sent is a turn, at least 100 ms long: the id of the item it became."""

    async def clear(self) -> None:
        """Throw away what was sent and not committed."""

    async def heard(self, item: str, partial: Callable[[str], None]) -> str:
        """The words of a committed turn; `partial` is told them, whole, as they come. Empty if the model tells none."""

    async def add(self, id: str, message: Message, after: str | None) -> None:
        """Put an item into the conversation, at its end if `after` is None, first if it is "root".

        The message is text, or one function call, or (role "tool") a function's output.
        """

    async def remove(self, id: str) -> None:
        """Take an item out of the conversation."""

    async def truncate(self, id: str, heard_ms: int) -> None:
        """The person heard only so much of a spoken message; not more than there is."""

    def respond(self, request: SpeechModelRequest) -> AsyncGenerator[list[SpeechEvent], None]:
        """An answer: each time all that has come since, `Usage` last. Closing it cancels the answer."""

    async def aclose(self) -> None:
        """End the connection. Idempotent."""


class SpeechModel(Protocol):
    info: EngineInfo

    async def open(self) -> SpeechLink:
        """A fresh link without a conversation. Raises `EngineUnavailable`, `EngineTimeout` or `EngineBusy`."""

    async def aclose(self) -> None: ...
