from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pytest
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from pipeline.audio import Samples
from pipeline.engines import Usage, WordTime
from pipeline.errors import EngineBusy, EngineTimeout, InvalidRequest
from pipeline.notices import (
    Answered,
    AudioTaken,
    ItemAdded,
    Notice,
    PartialText,
    PlaybackPaused,
    PlaybackResumed,
    ReplyAudio,
    ReplyEnded,
    ReplyItemEnded,
    ReplyItemStarted,
    ReplyRecord,
    ReplyStarted,
    ReplyText,
    ReplyWords,
    Transcribed,
    TranscriptionFailed,
    TurnTimed,
    TurnTiming,
    VoiceEnded,
    VoiceHeard,
)
from pipeline.transcript import Item
from server.errors import openai_error
from server.realtime.audio_format import Encoder
from server.realtime.server_events import (
    ServerEvents,
    error_event,
    format_object,
    item_object,
    new_event_id,
    timing_object,
)
from server.realtime.session_object import Format

Json = dict[str, Any]

PCM = Format(rate=16_000)


def events(*, transcribes: bool = True, extensions: bool = False, format: Format = PCM) -> ServerEvents:
    return ServerEvents("conv_1", format, transcribes=transcribes, extensions=extensions)


def said(by: ServerEvents, *notices: Notice) -> list[Json]:
    """The events of notices, without their ids, which must be there and differ."""
    made = [event for notice in notices for event in by.of(notice)]
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
    return ReplyRecord("resp_1", fields.pop("modality", "audio"), "marin", items=list(items), **fields)


# --- What the person says ------------------------------------------------------------------------------------------------


def test_a_turn_is_started_stopped_and_committed() -> None:
    notices = VoiceHeard("item_1", 320), VoiceEnded("item_1", 1_600), AudioTaken("item_1", "item_0")

    assert said(events(), *notices) == [
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 320, "item_id": "item_1"},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 1_600, "item_id": "item_1"},
        {"type": "input_audio_buffer.committed", "item_id": "item_1", "previous_item_id": "item_0"},
    ]


def test_an_item_is_added_and_done() -> None:
    item = {
        "id": "item_1",
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_text", "text": "Hello."}],
    }

    assert said(events(), ItemAdded(user("Hello."), None)) == [
        {"type": "conversation.item.added", "previous_item_id": None, "item": item},
        {"type": "conversation.item.done", "previous_item_id": None, "item": item},
    ]


def test_an_item_that_is_not_complete_is_only_added() -> None:
    added = said(events(), ItemAdded(message(), "item_1", done=False))

    assert [event["type"] for event in added] == ["conversation.item.added"]


COMPLETED = "conversation.item.input_audio_transcription.completed"
DELTA = "conversation.item.input_audio_transcription.delta"
HERE = {"item_id": "item_1", "content_index": 0}


def completed(text: str, seconds: float = 2.0) -> Json:
    return {"type": COMPLETED, **HERE, "transcript": text, "usage": {"type": "duration", "seconds": seconds}}


def delta(text: str) -> Json:
    return {"type": DELTA, **HERE, "delta": text}


def test_a_transcription_is_whole_and_says_how_long_the_audio_was() -> None:
    assert said(events(), Transcribed("item_1", "Hello.", "en", 1.23456)) == [
        delta("Hello."),
        completed("Hello.", 1.235),
    ]


def test_words_are_sent_once_two_partials_agree_on_them_and_the_last_is_over() -> None:
    partials = ["hello", "hello wor", "hello world how", "hello world how are", "hello world how are you"]
    final = "hello world how are you today"
    notices = [*(PartialText("item_1", text) for text in partials), Transcribed("item_1", final, "en", 2.0)]

    assert said(events(), *notices) == [
        delta("hello"),
        delta(" world how"),
        delta(" are"),
        delta(" you today"),
        completed(final),
    ] or said(events(), *notices) == [
        delta("hello"),
        delta(" world"),
        delta(" how"),
        delta(" are"),
        delta(" you today"),
        completed(final),
    ]


def test_a_recogniser_that_changes_its_mind_gets_no_more_deltas() -> None:
    partials = ["I scream", "I scream for", "I scream for you", "ice cream for you and", "ice cream for you and me"]
    notices = [*(PartialText("item_1", text) for text in partials), Transcribed("item_1", "Ice cream.", "en", 2.0)]

    assert said(events(), *notices) == [delta("I scream"), completed("Ice cream.")]


def test_an_empty_transcription_has_no_deltas() -> None:
    assert said(events(), Transcribed("item_1", "", "", 2.0)) == [completed("")]


def test_turns_do_not_share_their_partials() -> None:
    notices = [PartialText(id, f"{id} says hello") for id in ("item_1", "item_2", "item_1", "item_2")]

    assert [(event["item_id"], event["delta"]) for event in said(events(), *notices)] == [
        ("item_1", "item_1 says"),
        ("item_2", "item_2 says"),
    ]


