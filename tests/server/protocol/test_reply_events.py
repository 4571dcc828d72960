from __future__ import annotations

import base64

import numpy as np
import pytest

from pipeline.conversation.notices import ReplyAudio, ReplyEnded, ReplyItemEnded, ReplyItemStarted, ReplyRecord
from pipeline.errors import EngineBusy
from server.protocol.audio_format import Encoder
from server.protocol.client_events import Format
from tests.server.told import Json, called_function, events, message, reply, said, spoken_reply, tone, written_reply

NO_USAGE = {
    "total_tokens": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 0, "audio_tokens": 0},
}

RESPONSE = {
    "object": "realtime.response",
    "id": "resp_1",
    "conversation_id": "conv_1",
    "output_modalities": ["audio"],
    "max_output_tokens": "inf",
    "audio": {"output": {"format": {"type": "audio/pcm", "rate": 16_000}, "voice": "marin"}},
    "metadata": None,
}


def test_a_spoken_reply_is_told_in_the_order_that_clients_expect() -> None:
    here = {"response_id": "resp_1", "output_index": 0}
    inside = {**here, "item_id": "item_2", "content_index": 0}
    item = {"id": "item_2", "object": "realtime.item", "type": "message", "role": "assistant"}
    begun = {**item, "status": "in_progress", "content": []}
    done = {**item, "status": "completed", "content": [{"type": "output_audio", "transcript": "Good morning."}]}

    assert said(events(), *spoken_reply()) == [
        {
            "type": "response.created",
            "response": {**RESPONSE, "status": "in_progress", "status_details": None, "output": [], "usage": None},
        },
        {"type": "response.output_item.added", **here, "item": begun},
        {"type": "conversation.item.added", "previous_item_id": "item_1", "item": begun},
        {"type": "response.content_part.added", **inside, "part": {"type": "audio", "transcript": ""}},
        {"type": "response.output_audio_transcript.delta", **inside, "delta": "Good morning."},
        {"type": "response.output_audio.delta", **inside, "delta": base64.b64encode(tone(4).tobytes()).decode()},
        {"type": "response.output_audio.delta", **inside, "delta": base64.b64encode(tone(8)[4:].tobytes()).decode()},
        {"type": "response.output_audio.done", **inside},
        {"type": "response.output_audio_transcript.done", **inside, "transcript": "Good morning."},
        {
            "type": "response.content_part.done",
            **inside,
            "part": {"type": "audio", "transcript": "Good morning."},
        },
        {"type": "conversation.item.done", "item": done},
        {"type": "response.output_item.done", **here, "item": done},
        {
            "type": "response.done",
            "response": {
                **RESPONSE,
                "status": "completed",
                "status_details": None,
                "output": [done],
                "usage": {
                    "total_tokens": 10,
                    "input_tokens": 7,
                    "output_tokens": 3,
                    "input_token_details": {"text_tokens": 7, "audio_tokens": 0, "cached_tokens": 0},
                    "output_token_details": {"text_tokens": 3, "audio_tokens": 0},
                },
            },
        },
    ]


def test_a_written_reply_outside_the_conversation_leaves_the_conversation_alone() -> None:
    here = {"response_id": "resp_1", "output_index": 0}
    inside = {**here, "item_id": "item_2", "content_index": 0}
    item = {"id": "item_2", "object": "realtime.item", "type": "message", "role": "assistant"}
    begun = {**item, "status": "in_progress", "content": []}
    done = {**item, "status": "completed", "content": [{"type": "output_text", "text": "Sun."}]}
    response = {
        **RESPONSE,
        "conversation_id": None,
        "output_modalities": ["text"],
        "max_output_tokens": 50,
        "metadata": {"topic": "weather"},
        "status_details": None,
    }

    assert said(events(), *written_reply()) == [
        {"type": "response.created", "response": {**response, "status": "in_progress", "output": [], "usage": None}},
        {"type": "response.output_item.added", **here, "item": begun},
        {"type": "response.content_part.added", **inside, "part": {"type": "text", "text": ""}},
        {"type": "response.output_text.delta", **inside, "delta": "Sun."},
        {"type": "response.output_text.done", **inside, "text": "Sun."},
        {"type": "response.content_part.done", **inside, "part": {"type": "text", "text": "Sun."}},
        {"type": "response.output_item.done", **here, "item": done},
        {
            "type": "response.done",
            "response": {**response, "status": "completed", "output": [done], "usage": NO_USAGE},
        },
    ]


