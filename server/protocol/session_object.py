"""The session object of the realtime API: defaults, partial updates, and what they mean to the pipeline. Pure.

An update is merged into the object and the result is checked as a whole before it counts, so a rejected update changes
nothing and what is echoed is always well formed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, ValidationError, model_validator

from pipeline.characters.character import Character, text_in
from pipeline.characters.stage_directions import is_narrated
from pipeline.conversation.config import SessionConfig
from pipeline.engines.protocols import Tool, VoiceChoice
from pipeline.errors import InvalidRequest
from pipeline.practice.practice import Practice
from pipeline.prompt.sources import Source
from pipeline.prompt.system_prompt import SystemPrompt, composed
from pipeline.turns.dialogue import BargeIn, Policy
from pipeline.turns.endpoint import Endpointing
from pipeline.turns.wait import WORDS_MS, Eagerness, Waits, adaptive_wait, fixed_wait
from server.errors import invalid_request
from server.protocol.client_events import (
    Format,
    FunctionTool,
    Instructions,
    MaxTokens,
    MessagePart,
    ToolChoice,
    Tools,
)
from server.protocol.in_practice import in_practice
from server.protocol.refused_fields import check_refused

REPLACED_WHOLE = frozenset({"turn_detection", "transcription", "format", "noise_reduction", "tool_choice"})
"""Objects that an update replaces rather than merges into."""


class TranscriptionConfig(MessagePart):
    model: str | None = None
    language: str | None = None
    languages: list[str] | None = None
    prompt: str | None = None
    keywords: list[str] | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class NoiseReduction(MessagePart):
    type: Literal["near_field", "far_field"] | None = None
    strength: float | None = Field(default=None, ge=0, le=1)


class ServerVad(MessagePart):
    type: Literal["server_vad"] = "server_vad"
    threshold: float = Field(default=0.5, ge=0, le=1)
    prefix_padding_ms: int = Field(default=300, ge=0, le=5_000)
    silence_duration_ms: int = Field(default=500, ge=0, le=30_000)
    idle_timeout_ms: int | None = Field(default=None, ge=5_000, le=30_000)
    create_response: bool = True
    interrupt_response: bool = True


class SemanticVad(MessagePart):
    type: Literal["semantic_vad"] = "semantic_vad"
    eagerness: Eagerness = "auto"
    create_response: bool = True
    interrupt_response: bool = True


class AudioInput(MessagePart):
    format: Format = Format()
    transcription: TranscriptionConfig | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: Annotated[ServerVad | SemanticVad, Field(discriminator="type")] | None = SemanticVad()


class AudioOutput(MessagePart):
    format: Format = Format()
    voice: str = ""
    speed: float = Field(default=1.0, ge=0.25, le=1.5)

    @model_validator(mode="before")
    @classmethod
    def voice_by_id(cls, value: Any) -> Any:
        # A custom voice comes as {"id": …}; strict clients accept only a string back.
        if isinstance(value, dict) and isinstance(voice := value.get("voice"), dict):
            return {**value, "voice": voice.get("id")}
        return value


class Audio(MessagePart):
    input: AudioInput = AudioInput()
    output: AudioOutput = AudioOutput()


class Extension(MessagePart):
    """What Kaikou adds: who is talked to, in which language, and whether the person agrees to be recorded.

    draft: a character of the person's own, to be talked to as it is being edited; it wins over `character`.
    practice: the id of a practice of the person's own that is talked now, which says what comes next.
    """

    character: str | None = None
    draft: str | None = None
    language: str | None = Field(default=None, pattern="^[a-z]{2,3}$")
    barge_in: Literal["immediate", "confirmed"] = "immediate"
    record: bool = False
    practice: str | None = Field(default=None, max_length=64)


SessionType: TypeAlias = Literal["realtime", "transcription"]
"""A conversation, or words alone: of what is said, nothing is answered."""


class SessionObject(MessagePart):
    """A whole session object, as it is echoed. Of one for transcription only `audio.input` matters, and the language."""

    type: SessionType = "realtime"
    output_modalities: list[Literal["audio", "text"]] = Field(default=["audio"], min_length=1, max_length=1)
    instructions: Instructions | None = None
    tools: Tools = Field(default_factory=list)
    tool_choice: ToolChoice = "auto"
    max_output_tokens: MaxTokens = "inf"
    audio: Audio = Audio()
    kaikou: Extension = Extension()


def with_character(session: SessionObject, character: str, language: str) -> SessionObject:
    """The session with this character, in this language."""
    who = session.kaikou.model_copy(update={"character": character, "draft": None, "language": language})
    return session.model_copy(update={"kaikou": who})


OF_ANSWERS = frozenset({"create_response", "interrupt_response", "idle_timeout_ms"})
"""What of the turn detection means nothing where nobody answers."""

ONLY_WRITE_DOWN = Policy(answer=False, barge_in=BargeIn.NEVER)
"""How turns are taken where nobody answers."""


def updated(current: SessionObject, changes: Mapping[str, Any], *, typed: bool = True) -> SessionObject:
    """`current` with the present keys of `changes`. Raises `InvalidRequest` naming the field; `typed` demands its type."""
    check_refused({"session": changes}, "session")
    kind = changes.get("type")
    if (typed and kind is None) or kind not in (None, "realtime", "transcription"):
        raise InvalidRequest(
            'Missing or unknown \'session.type\': send "realtime" or "transcription".',
            code="missing_required_parameter" if kind is None else "invalid_value",
            param="session.type",
        )
    try:
        merged = _merge(current.model_dump(exclude_unset=True), changes)
        return SessionObject.model_validate(merged)
    except ValidationError as error:
        raise invalid_request(error, "session") from None


def _merge(current: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(current)
    for key, value in changes.items():
        if isinstance(value, dict) and key not in REPLACED_WHOLE:
            known = merged.get(key)
            merged[key] = _merge(known if isinstance(known, dict) else {}, value)
        else:
            merged[key] = value
    return merged


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the server's settings say where the client says nothing.

    by_speech_model: whether a speech model hears and answers for a character. styles: whether the voice follows style marks.
    language_model: whether answers are written, and not picked from the character's file.
    """

    endpointing: Endpointing
    silence_ms: int = 500
    speculate: bool = True
    waits: Waits = Waits()
    by_speech_model: Callable[[Character], bool] = lambda _character: False
    styles: bool = False
    language_model: bool = False


