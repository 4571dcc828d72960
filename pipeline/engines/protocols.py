"""What an engine is: one small protocol a role. The loop knows these shapes and never an engine's name.

A shared engine is made once and opens small streams that hold all state of one utterance or reply. An engine on this
machine is plain blocking Python, called on worker threads, one call at a time per stream; it must let go of the
interpreter lock or live in a process of its own, and release what it holds in `close` or `finally`. An engine that is a
network away is asynchronous: `open`, `accept`, `settle` and `probability` may be coroutine functions and `speak` an
asynchronous generator, and then run on the event loop, cancelled like any other task. Language models always are. Where
such an engine has an `aclose`, the server calls that instead of `close`, to give its connections back. Errors leave as
`EngineError`s.

Engines may be made and ended while conversations go on: a blocking one then on a thread, and tried with one call before it
gets a conversation. Its `close` comes when nobody uses it any more, though a call that was given up may still be in flight.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, TypeAlias

from pipeline.audio.samples import Samples
from pipeline.characters.character import Character
from pipeline.text.clean import clean
from pipeline.text.word_times import WordTime as WordTime

Role: TypeAlias = Literal["voice_detector", "turn_model", "recognizer", "chat_model", "synthesizer", "speech_model"]


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of a synthesiser. `language` is a BCP 47 primary tag; `gender` is "female", "male" or "neutral"."""

    id: str
    language: str
    gender: str = "neutral"
    label: str = ""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine declares about itself.

    languages: BCP 47 primary tags it can do; empty means any.
    rate: Hz of the samples it takes or gives; 0 where that means nothing.
    note: what a person should know (what it cannot do, what would be better); empty if nothing.
    clones: whether a synthesiser speaks like a given `VoiceSample`. styles: whether it follows `VoiceChoice.style`.
    times_words: whether it says where words sound. streams: whether partials, or audio, come before all is done.
    pitches: whether it follows `VoiceChoice.pitch`; what another one says is shifted behind it.
    wants_words: whether a blocking synthesiser is to be given "twenty dollars" where "$20" is written.
    proxy: the proxy that leads to an engine a network away, such as http://proxy.example:3128, without its login.
    """

    name: str
    role: Role
    languages: tuple[str, ...] = ()
    rate: int = 0
    voices: tuple[Voice, ...] = ()
    note: str = ""
    clones: bool = False
    styles: bool = False
    times_words: bool = False
    wants_words: bool = False
    pitches: bool = False
    streams: bool = True
    proxy: str = ""


# --- Voice detection -------------------------------------------------------------------------------------------------


class VoiceStream(Protocol):
    """The detector's memory of one session's audio."""

    def probability(self, window: Samples) -> float:
        """How likely the next `VoiceDetector.window` samples at 16 kHz are speech, 0 to 1. Fast enough to call inline."""


class VoiceDetector(Protocol):
    """One that judges many windows in hardly more time than one may have a second method, which is then called instead:

    `probabilities(streams, windows)`: as each stream's `probability` of its window, in one pass. No stream comes twice.
    """

    info: EngineInfo
    window: int

    def open(self) -> VoiceStream: ...
    def close(self) -> None: ...


# --- The end of a turn -----------------------------------------------------------------------------------------------


class TurnModel(Protocol):
    info: EngineInfo

    def probability(self, pcm: Samples) -> float | Awaitable[float]:
        """How likely the turn is over, 0 to 1, by its last seconds at 16 kHz (eight are given at most).

        They end within a pause. Calls stand alone and come from any thread.
        """

    def close(self) -> None: ...


# --- Recognition -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was understood. What an engine does not know stays empty.

    language: BCP 47 primary tag. emotion: one of `styles.Emotion`. sounds: what else was heard, names of
    `vocal_cues.SOUNDS`.
    """

    text: str
    language: str = ""
    emotion: str = ""
    sounds: tuple[str, ...] = ()
    words: tuple[WordTime, ...] = ()

    def clean(self) -> Recognition:
        """The same, with every text fit to be kept and sent on."""
        sounds = tuple(map(clean, self.sounds))
        words = tuple(replace(word, text=clean(word.text)) for word in self.words)
        return Recognition(clean(self.text), clean(self.language), clean(self.emotion), sounds, words)


class RecognizerStream(Protocol):
    """One utterance. Calls come from one thread at a time, and block or are coroutines."""

    def accept(self, pcm: Samples) -> str | Awaitable[str]:
        """Take the next samples at 16 kHz; return the partial text of the utterance so far (it may be revised)."""

    def settle(self, budget_s: float) -> Recognition | Awaitable[Recognition]:
        """The best text of all audio taken so far, within about `budget_s` seconds. The stream stays open for more."""

    def close(self) -> None:
        """Free everything. Idempotent; may be called from another thread, and ends a call in flight early."""


