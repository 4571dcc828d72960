from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.remote.chat.answer import Failure, Finish, Growth, Text, Thought, Tokens, pieces_of
from models.remote.chat.stream import NotJson, Payloads


def read(*lines: str) -> tuple[list[Any], bool]:
    payloads = Payloads()
    values = [value for line in lines for value in payloads.push(line)]
    return [*values, *payloads.finish()], payloads.done


@pytest.mark.parametrize(
    ("lines", "values", "done"),
    [
        (['data: {"a":1}', "", "data: [DONE]", ""], [{"a": 1}], True),
        (['data:{"a":1}', 'data: {"b":2}'], [{"a": 1}, {"b": 2}], False),
        ([": ping", "event: x", "id: 1", "retry: 5", "data:", "", 'data: {"a":1}'], [{"a": 1}], False),
        (['data: {"a":', "data: 1}", ""], [{"a": 1}], False),
        (['{"a":1}', '{"b":2}'], [{"a": 1}, {"b": 2}], False),
        (["{", '  "a": 1', "}"], [{"a": 1}], True),
        (['[{"a": 1}]'], [{"a": 1}], True),
        (['\ufeffdata: {"a":1}'.removeprefix("\ufeff")], [{"a": 1}], False),
        (["data: [DONE]"], [], True),
        (['data: "[done]"'], [], True),
        (['\ufeffdata: {"a":1}'], [{"a": 1}], False),
        (['  DATA: {"a":1}', ""], [{"a": 1}], False),
        (['data: data: {"a":1}', ""], [{"a": 1}], False),
        (["data: null", "", "data: ping", "", 'data: {"a":1}', ""], [{"a": 1}], False),
        (["data: {", '  "a": 1', "}", ""], [{"a": 1}], False),
        (['data: {"a":1}{"b":2}', ""], [{"a": 1}, {"b": 2}], False),
        (['{"a":1}{"b":2}'], [{"a": 1}, {"b": 2}], False),
        (['data: {"a":1}', "", 'data: {"a":', "", 'data: {"b":2}', ""], [{"a": 1}, {"b": 2}], False),
        (["event: error", 'data: {"message": "No."}', ""], [{"error": {"message": "No."}}], False),
        (["event: error", "data: Out of memory.", ""], [{"error": {"message": "Out of memory."}}], False),
    ],
)
def test_values_are_found_in_whatever_comes(lines: list[str], values: list[Any], done: bool) -> None:
    assert read(*lines) == (values, done)


@pytest.mark.parametrize(
    ("lines", "page"),
    [
        (["<!DOCTYPE html>", "<html>"], True),
        (["", "  <html lang='en'>"], True),
        (["data: <html>", ""], True),
        (["Internal Server Error"], False),
        (["data: {oops", ""], False),
        ([], False),
    ],
)
def test_what_is_no_json_is_named(lines: list[str], page: bool) -> None:
    with pytest.raises(NotJson) as raised:
        read(*lines)

    assert raised.value.page is page


@pytest.mark.parametrize(
    ("value", "pieces"),
    [
        ({"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}, [Text("Hi"), Finish("stop")]),
        ("Hi", [Text("Hi")]),
        ({"choices": [{"delta": {"content": False}}]}, []),
        (
            {
                "choices": [
                    {"delta": {"content": ""}, "finish_reason": "error", "error": {"message": "No.", "code": 502}}
                ]
            },
            [Failure(502, "No.", "502")],
        ),
        ({"code": 401, "msg": "No.", "data": None}, [Failure(401, "No.", "401")]),
        ({"base_resp": {"status_code": 1004, "status_msg": "No."}, "choices": None}, [Failure(0, "No.", "1004")]),
        ({"success": False, "message": "No."}, [Failure(0, "No.", "")]),
        ({"errors": [{"message": "No."}]}, [Failure(0, "No.", "")]),
        ({"code": 0, "message": {"content": "Hi"}}, [Text("Hi")]),
        ({"choices": [{"delta": {}, "message": {"content": "Hi"}}]}, [Text("Hi", whole=True)]),
        ({"choices": [{"delta": {"reasoning": "a", "content": "Hi"}}]}, [Thought("a"), Text("Hi")]),
        (
            {"choices": [{"delta": {"content": [{"type": "thinking", "thinking": "a"}, {"text": "Hi"}]}}]},
            [Thought(), Text("Hi")],
        ),
        ({"choices": [{"delta": {"content": "a", "extra_content": {"google": {"thought": True}}}}]}, [Thought("a")]),
        ({"choices": [{"text": "Hi"}]}, [Text("Hi")]),
        ({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}, [Tokens(3, 4)]),
        ({"choices": [{"delta": {}, "usage": {"prompt_tokens": 3, "completion_tokens": 4}}]}, [Tokens(3, 4)]),
        ({"message": {"content": "Hi", "thinking": ""}, "done": False}, [Text("Hi")]),
        ({"error": {"message": "no", "code": 429}}, [Failure(429, "no", "429")]),
        ({"error": "no"}, [Failure(0, "no")]),
        ({"object": "error", "message": "no", "type": "Bad", "code": 400}, [Failure(400, "no", "400")]),
        ({"detail": "Not Found"}, [Failure(0, "Not Found")]),
        ({"error": None, "choices": [{"delta": {"content": "Hi"}}]}, [Text("Hi")]),
        ({"type": "ping"}, []),
    ],
)
def test_a_value_says_the_same_in_every_servers_shape(value: Any, pieces: list[Any]) -> None:
    assert list(pieces_of(value)) == pieces


def grown(*pieces: str, whole: str = "") -> str:
    growth = Growth()
    said = "".join(growth.take(Text(piece)) for piece in pieces)
    return said + (growth.take(Text(whole, whole=True)) if whole else "") + growth.finish()


WORDS = st.lists(
    st.sampled_from(["Hello", " there", ", my", " friend", ".", " How", " are", " you", "?", "你", "好"]),
    min_size=3,
    max_size=9,
)


@given(WORDS)
def test_cumulative_pieces_are_told_from_plain_ones(words: list[str]) -> None:
    cumulative = ["".join(words[: end + 1]) for end in range(len(words))]

    assert grown(*cumulative) == "".join(words)


@given(st.lists(st.text(min_size=1, max_size=6), max_size=9))
def test_plain_pieces_are_never_lost(words: list[str]) -> None:
    looks_cumulative = len(words) > 1 and words[1].startswith(words[0])

    assert looks_cumulative or grown(*words) == "".join(words)


def test_a_whole_message_at_the_end_says_nothing_twice() -> None:
    assert [grown("Hello", " there", whole="Hello there."), grown(whole="Hello."), grown("Hello", whole="Other")] == [
        "Hello there.",
        "Hello.",
        "Hello",
    ]


def test_an_answer_that_ends_with_all_of_itself_is_said_once() -> None:
    growth = Growth()
    pieces = ["Hello ", "there, ", "you.", "Hello there, you."]

    assert "".join(growth.take(Text(piece)) for piece in pieces) + growth.finish() == "Hello there, you."