def test_a_function_call_is_told_without_content() -> None:
    here = {"response_id": "resp_1", "output_index": 1}
    item = {"id": "item_3", "object": "realtime.item", "type": "function_call", "call_id": "call_1", "name": "look_up"}
    begun = {**item, "status": "in_progress", "arguments": ""}
    done = {**item, "status": "completed", "arguments": '{"city":"Paris"}'}

    assert said(events(), *called_function()) == [
        {"type": "response.output_item.added", **here, "item": begun},
        {"type": "conversation.item.added", "previous_item_id": "item_2", "item": begun},
        {
            "type": "response.function_call_arguments.delta",
            **here,
            "item_id": "item_3",
            "call_id": "call_1",
            "delta": '{"city":"Paris"}',
        },
        {
            "type": "response.function_call_arguments.done",
            **here,
            "item_id": "item_3",
            "call_id": "call_1",
            "name": "look_up",
            "arguments": '{"city":"Paris"}',
        },
        {"type": "conversation.item.done", "item": done},
        {"type": "response.output_item.done", **here, "item": done},
    ]


def test_an_item_that_has_grown_already_begins_empty_all_the_same() -> None:
    record = reply(item := message("Good morning.", status="completed"))
    begun = said(events(), ReplyItemStarted(record, 0, item, None))[0]["item"]

    assert (begun["status"], begun["content"]) == ("in_progress", [])


def test_an_interrupted_reply_says_what_was_sent_and_why_it_ended() -> None:
    item = message("Good", status="incomplete", whole="Good morning.")
    record = reply(item, status="cancelled", reason="turn_detected")
    ended = said(events(), ReplyEnded(record))[0]["response"]

    assert (ended["status"], ended["status_details"]) == ("cancelled", {"type": "cancelled", "reason": "turn_detected"})
    assert ended["output"][0]["content"] == [{"type": "output_audio", "transcript": "Good morning."}]


@pytest.mark.parametrize(
    ("record", "details"),
    [
        (reply(status="completed"), None),
        (reply(status="incomplete", reason="max_output_tokens"), {"type": "incomplete", "reason": "max_output_tokens"}),
        (reply(status="cancelled", reason="client_cancelled"), {"type": "cancelled", "reason": "client_cancelled"}),
        (
            reply(status="failed", error=EngineBusy("All are taken.")),
            {
                "type": "failed",
                "error": {"type": "server_error", "code": "engine_busy", "message": "All are taken."},
            },
        ),
        (reply(status="failed"), {"type": "failed", "error": {"type": "server_error", "code": None, "message": ""}}),
    ],
    ids=["completed", "incomplete", "cancelled", "failed", "failed for no reason"],
)
def test_a_reply_says_how_it_ended(record: ReplyRecord, details: Json | None) -> None:
    assert said(events(), ReplyEnded(record))[0]["response"]["status_details"] == details


@pytest.mark.parametrize("format", [Format(), Format(type="audio/pcmu")], ids=["pcm", "pcmu"])
def test_an_items_audio_is_one_stream_in_the_clients_format(format: Format) -> None:
    record, pcm = reply(item := message()), tone(4_800)
    pieces = [ReplyAudio(record, 0, item, part, 16_000) for part in np.split(pcm, [1_000, 1_001, 3_000])]
    sent = b"".join(base64.b64decode(event["delta"]) for event in said(events(format=format), *pieces))

    assert sent == Encoder(format, 16_000).encode(pcm)


def test_the_next_item_is_a_new_stream_in_the_format_of_then() -> None:
    by, record, pcm = events(format=Format()), reply(item := message()), tone(1_600)
    audio = ReplyAudio(record, 0, item, pcm, 16_000)
    said(by, audio)
    by.output_format = Format(type="audio/pcmu")
    second = said(by, audio)[0]["delta"]
    said(by, ReplyItemEnded(record, 0, item, ""))
    third = said(by, audio)[0]["delta"]

    assert (len(base64.b64decode(second)) > 4_000, third) == (
        True,
        base64.b64encode(Encoder(Format(type="audio/pcmu"), 16_000).encode(pcm)).decode(),
    )
