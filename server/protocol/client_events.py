"""What a client may send: JSON text → typed events, checked. Pure.

Lenient about what is not known (extra fields are ignored), strict about what is (types, ranges, required fields).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pipeline.errors import InvalidRequest
from pipeline.text.clean import clean
from server.errors import invalid_request
from server.json_text import check_structure, from_json
from server.protocol.refused_fields import OF_THE_BETA, check_refused

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Json = dict[str, Any]
PCM_RATES = (8_000, 16_000, 24_000, 48_000)
Instructions = Annotated[str, StringConstraints(max_length=200_000)]


class MessagePart(BaseModel):
    """The base of everything in a message: strict types, clean text, unknown fields ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def clean_text(cls, fields: Any) -> Any:
        """Texts without characters that cannot be kept or spoken, ids included. Audio is long, and no text."""
        if not isinstance(fields, dict):
            return fields
        texts = {name: clean(text) for name, text in fields.items() if isinstance(text, str) and name != "audio"}
        return fields | texts


class ContentPart(MessagePart):
    type: Literal["input_text", "input_audio", "output_text", "output_audio", "text", "audio"]
    text: str | None = Field(default=None, max_length=1_000_000)
    transcript: str | None = Field(default=None, max_length=1_000_000)
    audio: str | None = None

    @property
    def spoken(self) -> bool:
        """Whether it is something said, rather than written."""
        return self.type.endswith("audio")


class MessageItem(MessagePart):
    type: Literal["message"]
    role: Literal["user", "assistant", "system"]
    content: list[ContentPart] = Field(max_length=100)
    id: Id | None = None


class FunctionCallItem(MessagePart):
    type: Literal["function_call"]
    name: str = Field(max_length=200)
    arguments: str
    call_id: Id | None = None
    id: Id | None = None


class FunctionOutputItem(MessagePart):
    type: Literal["function_call_output"]
    call_id: Id
    output: str
    id: Id | None = None


class ItemReference(MessagePart):
    """Stands for an item of the conversation where an answer is given its input."""

    type: Literal["item_reference"]
    id: str


ClientItem: TypeAlias = MessageItem | FunctionCallItem | FunctionOutputItem
InputItem: TypeAlias = ClientItem | ItemReference


class FunctionTool(MessagePart):
    type: Literal["function"] = "function"
    name: str = Field(min_length=1, max_length=128)
    description: str = ""
    parameters: Json = Field(default_factory=dict)


Tools = Annotated[list[FunctionTool], Field(max_length=128)]


class FunctionChoice(MessagePart):
    """The function that must be called."""

    type: Literal["function"]
    name: str = Field(min_length=1, max_length=128)


ToolChoice: TypeAlias = Literal["none", "auto", "required"] | FunctionChoice
MaxTokens: TypeAlias = Annotated[int, Field(ge=1, le=65_536)] | Literal["inf"]
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]


class Format(MessagePart):
    """How audio is written. Only PCM has a rate."""

    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"] = "audio/pcm"
    rate: int | None = None

    @model_validator(mode="after")
    def check_rate(self) -> Format:
        if self.type == "audio/pcm":
            self.rate = self.rate or 24_000
            if self.rate not in PCM_RATES:
                raise ValueError(f"rate must be one of {', '.join(map(str, PCM_RATES))}")
        else:
            self.rate = None
        return self

    @property
    def samples_per_second(self) -> int:
        """Of the audio as it is decoded."""
        return self.rate or 8_000


class CustomVoice(MessagePart):
    id: str


class ResponseAudioOutput(MessagePart):
    voice: str | CustomVoice | None = None
    format: Format | None = None


class ResponseAudio(MessagePart):
    output: ResponseAudioOutput | None = None


class ResponseParams(MessagePart):
    """The overrides of one `response.create`."""

    output_modalities: list[Literal["audio", "text"]] | None = Field(default=None, min_length=1, max_length=1)
    instructions: Instructions | None = None
    tools: Tools | None = None
    tool_choice: ToolChoice | None = None
    max_output_tokens: MaxTokens | None = None
    metadata: Metadata | None = None
    conversation: Literal["auto", "none"] = "auto"
    input: list[Annotated[InputItem, Field(discriminator="type")]] | None = None
    audio: ResponseAudio | None = None


class SessionUpdate(MessagePart):
    session: Json


class Append(MessagePart):
    audio: str


class Commit(MessagePart):
    pass


class Clear(MessagePart):
    pass


