"""One notice of every kind, items for them, and the events that tell a client of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.audio.samples import Samples
from pipeline.conversation.known import Known
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
from pipeline.engines.protocols import Usage, VoiceChoice, WordTime
from pipeline.errors import EngineBusy, InvalidRequest
from server.errors import openai_error
from server.protocol.client_events import Format
from server.protocol.server_events import ServerEvents, error_event
from server.transports.transport import OutputAudio
from server.transports.websocket import audio_event

Json = dict[str, Any]

PCM = Format(rate=16_000)


def events(*, transcribes: bool = True, extensions: bool = False, format: Format = PCM) -> ServerEvents:
    return ServerEvents("conv_1", format, transcribes=transcribes, extensions=extensions)


def written(event: Json | OutputAudio) -> Json:
    """An event as the WebSocket writes it."""
    return dict(json.loads(audio_event(event))) if isinstance(event, OutputAudio) else event


def said(by: ServerEvents, *notices: Notice) -> list[Json]:
    """The events of notices, without their ids, which must be there and differ."""
    made = [written(event) for notice in notices for event in by.of(notice)]
    ids = [event.pop("event_id") for event in made]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("event_[0-9a-f]{16}", id) for id in ids)
    return made


def user(text: str = "", **fields: Any) -> Item:
    return Item("item_1", text=text, **fields)


def spoken_by_user(text: str = "", *, transcribed: bool = True) -> Item:
    return user(text, spoken=True, transcribed=transcribed)


def message(text: str = "", *, spoken: bool = True, status: Any = "in_progress", **fields: Any) -> Item:
    return Item("item_2", role="assistant", status=status, text=text, spoken=spoken, **fields)


def call(arguments: str = "", status: Any = "in_progress") -> Item:
    return Item("item_3", "function_call", "assistant", status, arguments, call_id="call_1", name="look_up")


def reply(*items: Item, **fields: Any) -> ReplyRecord:
    return ReplyRecord("resp_1", fields.pop("modality", "audio"), VoiceChoice("marin"), items=list(items), **fields)


def tone(samples: int) -> Samples:
    return (1_000 * np.sin(np.arange(samples) / 10)).astype(np.int16)


def spoken_reply() -> Iterator[Notice]:
    """The notices of a spoken reply, each made when its moment comes, since items grow."""
    item = message()
    record = reply()
    yield ReplyStarted(record)
    record.items.append(item)
    yield ReplyItemStarted(record, 0, item, "item_1")
    item.text = "Good morning."
    yield ReplyText(record, 0, item, "Good morning.")
    yield ReplyAudio(record, 0, item, tone(4), 16_000)
    yield ReplyAudio(record, 0, item, tone(8)[4:], 16_000)
    item.status = "completed"
    yield ReplyItemEnded(record, 0, item, "Good morning.")
    record.status, record.usage = "completed", Usage(7, 3)
    yield ReplyEnded(record)


def written_reply() -> Iterator[Notice]:
    """A written reply outside the conversation."""
    item = message(spoken=False)
    record = reply(item, modality="text", in_conversation=False, max_tokens=50, metadata={"topic": "weather"})
    yield ReplyStarted(record)
    yield ReplyItemStarted(record, 0, item, None)
    item.text = "Sun."
    yield ReplyText(record, 0, item, "Sun.")
    item.status = "completed"
    yield ReplyItemEnded(record, 0, item, "Sun.")
    record.status = "completed"
    yield ReplyEnded(record)


def called_function() -> Iterator[Notice]:
    item, record = call(), reply(message("Let me see.", status="completed"))
    record.items.append(item)
    yield ReplyItemStarted(record, 1, item, "item_2")
    item.text = '{"city":"Paris"}'
    yield ReplyText(record, 1, item, item.text)
    item.status = "completed"
    yield ReplyItemEnded(record, 1, item, item.text)


TIMING = TurnTiming("resp_1", "item_1", 10.0, speculative=True, turn_end=500, recognized=520, first_audio=700)


def everything() -> Iterator[Notice]:
    """At least one notice of every kind."""
    yield Answered(error_event(openai_error(InvalidRequest("No.")), None))
    yield VoiceHeard("item_1", 0)
    yield PartialText("item_1", "hello world")
    yield PartialText("item_1", "hello world again")
    yield VoiceEnded("item_1", 900)
    yield AudioTaken("item_1", None)
    yield SilenceLasted("item_4", 1_000, 7_000)
    yield AudioDropped("item_0")
    yield HearingFailed(EngineBusy("All are taken."))
    yield ItemAdded(spoken_by_user(transcribed=False), None)
    yield Transcribed("item_1", "hello world again", "en", 1.0)
    yield TranscriptionFailed("item_1", EngineBusy("All are taken."))
    yield ItemAdded(user("Look!", parts=(Part("Look!"),)), "item_0")
    yield ItemLeft("item_0")
    yield from spoken_reply()
    yield from written_reply()
    yield from called_function()
    yield ReplyEnded(reply(status="cancelled", reason="turn_detected"))
    yield ReplyEnded(reply(status="incomplete", reason="max_output_tokens"))
    yield ReplyEnded(reply(status="failed", error=EngineBusy("All are taken.")))
    record = reply(item := message("Good morning."))
    yield ContextUsed("resp_1", [Known("They are Ada.", "memory", "fact_1", "Name")])
    yield ReplyThinking(record, "thinking")
    yield ReplyWords(record, item, [WordTime("Good", 0, 300)])
    yield TurnTimed(TIMING)
    yield PlaybackPaused("item_2")
    yield PlaybackResumed("item_2")
    yield PlaybackStopped("item_2", 700)
