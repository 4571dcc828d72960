"""What a client sends, as typed events; what is wrong is named by its path."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import InvalidRequest
from server.json_text import DEEPEST, check_structure, from_json
from server.protocol.client_events import CreateResponse, ItemReference, MessageItem, parse_event

Json = dict[str, Any]


def answer(**response: Any) -> Json:
    return {"type": "response.create", "response": response}


def nested(levels: int) -> Any:
    value: Any = 5
    for level in range(levels):
        value = [value] if level % 2 else {"inner": value}
    return value


def test_an_answer_is_asked_for_with_items_and_with_references_to_items() -> None:
    said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    event = parse_event(answer(input=[said, {"type": "item_reference", "id": "item_1"}]))

    assert isinstance(event, CreateResponse)
    assert event.response
    assert [type(item) for item in event.response.input or []] == [MessageItem, ItemReference]


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ({}, "missing_required_parameter", "type"),
        ({"type": "response.created"}, "unknown_event", "type"),
        (answer(tools=[{"type": "function"}]), "missing_required_parameter", "response.tools.0.name"),
        (answer(tools=[{"type": "mcp", "name": "x"}]), "unsupported_parameter", "response.tools.0.type"),
        (answer(tools=[None]), "invalid_value", "response.tools.0"),
        (answer(tools=[{"type": "function", "name": 5}]), "invalid_value", "response.tools.0.name"),
        (answer(input=[{"type": "audio"}]), "invalid_value", "response.input.0"),
        (answer(input=[{"type": "item_reference"}]), "missing_required_parameter", "response.input.0.id"),
        (answer(input=[{"type": "message", "role": "user"}]), "missing_required_parameter", "response.input.0.content"),
        (answer(audio={"output": {"voice": {}}}), "invalid_value", "response.audio.output.voice"),
        (answer(instructions="x" * 200_001), "invalid_value", "response.instructions"),
        (answer(metadata={"a": 5}), "invalid_value", "response.metadata.a"),
        (answer(metadata=nested(DEEPEST)), "invalid_json", None),
        ({"type": "response.create", "instructions": "Be brief."}, "unknown_parameter", "instructions"),
        ({"type": "response.create", "response": {}, "modalities": ["text"]}, "unknown_parameter", "modalities"),
        ({"type": "session.update", "session": {}, "voice": "marin"}, "unknown_parameter", "voice"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        (
            {"type": "conversation.item.truncate", "item_id": "x", "audio_end_ms": 5, "content_index": 1},
            "invalid_value",
            "content_index",
        ),
    ],
)
def test_what_is_wrong_with_an_event_is_named(message: Json, code: str, param: str | None) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_event(message)

    assert (caught.value.code, caught.value.param) == (code, param)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "1e999", '"\\ud800"', "[" * 5_000 + "]" * 5_000])
def test_what_is_no_json_says_what_it_was_to_be(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^The body is not valid JSON: .*\.$") as caught:
        from_json(text, "The body")

    assert caught.value.code == "invalid_json"


def test_json_may_be_nested_as_deeply_as_the_limit_and_no_deeper() -> None:
    check_structure(nested(DEEPEST), "The body")
    with pytest.raises(InvalidRequest, match=f"The body may be nested {DEEPEST} levels deep at most"):
        check_structure(nested(DEEPEST + 1), "The body")
