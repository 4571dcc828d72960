"""Every field that the official client's types know is done here, refused in words, or listed as without effect."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from openai.types.realtime.realtime_client_event_param import RealtimeClientEventParam
from typing_extensions import is_typeddict

from server.protocol.client_events import EVENTS
from server.protocol.refused_fields import NOT_DONE, OF_THE_BETA
from tests.server.socketless import Client, Event, connected

TESTS = Path(__file__).resolve().parents[2]
DOCS = (TESTS.parent / "docs/protocol.md").read_text("utf-8")

LISTED = re.findall(r"^\| `([^`]+)` \|", DOCS.partition("### Without effect")[2].partition("\n#")[0], re.MULTILINE)
"""What docs/protocol.md says to be accepted without effect."""

SHOWN_ELSEWHERE: Mapping[str, str] = {
    "event_id": "test_a_wrong_event_gets_an_error_that_refers_to_it",
    "input_audio_buffer.append.audio": "test_odd_bytes_are_joined_across_appends",
    "conversation.item.create.previous_item_id": "test_an_item_goes_to_the_front_with_root",
    "conversation.item.delete.item_id": "test_a_field_that_holds_anything_else_ends_in_one_error_at_most",
    "conversation.item.retrieve.item_id": "test_speaking_over_the_reply_cuts_it_here_and_in_the_models_memory",
    "conversation.item.truncate": "test_speaking_over_a_reply_cuts_it_and_the_model_sees_only_what_was_heard",
    "response.cancel.response_id": "test_an_answer_is_cancelled_by_its_id",
    "item[message].content[input_audio].audio": "test_audio_in_an_item_is_heard_and_the_model_sees_its_words",
    "item[message].content[output_audio].audio": "test_what_the_character_said_comes_with_its_words_or_is_refused",
    "session.audio.output.voice.id": "test_a_voice_comes_by_name_or_by_id",
    "response.audio.output.voice.id": "test_an_answer_has_the_voice_and_the_format_that_it_was_asked_for",
    "response.conversation": "test_an_answer_beside_the_conversation_leaves_no_item",
    "response.input": "test_what_one_answer_is_asked_for_reaches_the_model",
    "response.instructions": "test_what_one_answer_is_asked_for_reaches_the_model",
    "response.tools": "test_what_one_answer_is_asked_for_reaches_the_model",
    "response.tool_choice": "test_what_one_answer_is_asked_for_reaches_the_model",
}
"""Fields that no event of the server's repeats, and the test that shows what they do."""

LISTS = ("session.tools", "response.tools", "response.input", "response.input.content", "item.content")
EXAMPLES: Mapping[str, Any] = {
    "idle_timeout_ms": 6_000,
    "voice": "marin",
    "language": "zh",
    "content": [{"type": "input_text", "text": "x"}],
    "turn_detection": {"type": "server_vad"},
    "tools": [{"type": "function", "name": "x"}],
}
"""What is sent where any value of the type will not do."""

NEEDED: Mapping[str, Any] = {
    "session": {"type": "realtime"},
    "item[message]": {"role": "user", "content": []},
    "item[message].content[input_text]": {"text": "x"},
    "item[message].content[input_audio]": {"transcript": "x"},
    "item[message].content[output_audio]": {"transcript": "x"},
    "item[function_call]": {"name": "x", "arguments": "{}"},
    "item[function_call_output]": {"call_id": "x", "output": "x"},
    "session.tools[function]": {"name": "x"},
    "session.tool_choice[function]": {"name": "x"},
    "session.audio.input.transcription": {"model": "x"},
}
"""What must stand beside a field."""


# --- The specification ---------------------------------------------------------------------------------------------------


OF_ONE_KIND = {"text": "_text", "audio": "_audio", "transcript": "_audio", "image_url": "_image", "detail": "_image"}
"""Where one type describes parts of several kinds: the fields that its docstrings give to one of them."""


