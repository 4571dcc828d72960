"""Function calls put together from the pieces in which servers stream them, also where the numbering is wrong. Pure."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any
from uuid import uuid4

from models.remote.chat.text.dialects import as_json, values_in
from pipeline.engines.protocols import ToolCall

LONGEST_ID = 32
KEPT = 1_024
"""Calls whose further fields are remembered."""
MOST = 64
"""Calls in one answer."""
LONGEST_ARGUMENTS = 1_000_000
KNOWN = frozenset(("index", "id", "type", "function", "name", "arguments"))


@dataclass(slots=True)
class Call:
    """One call. extra: fields of it that are not OpenAI's, which some servers want back with it."""

    id: str = ""
    name: str = ""
    arguments: str = ""
    index: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class Calls:
    """Gathers the calls of one answer.

    A piece goes on with the call of its number or its id. It begins a new one where it names a function and the known call
    has another id, another name, or all of its arguments: some servers number every call 0, some none, and some give each
    piece an id of its own.
    """

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, piece: Any) -> None:
        """Take one entry of `tool_calls`. What is no such entry is ignored."""
        if not isinstance(piece, Mapping):
            return
        function = piece.get("function")
        function = function if isinstance(function, Mapping) else piece
        name, identifier = _text(function.get("name")), _text(piece.get("id"))
        arguments, index = function.get("arguments"), piece.get("index")
        call = self._continued(name, identifier, index if isinstance(index, int) else None, arguments)
        if call is None:
            if len(self._calls) >= MOST:
                return
            call = Call(index=index if isinstance(index, int) else None)
            self._calls.append(call)
        call.id = call.id or identifier
        call.name = call.name or name
        call.extra |= {key: value for key, value in piece.items() if key not in KNOWN and value is not None}
        _extend(call, arguments)

    def whole(self) -> Iterator[Call]:
        """The calls, each with an id of its own."""
        taken = set[str]()
        for call in self._calls:
            call.name = _plain_name(call.name)
            if not call.name:
                continue
            call.id = short_id("" if call.id in taken else call.id)
            taken.add(call.id)
            call.arguments = _plain_arguments(call.arguments.strip() or "{}")
            yield call

    def _continued(self, name: str, identifier: str, index: int | None, arguments: Any) -> Call | None:
        """The call that a piece goes on with, if it is not the beginning of one."""
        numbered = [call for call in self._calls if index is not None and call.index == index]
        named = [call for call in self._calls if identifier and call.id == identifier]
        unnumbered = self._calls if index is None else ()
        call = next(iter([*reversed(numbered), *reversed(named), *reversed(unnumbered)]), None)
        if call is None or not name or not call.name:
            return call
        other_id = bool(identifier) and bool(call.id) and identifier != call.id
        if name == call.name and not _is_whole(call.arguments):
            return None if other_id and _begins(arguments) and call.arguments else call
        repeated = name == call.name and not other_id and _same(call.arguments, arguments)
        return call if repeated else None


class Returned:
    """What servers want back with calls that they made: fields of their own, and the thought that led to them."""

    def __init__(self) -> None:
        self._kept = OrderedDict[ToolCall, tuple[Mapping[str, Any], str]]()

    def keep(self, calls: Sequence[Call], thought: str) -> None:
        """Remember the calls of one answer; of all of them the newest."""
        for call in calls:
            if call.extra or thought:
                self._kept[ToolCall(call.id, call.name, call.arguments)] = call.extra, thought
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def fields(self, call: ToolCall) -> Mapping[str, Any]:
        """The fields of a call that are not OpenAI's."""
        return self._kept[call][0] if call in self._kept else {}

    def thought(self, call: ToolCall) -> str:
        """What was thought before it."""
        return self._kept[call][1] if call in self._kept else ""


def short_id(identifier: str) -> str:
    """The same id, if it is one of at most 32 characters; else one made from it, or new if it is empty."""
    if 0 < len(identifier) <= LONGEST_ID:
        return identifier
    seed = identifier or uuid4().hex
    return "call_" + blake2s(seed.encode(), digest_size=12).hexdigest()


def _extend(call: Call, arguments: Any) -> None:
    if arguments is None or (isinstance(arguments, str) and _same(call.arguments, arguments)):
        return
    if not isinstance(arguments, str):
        call.arguments = as_json(arguments)
    elif len(call.arguments) > 1 and arguments.startswith(call.arguments):
        call.arguments = arguments  # some servers send all of it again and again
    elif len(call.arguments) < LONGEST_ARGUMENTS and not (_is_whole(call.arguments) and call.arguments != "{}"):
        call.arguments = arguments if call.arguments == "{}" else call.arguments + arguments


def _same(known: str, arguments: Any) -> bool:
    return bool(known) and _is_whole(known) and (as_json(arguments).strip() == known.strip())


def _begins(arguments: Any) -> bool:
    return not isinstance(arguments, str) or arguments.lstrip().startswith("{")


def _is_whole(arguments: str) -> bool:
    if not arguments.rstrip().endswith("}"):
        return False
    try:
        json.loads(arguments, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def _plain_name(name: str) -> str:
    """Without what models write round it: marks of their own, a name space, the number of the call."""
    return re.sub(r":\d+\Z", "", name.partition("<|")[0].strip().removeprefix("functions."))


def _plain_arguments(arguments: str) -> str:
    """A JSON object, if there is one in what was written: encoded twice, fenced, in Python's way, before a mark."""
    try:
        value = json.loads(arguments, strict=False)
    except (ValueError, RecursionError):
        value = arguments
    if isinstance(value, str):
        value = next(values_in(value), value)
        return as_json(value) if isinstance(value, dict) else arguments
    return arguments


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