class CreateItem(MessagePart):
    item: ClientItem = Field(discriminator="type")
    previous_item_id: str | None = None


class DeleteItem(MessagePart):
    item_id: str


class RetrieveItem(MessagePart):
    item_id: str


class TruncateItem(MessagePart):
    item_id: str
    content_index: int = Field(default=0, ge=0, le=0)
    audio_end_ms: int = Field(ge=0)


class CreateResponse(MessagePart):
    response: ResponseParams | None = None


class CancelResponse(MessagePart):
    response_id: str | None = None


class ClearOutput(MessagePart):
    pass


class Greet(MessagePart):
    """Extension: the character says its greeting; 0 is the first, then come the other ones of its file."""

    greeting: int = Field(default=0, ge=0)


class PlaybackReport(MessagePart):
    """Extension: how much of an item the client has played."""

    item_id: str
    played_ms: float = Field(ge=0)
    playing: bool = True
    last_event_id: str | None = None


class Acknowledge(MessagePart):
    """Extension: everything up to this event of the server's has arrived."""

    last_event_id: str


class Ping(MessagePart):
    """Extension: asks whether the server is still there; a browser sees none of the pings of the WebSocket."""


ClientEvent = (
    SessionUpdate
    | Append
    | Commit
    | Clear
    | CreateItem
    | DeleteItem
    | RetrieveItem
    | TruncateItem
    | CreateResponse
    | CancelResponse
    | ClearOutput
    | Greet
    | PlaybackReport
    | Acknowledge
    | Ping
)
"""Everything a client may send."""

EVENTS: Mapping[str, type[ClientEvent]] = {
    "session.update": SessionUpdate,
    "input_audio_buffer.append": Append,
    "input_audio_buffer.commit": Commit,
    "input_audio_buffer.clear": Clear,
    "conversation.item.create": CreateItem,
    "conversation.item.delete": DeleteItem,
    "conversation.item.retrieve": RetrieveItem,
    "conversation.item.truncate": TruncateItem,
    "response.create": CreateResponse,
    "response.cancel": CancelResponse,
    "output_audio_buffer.clear": ClearOutput,
    "kaikou.greet": Greet,
    "kaikou.playback": PlaybackReport,
    "kaikou.ack": Acknowledge,
    "kaikou.ping": Ping,
}

SAYS_ALL_IN: Mapping[type[ClientEvent], str] = {CreateResponse: "response", SessionUpdate: "session"}
"""Events that hold one object with everything they say."""

APPEND = "input_audio_buffer.append"


def parse_json(text: str | bytes) -> Json:
    """The message as an object. Raises `InvalidRequest` for anything else."""
    message = from_json(text, "The message")
    if not isinstance(message, dict):
        raise InvalidRequest("A message must be a JSON object with a 'type'.", code="invalid_json")
    return message


def event_id_of(message: Mapping[str, Any]) -> str | None:
    """The id that the client gave its message, for errors to refer to."""
    event_id = message.get("event_id")
    return event_id if isinstance(event_id, str) else None


def parse_event(message: Json) -> ClientEvent:
    """The message as an event. Raises `InvalidRequest` that names the field that is wrong."""
    if not isinstance(message.get("type"), str):
        raise InvalidRequest(
            "Every message needs a 'type' (a string).", code="missing_required_parameter", param="type"
        )
    if message["type"] == "transcription_session.update":
        text = 'The beta dialect is not spoken here: send session.update with session.type "transcription".'
        raise InvalidRequest(text, code="beta_api_shape_disabled", param="type")
    check_structure(message, "The message")
    kind = EVENTS.get(message["type"])
    if kind is None:
        raise InvalidRequest(f"There is no client event '{message['type'][:80]}'.", code="unknown_event", param="type")
    if inner := SAYS_ALL_IN.get(kind):
        check_misplaced(message, inner)
    check_refused(message, "item")
    check_refused(message, "response")
    try:
        return kind.model_validate(message)
    except ValidationError as error:
        raise invalid_request(error) from None


def check_misplaced(message: Json, inner: str) -> None:
    """Raises `InvalidRequest` for a field beside the object in which it would count."""
    known = {*ResponseParams.model_fields, *(path.partition(".")[2] for path in OF_THE_BETA)}
    for name in message:
        if name in known:
            text = f"Unknown parameter '{name}': it counts only inside of '{inner}'."
            raise InvalidRequest(text, code="unknown_parameter", param=name)
