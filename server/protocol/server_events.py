"""What the server says: a session's notices → events of the realtime API. Pure but for the audio encoders' state.

Strict, since clients are: every event has an id, numbers of milliseconds are integers, optional keys are left out
rather than null.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from pipeline.conversation.notices import (
    Answered,
    AudioDropped,
    AudioTaken,
    ContextUsed,
    HearingFailed,
    ItemAdded,
    ItemLeft,
    Notice,
    PartialText,
    PlaybackPaused,
    PlaybackResumed,
    PlaybackStopped,
    ReplyAudio,
    ReplyEnded,
    ReplyItemEnded,
    ReplyItemStarted,
    ReplyRecord,
    ReplyStarted,
    ReplyText,
    ReplyThinking,
    ReplyWords,
    SilenceLasted,
    Transcribed,
    TranscriptionFailed,
    TurnTimed,
    TurnTiming,
    VoiceEnded,
    VoiceHeard,
)
from pipeline.conversation.transcript import Item, Part
from server.errors import openai_error
from server.protocol.audio_format import Encoder
from server.protocol.client_events import Format
from server.transports.transport import OutputAudio

Json = dict[str, Any]

EXTENSION_NOTICES = (
    ContextUsed,
    ReplyThinking,
    ReplyWords,
    TurnTimed,
    PlaybackPaused,
    PlaybackResumed,
    PlaybackStopped,
)
"""Told only to clients that asked for the extensions: the stock ones report events they do not know as errors."""


def new_event_id() -> str:
    """A fresh id for one event."""
    return f"event_{secrets.token_hex(8)}"


def error_event(error: Mapping[str, Any], event_id: str | None = None) -> Json:
    """The event that tells a client what it did wrong. `event_id` is the one it gave its message."""
    return {"type": "error", "error": {**error, "event_id": event_id}}


class ServerEvents:
    """The notices of one session in the words of the protocol.

    output_format, transcribes: follow the session object; extensions: whether the client asked for Kaikou's own events.
    """

    def __init__(self, conversation_id: str, output_format: Format, *, transcribes: bool, extensions: bool) -> None:
        self.output_format, self.transcribes = output_format, transcribes
        self._conversation_id, self._extensions = conversation_id, extensions
        self._encoders: dict[str, Encoder] = {}
        self._partials: dict[tuple[str, int], tuple[str, str]] = {}

    def of(self, notice: Notice) -> Iterator[Json | OutputAudio]:
        """The events that say `notice`, in order, with their ids; audio is left to the transport to write."""
        if isinstance(notice, ReplyAudio):
            yield self._audio(notice)
            return
        for event in self._say(notice):
            yield {"event_id": new_event_id(), **event}

    def _say(self, notice: Notice) -> Iterator[Json]:
        if isinstance(notice, EXTENSION_NOTICES):
            if self._extensions:
                yield _extension_event(notice)
            return
        match notice:
            case ReplyAudio():
                raise AssertionError("audio is no event by itself")
            case Answered():
                yield dict(notice.event)
            case VoiceHeard():
                yield {
                    "type": "input_audio_buffer.speech_started",
                    "audio_start_ms": notice.at_ms,
                    "item_id": notice.item_id,
                }
            case VoiceEnded():
                yield {
                    "type": "input_audio_buffer.speech_stopped",
                    "audio_end_ms": notice.at_ms,
                    "item_id": notice.item_id,
                }
            case AudioTaken():
                yield {
                    "type": "input_audio_buffer.committed",
                    "item_id": notice.item_id,
                    "previous_item_id": notice.previous,
                }
            case SilenceLasted():
                yield {
                    "type": "input_audio_buffer.timeout_triggered",
                    "audio_start_ms": notice.began_ms,
                    "audio_end_ms": notice.at_ms,
                    "item_id": notice.item_id,
                }
            case AudioDropped():
                self._partials.pop((notice.item_id, 0), None)
            case HearingFailed():
                yield error_event(openai_error(notice.error))
            case ItemAdded():
                yield from _item_added(notice)
            case ItemLeft():
                yield {"type": "conversation.item.deleted", "item_id": notice.item_id}
            case PartialText():
                yield from self._partial(notice)
            case Transcribed():
                yield from self._transcribed(notice)
            case TranscriptionFailed():
                yield from self._transcription_failed(notice)
            case ReplyStarted():
                yield {"type": "response.created", "response": self._response(notice.reply, in_progress=True)}
            case ReplyItemStarted():
                yield from _reply_item_started(notice)
            case ReplyText():
                yield _reply_text(notice)
            case ReplyItemEnded():
                self._encoders.pop(notice.item.id, None)
                yield from _reply_item_ended(notice)
            case ReplyEnded():
                yield {"type": "response.done", "response": self._response(notice.reply)}
            case _:
                assert_never(notice)

    # --- The person's words -------------------------------------------------------------------------------------------

    def _partial(self, notice: PartialText) -> Iterator[Json]:
        if self._extensions:
            yield {"type": "kaikou.partial", "item_id": notice.item_id, "text": notice.text}
        elif self.transcribes:
            # Deltas cannot be taken back, so only words that two partials agree on are sent.
            place = notice.item_id, notice.part
            before, sent = self._partials.get(place, ("", ""))
            stable = _common_words(before, notice.text)
            longer = stable.startswith(sent) and len(stable) > len(sent)
            self._partials[place] = (notice.text, stable if longer else sent)
            if longer:
                yield _transcription_delta(notice, stable[len(sent) :])

    def _transcribed(self, notice: Transcribed) -> Iterator[Json]:
        _, sent = self._partials.pop((notice.item_id, notice.part), ("", ""))
        if self._extensions and (notice.emotion or notice.sounds):
            yield _heard(notice)
        if not self.transcribes:
            return
        if notice.text.startswith(sent) and len(notice.text) > len(sent):
            yield _transcription_delta(notice, notice.text[len(sent) :])
        yield {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": notice.item_id,
            "content_index": notice.part,
            "transcript": notice.text,
            "usage": {"type": "duration", "seconds": round(notice.seconds, 3)},
        }

    def _transcription_failed(self, notice: TranscriptionFailed) -> Iterator[Json]:
        self._partials.pop((notice.item_id, notice.part), None)
        if self.transcribes:
            error = openai_error(notice.error)
            yield {
                "type": "conversation.item.input_audio_transcription.failed",
                "item_id": notice.item_id,
                "content_index": notice.part,
                "error": {key: error[key] for key in ("type", "code", "message")},
            }

    # --- The character's answer ---------------------------------------------------------------------------------------

    def _audio(self, notice: ReplyAudio) -> OutputAudio:
        encoder = self._encoders.get(notice.item.id)
        if encoder is None:
            encoder = self._encoders[notice.item.id] = Encoder(self._format_of(notice.reply), notice.rate)
        event = {
            "event_id": new_event_id(),
            "type": "response.output_audio.delta",
            "response_id": notice.reply.id,
            "item_id": notice.item.id,
            "output_index": notice.index,
            "content_index": 0,
        }
        return OutputAudio(event, encoder.encode(notice.pcm))

    def _format_of(self, reply: ReplyRecord) -> Format:
        return reply.audio_format if isinstance(reply.audio_format, Format) else self.output_format

    def _response(self, reply: ReplyRecord, *, in_progress: bool = False) -> Json:
        return {
            "object": "realtime.response",
            "id": reply.id,
            "status": "in_progress" if in_progress else reply.status,
            "status_details": None if in_progress else _status_details(reply),
            "output": [] if in_progress else [item_object(item, whole=True) for item in reply.items],
            "conversation_id": self._conversation_id if reply.in_conversation else None,
            "output_modalities": [reply.modality],
            "max_output_tokens": reply.max_tokens or "inf",
            "audio": {"output": {"format": format_object(self._format_of(reply)), "voice": reply.voice.name}},
            "usage": None if in_progress else _usage(reply),
            "metadata": dict(reply.metadata) or None,
        }


def format_object(format: Format) -> Json:
    """An audio format as clients know it; only PCM has a rate."""
    return {"type": format.type} | ({"rate": format.rate} if format.rate else {})


def item_object(item: Item, *, whole: bool = False) -> Json:
    """An item as clients know it; with the text that was sent, or the part of it that was heard."""
    return _item_object(item, item.whole if whole and item.whole is not None else item.text)


def _item_object(item: Item, text: str) -> Json:
    base: Json = {"id": item.id, "object": "realtime.item", "type": item.type, "status": item.status}
    match item.type:
        case "function_call":
            return base | {"call_id": item.call_id, "name": item.name, "arguments": text}
        case "function_call_output":
            return base | {"call_id": item.call_id, "output": text}
        case "message":
            return base | {"role": item.role, "content": _content(item, text)}
        case _:
            assert_never(item.type)


def _content(item: Item, text: str) -> list[Json]:
    if item.status == "in_progress":
        return []
    parts = item.parts or (Part(text if item.transcribed else "", item.spoken, item.transcribed),)
    return [_part(item.role, part) for part in parts]


def _part(role: str, part: Part) -> Json:
    whose = "output" if role == "assistant" else "input"
    if part.spoken:
        return {"type": f"{whose}_audio", "transcript": part.text if part.transcribed or part.text else None}
    return {"type": f"{whose}_text", "text": part.text}


def _item_added(notice: ItemAdded) -> Iterator[Json]:
    item = item_object(notice.item)
    yield {"type": "conversation.item.added", "previous_item_id": notice.previous, "item": item}
    if notice.done:
        yield {"type": "conversation.item.done", "previous_item_id": notice.previous, "item": item}


def _reply_item_started(notice: ReplyItemStarted) -> Iterator[Json]:
    item = {**_item_object(notice.item, ""), "status": "in_progress"}
    if notice.item.type == "message":
        item["content"] = []
    place = {"response_id": notice.reply.id, "output_index": notice.index}
    yield {"type": "response.output_item.added", **place, "item": item}
    if notice.reply.in_conversation:
        yield {"type": "conversation.item.added", "previous_item_id": notice.previous, "item": item}
    if notice.item.type == "message":
        part = {"type": "audio", "transcript": ""} if notice.item.spoken else {"type": "text", "text": ""}
        place |= {"item_id": notice.item.id, "content_index": 0}
        yield {"type": "response.content_part.added", **place, "part": part}


def _reply_text(notice: ReplyText) -> Json:
    place = {"response_id": notice.reply.id, "item_id": notice.item.id, "output_index": notice.index}
    if notice.item.type == "function_call":
        call = {"call_id": notice.item.call_id}
        return {"type": "response.function_call_arguments.delta", **place, **call, "delta": notice.delta}
    kind = "response.output_audio_transcript.delta" if notice.item.spoken else "response.output_text.delta"
    return {"type": kind, **place, "content_index": 0, "delta": notice.delta}


def _reply_item_ended(notice: ReplyItemEnded) -> Iterator[Json]:
    item, place = notice.item, {"response_id": notice.reply.id, "output_index": notice.index}
    here = {**place, "item_id": item.id}
    if item.type == "function_call":
        call = {"call_id": item.call_id, "name": item.name, "arguments": notice.text}
        yield {"type": "response.function_call_arguments.done", **here, **call}
    else:
        here["content_index"] = 0
        if item.spoken:
            part = {"type": "audio", "transcript": notice.text}
            yield {"type": "response.output_audio.done", **here}
            yield {"type": "response.output_audio_transcript.done", **here, "transcript": notice.text}
        else:
            part = {"type": "text", "text": notice.text}
            yield {"type": "response.output_text.done", **here, "text": notice.text}
        yield {"type": "response.content_part.done", **here, "part": part}
    done = _item_object(item, notice.text)
    if notice.reply.in_conversation:
        yield {"type": "conversation.item.done", "item": done}
    yield {"type": "response.output_item.done", **place, "item": done}


def _status_details(reply: ReplyRecord) -> Json | None:
    match reply.status:
        case "completed" | "in_progress":
            return None
        case "failed":
            error = openai_error(reply.error) if reply.error else {"type": "server_error", "code": None, "message": ""}
            return {"type": "failed", "error": {key: error[key] for key in ("type", "code", "message")}}
        case status:
            return {"type": status, "reason": reply.reason}


def _usage(reply: ReplyRecord) -> Json:
    usage, audio = reply.usage, 0
    return {
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "input_token_details": {"text_tokens": usage.input_tokens, "audio_tokens": audio, "cached_tokens": 0},
        "output_token_details": {"text_tokens": usage.output_tokens, "audio_tokens": audio},
    }


def _transcription_delta(notice: PartialText | Transcribed, delta: str) -> Json:
    kind = "conversation.item.input_audio_transcription.delta"
    return {"type": kind, "item_id": notice.item_id, "content_index": notice.part, "delta": delta}


def _common_words(one: str, other: str) -> str:
    """The words that both texts begin with, but for the last one heard, which is still being spoken."""
    common = 0
    for ours, theirs in zip(one.split(" "), other.split(" ")[:-1], strict=False):
        if ours != theirs:
            break
        common += len(ours) + 1
    return other[: max(0, common - 1)]


# --- Extensions --------------------------------------------------------------------------------------------------------


def _extension_event(
    notice: ContextUsed | ReplyThinking | ReplyWords | TurnTimed | PlaybackPaused | PlaybackResumed | PlaybackStopped,
) -> Json:
    match notice:
        case ContextUsed():
            used = [{"kind": part.kind, "id": part.id, "label": part.label} for part in notice.parts]
            return {"type": "kaikou.context", "response_id": notice.reply_id, "used": used}
        case ReplyThinking():
            return {"type": "kaikou.thinking", "response_id": notice.reply.id, "state": notice.state}
        case ReplyWords():
            words = [{"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms} for word in notice.words]
            return {"type": "kaikou.words", "response_id": notice.reply.id, "item_id": notice.item.id, "words": words}
        case TurnTimed():
            return {"type": "kaikou.timing", **timing_object(notice.timing)}
        case PlaybackPaused():
            return {"type": "kaikou.playback.pause", "item_id": notice.item_id}
        case PlaybackResumed():
            return {"type": "kaikou.playback.resume", "item_id": notice.item_id}
        case PlaybackStopped():
            place = {"item_id": notice.item_id, "content_index": 0}
            return {"type": "conversation.item.truncated", **place, "audio_end_ms": notice.heard_ms}
        case _:
            assert_never(notice)


def _heard(notice: Transcribed) -> Json:
    how = {"language": notice.language, "emotion": notice.emotion, "sounds": list(notice.sounds)}
    return {"type": "kaikou.heard", "item_id": notice.item_id, **how}


MARKS = ("turn_end", "recognized", "first_token", "first_audio", "last_audio")


def timing_object(timing: TurnTiming) -> Json:
    """Where a turn's time went, in milliseconds after the end of speech; marks that have not come are left out."""
    marks = {name: value for name in MARKS if (value := getattr(timing, name)) is not None}
    return {
        "response_id": timing.reply_id,
        "input_item_id": timing.item_id or None,
        "marks": {"speech_end": 0, **marks},
        "speculative": timing.speculative,
    }