def test_a_failed_transcription_says_why() -> None:
    error = EngineTimeout("It did not answer.", engine="slow")

    assert said(events(), TranscriptionFailed("item_1", error)) == [
        {
            "type": "conversation.item.input_audio_transcription.failed",
            **HERE,
            "error": {"type": "server_error", "code": "engine_timeout", "message": "It did not answer."},
        }
    ]


@pytest.mark.parametrize("extensions", [False, True])
def test_a_client_that_wants_no_transcription_gets_none(extensions: bool) -> None:
    notices = [
        PartialText("item_1", "hello"),
        PartialText("item_1", "hello world"),
        Transcribed("item_1", "hello world", "en", 2.0),
        TranscriptionFailed("item_1", EngineBusy("All are taken.")),
    ]
    by = events(transcribes=False, extensions=extensions)

    assert [event for event in said(by, *notices) if event["type"] != "kaikou.partial"] == []


# --- Items ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "content"),
    [
        (user("Hello."), [{"type": "input_text", "text": "Hello."}]),
        (user(""), [{"type": "input_text", "text": ""}]),
        (user("Be kind.", role="system"), [{"type": "input_text", "text": "Be kind."}]),
        (
            user("See?", images=("data:1", "data:2")),
            [
                {"type": "input_text", "text": "See?"},
                {"type": "input_image", "image_url": "data:1"},
                {"type": "input_image", "image_url": "data:2"},
            ],
        ),
        (user("", images=("data:1",)), [{"type": "input_image", "image_url": "data:1"}]),
        (spoken_by_user("Hello."), [{"type": "input_audio", "transcript": "Hello."}]),
        (spoken_by_user(transcribed=False), [{"type": "input_audio", "transcript": None}]),
        (message("Hi!", status="completed"), [{"type": "output_audio", "transcript": "Hi!"}]),
        (message("Hi!", status="completed", spoken=False), [{"type": "output_text", "text": "Hi!"}]),
        (message("Hi", status="incomplete"), [{"type": "output_audio", "transcript": "Hi"}]),
        (message("Hi"), []),
    ],
)
def test_a_message_has_the_content_of_its_role_and_kind(item: Item, content: list[Json]) -> None:
    assert item_object(item) == {
        "id": item.id,
        "object": "realtime.item",
        "type": "message",
        "status": item.status,
        "role": item.role,
        "content": content,
    }


def test_calls_and_their_outputs_have_no_role() -> None:
    output = Item("item_4", "function_call_output", text="Sun.", call_id="call_1")

    assert [item_object(item) for item in (call("{}", "completed"), output)] == [
        {
            "id": "item_3",
            "object": "realtime.item",
            "type": "function_call",
            "status": "completed",
            "call_id": "call_1",
            "name": "look_up",
            "arguments": "{}",
        },
        {
            "id": "item_4",
            "object": "realtime.item",
            "type": "function_call_output",
            "status": "completed",
            "call_id": "call_1",
            "output": "Sun.",
        },
    ]


def test_an_interrupted_item_is_what_was_heard_unless_all_of_it_is_asked_for() -> None:
    item = message("Good", status="incomplete", whole="Good morning.")

    assert [item_object(item, whole=whole)["content"] for whole in (False, True)] == [
        [{"type": "output_audio", "transcript": "Good"}],
        [{"type": "output_audio", "transcript": "Good morning."}],
    ]


@pytest.mark.parametrize(
    ("format", "shown"),
    [
        (Format(), {"type": "audio/pcm", "rate": 24_000}),
        (PCM, {"type": "audio/pcm", "rate": 16_000}),
        (Format(type="audio/pcmu"), {"type": "audio/pcmu"}),
    ],
)
def test_only_pcm_has_a_rate(format: Format, shown: Json) -> None:
    assert format_object(format) == shown


# --- What the character says ---------------------------------------------------------------------------------------------

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


def called_function() -> Iterator[Notice]:
    item, record = call(), reply(message("Let me see.", status="completed"))
    record.items.append(item)
    yield ReplyItemStarted(record, 1, item, "item_2")
    item.text = '{"city":"Paris"}'
    yield ReplyText(record, 1, item, item.text)
    item.status = "completed"
    yield ReplyItemEnded(record, 1, item, item.text)


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


# --- Answers and errors --------------------------------------------------------------------------------------------------


def test_the_wire_layers_own_events_pass_through_in_their_place() -> None:
    assert said(events(), Answered({"type": "input_audio_buffer.cleared"})) == [{"type": "input_audio_buffer.cleared"}]


def test_an_error_refers_to_the_clients_event() -> None:
    error = InvalidRequest("There is no item 'x'.", code="item_delete_invalid_item_id", param="item_id")

    assert error_event(openai_error(error), "event_mine") == {
        "type": "error",
        "error": {
            "type": "invalid_request_error",
            "code": "item_delete_invalid_item_id",
            "message": "There is no item 'x'.",
            "param": "item_id",
            "event_id": "event_mine",
        },
    }


# --- Extensions ----------------------------------------------------------------------------------------------------------

TIMING = TurnTiming("resp_1", "item_1", 10.0, speculative=True, turn_end=500, recognized=520, first_audio=700)