class Recognizer(Protocol):
    """One that does otherwise with a recording, which is there already, may have a method that is called for it:

    `open_recording(language)`: as `open`, but nobody reads partial texts, and `Recognition.words` are wanted.

    Another one that times words only at a cost may have one for talks in which the times are worth it:

    `open_timed(language)`: as `open`, and `Recognition.words` of what it settles on are wanted.
    """

    info: EngineInfo

    def open(self, language: str = "") -> RecognizerStream | Awaitable[RecognizerStream]:
        """Start an utterance. Raises `EngineBusy` or `EngineUnavailable`."""

    def close(self) -> None: ...


# --- Language model --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the prompt. `call_id` links a tool's output to its call."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may call. `parameters` is a JSON schema."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What the model is asked. `messages` begin with the system prompt; `character` is there for models that are scripted.

    tool_choice: "auto", "none", "required" or the name of a tool.
    language: BCP 47 primary tag the conversation is in. told: what the person said in earlier talks, word for word, and
    directed: what is to be said next, if a practice decides that; answer_first: after an answer to the person's last words.
    All of it stands in the messages as well, and is there for models that are scripted.
    """

    messages: Sequence[Message]
    character: Character | None = None
    language: str = "en"
    tools: Sequence[Tool] = ()
    tool_choice: str = "auto"
    max_tokens: int | None = None
    told: Sequence[str] = ()
    directed: str = ""
    answer_first: bool = False


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the reply's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A whole function call; `arguments` is JSON text. `id` has at most 32 characters."""

    id: str
    name: str
    arguments: str

    def clean(self) -> ToolCall:
        """The same, with every text fit to be kept and sent on."""
        return ToolCall(clean(self.id), clean(self.name), clean(self.arguments))


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply, as the model counts them.

    truncated: it stopped at `max_tokens`. filtered: its provider held the rest back.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    truncated: bool = False
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class Thinking:
    """No words, but the model is at work: it thinks, or, if `loading`, its server is still loading it."""

    loading: bool = False


@dataclass(frozen=True, slots=True)
class Retracted:
    """All text of the reply so far was no answer: it turned out to be a thought."""


ChatEvent: TypeAlias = TextDelta | ToolCall | Usage | Thinking | Retracted


class ChatModel(Protocol):
    """One that knows how many tokens its model can read and write together has a second property, `context_window`.

    It is None while that is unknown. See `context_window_of`.
    """

    info: EngineInfo

    def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Text as it is written, calls when complete, usage last; `Thinking` again and again while there is nothing to say.

        Closing the iterator cancels the request.
        """

    async def aclose(self) -> None: ...


def context_window_of(model: ChatModel) -> int | None:
    """The window of a model in tokens; None where that is unknown."""
    return getattr(model, "context_window", None) or None


# --- Synthesis -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class VoiceSample:
    """A few seconds of somebody's speech, for engines that can speak like it. `text`: its words, if they are known.

    Two are the same only if they are one object, since arrays of samples have no single truth of being equal.
    """

    pcm: Samples
    rate: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """Who shall speak, and how: one value from the settings of a conversation to the synthesiser.

    name: an id of the engine or any other name, which it maps to a voice it has.
    speed: 1.0 is natural; pitch: semitones up or down. style: a name of `styles.STYLES`, or empty.
    sample: whose voice to take instead of a named one, for an engine that clones.
    instructions: how to speak in the caller's own words, for an engine that is told in words; they come before a style's.
    """

    name: str = ""
    speed: float = 1.0
    pitch: float = 0.0
    style: str = ""
    sample: VoiceSample | None = None
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class SynthesisRequest:
    """One clause to speak. `language` is its BCP 47 primary tag."""

    text: str
    language: str = "en"
    voice: VoiceChoice = VoiceChoice()


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """At most 80 ms of audio at the engine's rate; `words` that begin in it, where the engine knows them."""

    pcm: Samples
    words: tuple[WordTime, ...] = ()


class Synthesizer(Protocol):
    info: EngineInfo

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk] | AsyncIterator[SpeechChunk]:
        """The clause's audio as it is made; closing the iterator cancels.

        A blocking one may have a method `cancel`, called on another thread while its next chunk is made: to end that soon.
        """

    def close(self) -> None: ...