def specified() -> dict[str, Any]:
    """The type of each field of each client event, by paths such as "item[message].content[input_text].text"."""
    found: dict[str, Any] = {}
    for event in get_args(RealtimeClientEventParam):
        (name,) = get_args(get_type_hints(event)["type"])
        for path, spec in _fields_of(event, ""):
            known_by_itself = re.split(r"[.\[]", path)[0] in ("item", "response", "session", "event_id")
            found.setdefault(path if known_by_itself else f"{name}.{path}", spec)
    return {path: spec for path, spec in found.items() if path not in ("item", "response", "session")}


def _fields_of(spec: Any, path: str) -> Iterator[tuple[str, Any]]:
    if get_origin(spec) in (Required, NotRequired):
        yield from _fields_of(get_args(spec)[0], path)
    elif is_typeddict(spec):
        hints = get_type_hints(spec)
        kind = hints.pop("type", None)
        kinds = get_args(kind) if get_origin(kind) is Literal and path not in ("", "session") else ()
        yield from ((f"{path}[{kind}]", spec) for kind in kinds)
        for name, inner in hints.items():
            of = [kind for kind in kinds if len(kinds) == 1 or kind.endswith(OF_ONE_KIND.get(name, "any"))]
            place = f"{path}[{of[0]}].{name}" if of else f"{path}.{name}".lstrip(".")
            yield place, inner
            yield from _fields_of(inner, place)
    else:
        for inner in get_args(spec):
            yield from _fields_of(inner, path)


def value_of(spec: Any) -> Any:
    """Some value of a type."""
    arguments = [argument for argument in get_args(spec) if argument is not NoneType]
    if get_origin(spec) in (Required, NotRequired, Union):
        return value_of(arguments[0])
    if get_origin(spec) is Literal:
        return arguments[-1]
    if is_typeddict(spec):
        hints = get_type_hints(spec)
        return {name: value_of(hints[name]) for name in sorted(spec.__required_keys__)}
    simple = {str: "x", int: 700, float: 0.7, bool: False, object: {"type": "object"}}
    if spec in simple:
        return simple[spec]
    return {"x": "x"} if get_origin(spec) is dict else [value_of(arguments[0])]


def is_in(path: str, table: Iterable[str]) -> bool:
    """Whether the field, or one that it is part of, stands in the table."""
    return any(path == entry or path.startswith((f"{entry}.", f"{entry}[")) for entry in table)


# --- Messages that hold one field ----------------------------------------------------------------------------------------


def steps_of(path: str) -> Iterator[tuple[str, str, bool, str]]:
    """Of each step its name, the type it asks for (or ""), whether that stands in a list, and the path up to here."""
    so_far = ""
    for step in path.split("."):
        so_far = f"{so_far}.{step}".lstrip(".")
        name, _, kind = step.rstrip("]").partition("[")
        yield name, kind, bool(kind) and re.sub(r"\[\w+\]", "", so_far) in LISTS, so_far


def message_with(path: str, value: Any) -> Event:
    """The client event in which the field at `path` has that value, and nothing else stands that need not."""
    types = {"item": "conversation.item.create", "session": "session.update", "response": "response.create"}
    event: Event = {"type": types[re.split(r"[.\[]", path)[0]]}
    place = event
    for name, kind, in_list, so_far in steps_of(path):
        inner = {**({"type": kind} if kind else {}), **NEEDED.get(so_far, {})}
        filled = value if so_far == path and not kind else inner
        place[name] = [filled] if in_list else filled
        place = inner
    if "[output_" in path:
        event["item"]["role"] = "assistant"
    return event


def at(path: str, message: Any) -> Any:
    """What stands at `path`; for `name[type]` the type."""
    for name, _kind, in_list, _so_far in steps_of(path):
        message = message.get(name) if isinstance(message, dict) else None
        if in_list and isinstance(message, list):
            message = message[0] if message else None
    return message.get("type") if path.endswith("]") and isinstance(message, dict) else message