def test_marks_that_have_not_come_are_left_out_of_a_timing() -> None:
    assert timing_object(TIMING) == {
        "response_id": "resp_1",
        "input_item_id": "item_1",
        "marks": {"speech_end": 0, "turn_end": 500, "recognized": 520, "first_audio": 700},
        "speculative": True,
    }


def test_a_client_with_extensions_is_told_more() -> None:
    record = reply(item := message("Good morning."))
    words = [WordTime("Good", 0, 300), WordTime(" morning.", 300, 900)]
    notices = (
        PartialText("item_1", "hello wor"),
        ReplyWords(record, item, words),
        TurnTimed(TIMING),
        PlaybackPaused("item_2"),
        PlaybackResumed("item_2"),
    )

    assert said(events(extensions=True), *notices) == [
        {"type": "kaikou.partial", "item_id": "item_1", "text": "hello wor"},
        {
            "type": "kaikou.words",
            "response_id": "resp_1",
            "item_id": "item_2",
            "words": [
                {"text": "Good", "start_ms": 0, "end_ms": 300},
                {"text": " morning.", "start_ms": 300, "end_ms": 900},
            ],
        },
        {"type": "kaikou.timing", **timing_object(TIMING)},
        {"type": "kaikou.playback.pause", "item_id": "item_2"},
        {"type": "kaikou.playback.resume", "item_id": "item_2"},
    ]


def test_a_client_with_extensions_gets_the_final_transcription_like_any_other() -> None:
    notices = (
        PartialText("item_1", "hello"),
        PartialText("item_1", "hello world"),
        Transcribed("item_1", "Hello.", "", 2),
    )
    final = said(events(extensions=True), *notices)[2:]

    assert final == [delta("Hello."), completed("Hello.")]


# --- All of them ---------------------------------------------------------------------------------------------------------


def everything() -> Iterator[Notice]:
    """At least one notice of every kind."""
    yield Answered(error_event(openai_error(InvalidRequest("No.")), None))
    yield VoiceHeard("item_1", 0)
    yield PartialText("item_1", "hello world")
    yield PartialText("item_1", "hello world again")
    yield VoiceEnded("item_1", 900)
    yield AudioTaken("item_1", None)
    yield ItemAdded(spoken_by_user(transcribed=False), None)
    yield Transcribed("item_1", "hello world again", "en", 1.0)
    yield TranscriptionFailed("item_1", EngineBusy("All are taken."))
    yield ItemAdded(user("Look!", images=("data:image/png;base64,AA==",)), "item_0")
    yield from spoken_reply()
    yield from written_reply()
    yield from called_function()
    yield ReplyEnded(reply(status="cancelled", reason="turn_detected"))
    yield ReplyEnded(reply(status="incomplete", reason="max_output_tokens"))
    yield ReplyEnded(reply(status="failed", error=EngineBusy("All are taken.")))
    record = reply(item := message("Good morning."))
    yield ReplyWords(record, item, [WordTime("Good", 0, 300)])
    yield TurnTimed(TIMING)
    yield PlaybackPaused("item_2")
    yield PlaybackResumed("item_2")


def test_every_kind_of_notice_is_among_them() -> None:
    assert {type(notice) for notice in everything()} == set(get_args(Notice))


def test_a_client_without_extensions_never_sees_ours() -> None:
    told = said(events(), *everything())

    assert [event["type"] for event in told if event["type"].startswith("kaikou.")] == []


def test_a_client_with_extensions_is_told_all_the_rest_as_well() -> None:
    stock = [event["type"] for event in said(events(), *everything())]
    ours = [event["type"] for event in said(events(extensions=True), *everything())]
    common = [type for type in ours if not type.startswith("kaikou.")]

    assert [type for type in stock if type != DELTA] == [type for type in common if type != DELTA]


@pytest.mark.parametrize("transcribes", [False, True])
def test_the_official_client_knows_every_event(transcribes: bool) -> None:
    known: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
    made = [event for notice in everything() for event in events(transcribes=transcribes).of(notice)]

    assert [type(known.validate_python(event)).__name__ for event in made if not known.validate_python(event)] == []


def test_optional_keys_of_items_are_left_out_rather_than_null() -> None:
    items = [item for event in said(events(), *everything()) for item in _items(event)]
    parts = [part for item in items for part in item.get("content", [])]

    assert [item for item in items if None in item.values()] == []
    assert [
        part for part in parts if None in part.values() and part != {"type": "input_audio", "transcript": None}
    ] == []


def test_a_persons_spoken_item_always_has_its_transcript() -> None:
    items = [item for event in said(events(), *everything()) for item in _items(event)]
    spoken = [part for item in items for part in item.get("content", []) if part["type"] == "input_audio"]

    assert [set(part) for part in spoken] == [{"type", "transcript"}] * 2


def test_event_ids_differ() -> None:
    assert len({new_event_id() for _ in range(100)}) == 100


def _items(event: Json) -> list[Json]:
    own = [event["item"]] if "item" in event else []
    return own + list(event.get("response", {}).get("output", []))
