from __future__ import annotations

from typing import get_args

import pytest

from pipeline.conversation.known import Known
from pipeline.conversation.notices import (
    Answered,
    AudioDropped,
    AudioTaken,
    ContextUsed,
    ItemAdded,
    Notice,
    PartialText,
    PlaybackPaused,
    PlaybackResumed,
    ReplyWords,
    SilenceLasted,
    Transcribed,
    TranscriptionFailed,
    TurnTimed,
    VoiceEnded,
    VoiceHeard,
)
from pipeline.conversation.transcript import Item, Part
from pipeline.engines.protocols import WordTime
from pipeline.errors import EngineBusy, EngineTimeout, InvalidRequest
from server.errors import openai_error
from server.protocol.client_events import Format
from server.protocol.server_events import error_event, format_object, item_object, new_event_id, timing_object
from tests.server.official import faults_of
from tests.server.told import (
    PCM,
    TIMING,
    Json,
    call,
    events,
    everything,
    message,
    reply,
    said,
    spoken_by_user,
    user,
    written,
)

# --- What the person says ------------------------------------------------------------------------------------------------


def test_a_turn_is_started_stopped_and_committed() -> None:
    notices = VoiceHeard("item_1", 320), VoiceEnded("item_1", 1_600), AudioTaken("item_1", "item_0")

    assert said(events(), *notices) == [
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 320, "item_id": "item_1"},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 1_600, "item_id": "item_1"},
        {"type": "input_audio_buffer.committed", "item_id": "item_1", "previous_item_id": "item_0"},
    ]


def test_a_silence_that_lasted_is_told_with_its_place() -> None:
    assert said(events(), SilenceLasted("item_1", 2_000, 8_000)) == [
        {
            "type": "input_audio_buffer.timeout_triggered",
            "audio_start_ms": 2_000,
            "audio_end_ms": 8_000,
            "item_id": "item_1",
        }
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
    notices: list[Notice] = [
        *(PartialText("item_1", text) for text in partials),
        Transcribed("item_1", final, "en", 2.0),
    ]

    assert said(events(), *notices) == [
        delta("hello"),
        delta(" world how"),
        delta(" are"),
        delta(" you today"),
        completed(final),
    ]


def test_a_recogniser_that_changes_its_mind_gets_no_more_deltas() -> None:
    partials = ["I scream", "I scream for", "I scream for you", "ice cream for you and", "ice cream for you and me"]
    notices: list[Notice] = [
        *(PartialText("item_1", text) for text in partials),
        Transcribed("item_1", "Ice cream.", "en", 2.0),
    ]

    assert said(events(), *notices) == [delta("I scream"), delta(" for"), completed("Ice cream.")]


def test_an_empty_transcription_has_no_deltas() -> None:
    assert said(events(), Transcribed("item_1", "", "", 2.0)) == [completed("")]


def test_nothing_is_remembered_of_a_turn_whose_audio_was_thrown_away() -> None:
    twice = [PartialText("item_1", "hello world"), PartialText("item_1", "hello world again")]
    by = events()
    before, dropped, after = said(by, *twice), said(by, AudioDropped("item_1")), said(by, *twice)

    assert (dropped, after) == ([], before)
    assert len(before) == 1


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
    notices: list[Notice] = [
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
            user("Which? That one.", spoken=True, parts=(Part("Which?"), Part("That one.", spoken=True))),
            [{"type": "input_text", "text": "Which?"}, {"type": "input_audio", "transcript": "That one."}],
        ),
        (
            user(spoken=True, parts=(Part(spoken=True, transcribed=False),)),
            [{"type": "input_audio", "transcript": None}],
        ),
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


ANGRY = Transcribed("item_1", "No.", "en", 1.0, "angry", ("laughter",))


def test_how_the_person_sounded_is_told_before_their_words_and_is_no_part_of_them() -> None:
    heard, *rest = said(events(extensions=True), ANGRY)

    assert heard == {
        "type": "kaikou.heard",
        "item_id": "item_1",
        "language": "en",
        "emotion": "angry",
        "sounds": ["laughter"],
    }
    assert rest == said(events(extensions=True), Transcribed("item_1", "No.", "en", 1.0))


def test_how_the_person_sounded_is_told_to_nobody_else_nor_when_it_is_not_known() -> None:
    plain = Transcribed("item_1", "No.", "en", 1.0)

    assert said(events(), ANGRY) == said(events(), plain)
    assert [event["type"] for event in said(events(extensions=True, transcribes=False), ANGRY, plain)] == [
        "kaikou.heard"
    ]


def test_a_client_with_extensions_gets_the_final_transcription_like_any_other() -> None:
    notices = (
        PartialText("item_1", "hello"),
        PartialText("item_1", "hello world"),
        Transcribed("item_1", "Hello.", "", 2),
    )
    final = said(events(extensions=True), *notices)[2:]

    assert final == [delta("Hello."), completed("Hello.")]


def test_a_client_with_extensions_is_told_what_was_used_for_an_answer_but_not_its_text() -> None:
    used = ContextUsed("resp_1", [Known("They are Ada.", "memory", "fact_1", "Name")])

    assert said(events(extensions=True), used) == [
        {
            "type": "kaikou.context",
            "response_id": "resp_1",
            "used": [{"kind": "memory", "id": "fact_1", "label": "Name"}],
        }
    ]


# --- All of them ---------------------------------------------------------------------------------------------------------


def test_every_kind_of_notice_is_among_them() -> None:
    assert {type(notice) for notice in everything()} == set(get_args(Notice))


def test_a_client_without_extensions_never_sees_ours() -> None:
    told = said(events(), *everything())

    assert [event["type"] for event in told if event["type"].startswith("kaikou.")] == []


def test_a_client_with_extensions_is_told_all_the_rest_as_well() -> None:
    stock = [event["type"] for event in said(events(), *everything())]
    ours = [event["type"] for event in said(events(extensions=True), *everything())]
    # Nobody asked for this truncation: stock clients stop their players themselves.
    unasked = "conversation.item.truncated"
    common = [type for type in ours if not type.startswith("kaikou.") and type != unasked]

    assert [type for type in stock if type != DELTA] == [type for type in common if type != DELTA]


@pytest.mark.parametrize("transcribes", [False, True])
def test_every_event_is_as_the_official_client_wants_it(transcribes: bool) -> None:
    by = events(transcribes=transcribes, format=Format())
    told = [event for notice in everything() for event in map(written, by.of(notice))]

    assert [fault for event in told for fault in faults_of(event)] == []


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