def config_of(
    session: SessionObject,
    character: Character,
    defaults: Defaults,
    sources: Sequence[Source] = (),
    practice: Practice | None = None,
) -> SessionConfig:
    """What the session object means. The client's instructions win over the character's, over a practice, and over what
    `sources` know."""
    config = _config_of(session, character, defaults, sources)
    if practice is None or session.type == "transcription" or session.instructions is not None:
        return config
    detection = session.audio.input.turn_detection
    free = isinstance(detection, SemanticVad) and detection.eagerness == "auto"
    heard = session.audio.input.transcription
    heard_as = bool(heard and heard.language)
    return in_practice(config, practice, wait_ms=free, any_language=not heard_as, styles=_styles(session, defaults))


def _styles(session: SessionObject, defaults: Defaults) -> bool:
    """Whether the model may set style marks."""
    return defaults.styles and session.output_modalities == ["audio"]


def _config_of(
    session: SessionObject, character: Character, defaults: Defaults, sources: Sequence[Source] = ()
) -> SessionConfig:
    language = _language(session, character)
    detection, output = session.audio.input.turn_detection, session.audio.output
    transcribing = session.type == "transcription"
    by_speech_model = not transcribing and defaults.by_speech_model(character)
    styles = _styles(session, defaults) and not by_speech_model
    told = _prompt(session, character, language, styles)
    return SessionConfig(
        instructions=told.text,
        after=told.after,
        shortened=None if session.instructions is not None else partial(_shortened, character, language, styles),
        character=character,
        language=language,
        heard_language=_heard_language(session),
        voice=_voice(output, character, language),
        modality=session.output_modalities[0],
        tools=tools_of(session.tools),
        tool_choice=tool_choice_of(session.tool_choice),
        max_tokens=None if session.max_output_tokens == "inf" else session.max_output_tokens,
        endpointing=_endpointing(detection, defaults),
        idle_timeout_ms=None if transcribing else _idle_timeout_ms(detection),
        policy=ONLY_WRITE_DOWN if transcribing else _policy(detection, session.kaikou, defaults),
        by_speech_model=by_speech_model,
        narrated=is_narrated(character),
        sources=() if transcribing or session.instructions is not None else sources,
    )


