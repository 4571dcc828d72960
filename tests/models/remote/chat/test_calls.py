import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.remote.chat.calls import Calls, short_id


def piece(index: int | None, identifier: str | None = None, name: str | None = None, arguments: Any = None) -> Any:
    return {"index": index, "id": identifier, "function": {"name": name, "arguments": arguments}}


def gathered(*pieces: Any) -> list[tuple[str, Any]]:
    calls = Calls()
    for each in pieces:
        calls.add(each)
    return [(call.name, json.loads(call.arguments)) for call in calls.whole()]


ROME = ("weather", {"city": "Rome"})
OSLO = ("weather", {"city": "Oslo"})


@pytest.mark.parametrize(
    "pieces",
    [
        [piece(0, "c", "weather", '{"city":'), piece(0, None, None, ' "Rome"}')],
        [piece(None, "c", "weather", '{"city":'), piece(None, None, None, ' "Rome"}')],
        [piece(0, "a", "weather", '{"city":'), piece(0, "b", "", ' "Rome"}')],
        [piece(0, "a", "weather", '{"city":'), piece(0, "a", "weather", ' "Rome"}')],
        [piece(0, "c", "weather", '{"ci'), piece(0, "c", "weather", '{"city": "Rome"}')],
        [piece(0, "c", "weather", '{"city": "Rome"}'), piece(0, "c", "weather", '{"city": "Rome"}')],
        [piece(0, "c", "weather", {"city": "Rome"})],
        [piece(0, "c", "weather", ""), piece(0, None, None, {"city": "Rome"})],
        [piece(0, "c", "weather", "{}"), piece(0, None, None, '{"city": "Rome"}')],
        [{"name": "weather", "arguments": {"city": "Rome"}}],
        [piece(3, None, "weather", '{"city": "Rome"}'), None, "nonsense", {}],
    ],
)
def test_one_call_in_pieces_is_one_call(pieces: list[Any]) -> None:
    assert gathered(*pieces) == [ROME]


@pytest.mark.parametrize(
    "pieces",
    [
        [piece(0, "a", "weather", '{"city": "Rome"}'), piece(1, "b", "weather", '{"city": "Oslo"}')],
        [piece(0, "a", "weather", '{"city": "Rome"}'), piece(0, "b", "weather", '{"city": "Oslo"}')],
        [piece(0, "a", "weather", '{"city": "Rome"}'), piece(0, "a", "weather", '{"city": "Oslo"}')],
        [piece(None, None, "weather", '{"city": "Rome"}'), piece(None, None, "weather", '{"city": "Oslo"}')],
        [piece(0, "a", "weather", {"city": "Rome"}), piece(0, "b", "weather", {"city": "Oslo"})],
    ],
)
def test_two_calls_stay_two_however_they_are_numbered(pieces: list[Any]) -> None:
    assert gathered(*pieces) == [ROME, OSLO]


def test_ids_are_short_and_differ() -> None:
    calls = Calls()
    for identifier in ("same", "same", "", "c" * 60):
        calls.add(piece(None, identifier, "weather", '{"city": "Rome"}' if identifier else "{}"))
    ids = [call.id for call in calls.whole()]

    assert len(set(ids)) == len(ids)
    assert all(0 < len(each) <= 32 for each in ids)
    assert short_id("c" * 60) == short_id("c" * 60)


def test_what_is_not_openais_is_kept_with_the_call() -> None:
    calls = Calls()
    calls.add({"id": "c", "function": {"name": "weather"}, "extra_content": {"google": {"thought_signature": "x"}}})

    assert [call.extra for call in calls.whole()] == [{"extra_content": {"google": {"thought_signature": "x"}}}]


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=10), max_size=4), st.data())
def test_where_arguments_are_cut_changes_nothing(arguments: dict[str, str], data: st.DataObject) -> None:
    text = json.dumps(arguments)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert gathered(piece(0, "c", "weather", ""), *(piece(0, None, None, each) for each in pieces)) == [
        ("weather", arguments)
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        '"{\\"city\\": \\"Rome\\"}"',
        '{"city": "Rome"}</tool_call>',
        "{'city': 'Rome'}",
        '```json\n{"city": "Rome"}\n```',
        '{"city": "Rome"',
    ],
)
def test_arguments_are_found_in_what_is_written_round_them(arguments: str) -> None:
    calls = Calls()
    calls.add({"index": 0, "function": {"name": "weather", "arguments": arguments}})

    assert [call.arguments for call in calls.whole()] == ['{"city": "Rome"}']


@pytest.mark.parametrize(
    "name", [" weather ", "functions.weather", "functions.weather:0", "weather<|channel|>commentary"]
)
def test_a_name_is_found_in_what_is_written_round_it(name: str) -> None:
    calls = Calls()
    calls.add({"index": 0, "function": {"name": name, "arguments": "{}"}})

    assert [call.name for call in calls.whole()] == ["weather"]