def dotted(path: str) -> str:
    """The path as errors name it."""
    names = [f"{name}.0" if in_list else name for name, _kind, in_list, _so_far in steps_of(path)]
    return ".".join(names) + (".type" if path.endswith("]") else "")


def holds(told: Any, sent: Any) -> bool:
    """Whether all that was sent was told again."""
    if isinstance(sent, dict) and isinstance(told, dict):
        return all(name in told and holds(told[name], value) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(told, list):
        return len(told) == len(sent) and all(map(holds, told, sent))
    return bool(told == sent)


async def answers_to(client: Client, event: Event) -> list[Event]:
    """What the server says to an event, once the answer that it brought, if any, is over."""
    before = len(client.events)
    await client.send(event)
    await asyncio.sleep(0)
    await client.settle()
    await asyncio.sleep(0)
    return client.events[before:]


def errors_in(events: Iterable[Event]) -> list[Event]:
    return [event["error"] for event in events if event["type"] == "error"]


FIELDS = specified()
SENT = {path: EXAMPLES.get(path.split(".")[-1], value_of(spec)) for path, spec in FIELDS.items()}
DONE = [path for path in FIELDS if not is_in(path, [*NOT_DONE, *LISTED])]


# --- What holds for all --------------------------------------------------------------------------------------------------


def test_every_event_of_the_specification_is_known() -> None:
    assert {get_args(get_type_hints(event)["type"])[0] for event in get_args(RealtimeClientEventParam)} <= set(EVENTS)


def test_the_tables_name_only_fields_of_the_specification() -> None:
    ours = [
        path for path in (*NOT_DONE, *LISTED, *SHOWN_ELSEWHERE) if not any(is_in(known, [path]) for known in FIELDS)
    ]
    today = [path for path in OF_THE_BETA.values() if path and path not in FIELDS]
    both = [path for path in LISTED if is_in(path, NOT_DONE)]

    # The idle timeout of semantic_vad is in no type: refused since its twin's is done.
    assert (ours, today, both) == (["session.audio.input.turn_detection[semantic_vad].idle_timeout_ms"], [], [])


def test_what_is_shown_elsewhere_has_its_test() -> None:
    written = "".join(file.read_text("utf-8") for file in TESTS.rglob("test_*.py"))

    assert [name for name in SHOWN_ELSEWHERE.values() if f"def {name}(" not in written] == []


async def test_a_field_that_is_done_comes_back_in_the_servers_event() -> None:
    differs: dict[str, Any] = {}
    for path in [path for path in DONE if not is_in(path, SHOWN_ELSEWHERE)]:
        event = message_with(path, SENT[path])
        async with connected() as client:
            answer = [at(path, told) for told in await answers_to(client, event)]
        if not any(holds(told, at(path, event)) for told in answer):
            differs[path] = answer

    assert differs == {}


async def test_a_field_that_is_not_done_is_refused_by_its_name_and_with_what_to_do_instead() -> None:
    async with connected() as client:
        for path, instead in NOT_DONE.items():
            event = message_with(path, SENT.get(path, 6_000))
            (error,) = errors_in(await answers_to(client, event))
            assert (error["code"], error["param"]) == ("unsupported_parameter", dotted(path))
            assert error["message"].endswith(instead)


async def test_a_field_of_the_beta_is_refused_with_its_name_of_today() -> None:
    async with connected() as client:
        for path, today in OF_THE_BETA.items():
            for value in (None, "x"):
                (error,) = errors_in(await answers_to(client, message_with(path, value)))
                assert (error["code"], error["param"]) == ("unknown_parameter", path)
                assert (today or "gone") in error["message"]


async def test_a_field_that_is_listed_as_without_effect_is_accepted() -> None:
    errors: dict[str, list[Event]] = {}
    for path in [path for path in FIELDS if is_in(path, LISTED)]:
        async with connected() as client:
            if found := errors_in(await answers_to(client, message_with(path, SENT[path]))):
                errors[path] = found

    assert errors == {}