def _prompt(session: SessionObject, character: Character, language: str, styles: bool) -> SystemPrompt:
    if session.instructions is not None:
        return SystemPrompt(session.instructions)
    return composed(character, language, styles=styles)


def _shortened(character: Character, language: str, styles: bool, tokens: int) -> str:
    told = composed(character, language, styles=styles, tokens=tokens)
    return "\n\n".join(filter(None, (told.text, told.after)))


def _voice(output: AudioOutput, character: Character, language: str) -> VoiceChoice:
    """A speed that the client names wins over the character's; another voice is not the one that its pitch was made for."""
    speed = output.speed if "speed" in output.model_fields_set else character.speed
    pitch = 0.0 if output.voice else character.pitch
    return VoiceChoice(output.voice or text_in(character.voice, language), speed, pitch)


def _language(session: SessionObject, character: Character) -> str:
    """The conversation's; for words alone the one that is known of them, or empty: the recogniser's guess."""
    if session.kaikou.language or session.type == "realtime":
        return session.kaikou.language or character.default_language
    return _heard_language(session) or ""


def _heard_language(session: SessionObject) -> str | None:
    transcription = session.audio.input.transcription
    language = transcription.language if transcription else None
    return language.partition("-")[0].lower() if language else None


def tools_of(tools: list[FunctionTool]) -> tuple[Tool, ...]:
    """The functions the model may call."""
    return tuple(Tool(tool.name, tool.description, tool.parameters) for tool in tools)


def tool_choice_of(choice: ToolChoice) -> str:
    """ "auto", "none", "required" or a function's name."""
    return choice if isinstance(choice, str) else choice.name


def transcription_object(session: SessionObject, defaults: Defaults) -> dict[str, Any]:
    """What is echoed of a session for transcription, but for its id. There are no answers to detect turns for."""
    audio = session.audio.input
    detection = detection_object(audio.turn_detection, defaults)
    return {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "audio": {
            "input": {
                "format": audio.format.model_dump(exclude_none=True),
                "transcription": audio.transcription.model_dump(exclude_unset=True) if audio.transcription else {},
                "noise_reduction": audio.noise_reduction and audio.noise_reduction.model_dump(exclude_none=True),
                "turn_detection": detection and {key: detection[key] for key in detection if key not in OF_ANSWERS},
            }
        },
    }


def detection_object(detection: ServerVad | SemanticVad | None, defaults: Defaults) -> dict[str, Any] | None:
    """How turns are found, as it is echoed."""
    match detection:
        case ServerVad():
            return {**detection.model_dump(), "silence_duration_ms": _silence_ms(detection, defaults)}
        case SemanticVad():
            return detection.model_dump()
        case None:
            return None


def _silence_ms(detection: ServerVad, defaults: Defaults) -> int:
    given = "silence_duration_ms" in detection.model_fields_set
    return detection.silence_duration_ms if given else defaults.silence_ms


def _endpointing(detection: ServerVad | SemanticVad | None, defaults: Defaults) -> Endpointing | None:
    match detection:
        case None:
            return None
        case ServerVad():
            return replace(
                defaults.endpointing,
                threshold=detection.threshold,
                prefix_ms=detection.prefix_padding_ms,
                wait_ms=fixed_wait(_silence_ms(detection, defaults)),
            )
        case SemanticVad():
            wait_ms = adaptive_wait(detection.eagerness, defaults.waits)
            return replace(defaults.endpointing, wait_ms=wait_ms, by_sound=True, words_ms=WORDS_MS)


def _idle_timeout_ms(detection: ServerVad | SemanticVad | None) -> int | None:
    """By the specification a model that may neither answer nor be interrupted never speaks by itself."""
    if isinstance(detection, ServerVad) and (detection.create_response or detection.interrupt_response):
        return detection.idle_timeout_ms
    return None


def _policy(detection: ServerVad | SemanticVad | None, extension: Extension, defaults: Defaults) -> Policy:
    if detection is None:
        return ONLY_WRITE_DOWN
    barge_in = BargeIn(extension.barge_in) if detection.interrupt_response else BargeIn.NEVER
    return Policy(answer=detection.create_response, barge_in=barge_in, speculate=defaults.speculate)
