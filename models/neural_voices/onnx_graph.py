"""Parts of an ONNX file as files of their own, without the package onnx: as much of protobuf as that takes.

The bytes of a message and of another one behind them are both merged, and what appears twice is a list; so a file is
changed by leaving out entries of its lists and by putting others behind them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

GRAPH = 7
"""Of ModelProto."""
NODE, INITIALIZER, INPUT, OUTPUT, VALUE_INFO = 1, 5, 11, 12, 13
"""Of GraphProto."""
TAKES, GIVES, KIND = 1, 2, 4
"""Of NodeProto: the names of its inputs and outputs, and the operator's."""
TENSOR_NAME, VALUE_NAME = 8, 1
FLOAT = b"\x08\x01"
"""TypeProto.Tensor with elem_type FLOAT."""


def with_output(model: bytes, name: str) -> bytes:
    """An ONNX file that also gives out the inner value `name`, float32."""
    return model + _field(GRAPH, _field(OUTPUT, _value(name)))


def part_of(model: bytes, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """The part of an ONNX file that makes `outputs` from `inputs`, which may be inner values, float32.

    Of the file's own inputs those stay that are needed. Raises `ValueError` for a file that is damaged or has no such part.
    """
    view = memoryview(model)
    fields = list(_fields(view))
    graphs = [field for field in fields if field.number == GRAPH]
    if len(graphs) != 1:
        raise ValueError("no ONNX file")
    entries = list(_fields(graphs[0].content))
    nodes = [_Node.of(entry) for entry in entries if entry.number == NODE]
    kept, named = _needed(nodes, inputs, outputs)
    body = [node.entry.whole for node in nodes if id(node) in kept]
    for entry in entries:
        if entry.number in (INITIALIZER, INPUT):
            keep = _name(entry) in named and _name(entry) not in inputs
        else:
            keep = entry.number not in (NODE, OUTPUT, VALUE_INFO)
        body += [entry.whole] if keep else []
    body += [memoryview(_field(INPUT, _value(name))) for name in inputs]
    body += [memoryview(_field(OUTPUT, _value(name))) for name in outputs]
    head = [field.whole for field in fields if field.number != GRAPH]
    return b"".join([*head, _field(GRAPH, b"".join(body))])


def made_by(model: bytes, kind: str) -> list[str]:
    """The names of what all nodes of a kind give out, in their order."""
    graphs = [field.content for field in _fields(memoryview(model)) if field.number == GRAPH]
    nodes = (_Node.of(entry) for graph in graphs for entry in _fields(graph) if entry.number == NODE)
    return [name for node in nodes if node.kind == kind for name in node.gives]


def _needed(nodes: Sequence[_Node], inputs: Sequence[str], outputs: Sequence[str]) -> tuple[set[int], set[str]]:
    """The nodes, by identity, that lead from inputs to outputs, and all names that they take."""
    makers = {name: node for node in nodes for name in node.gives}
    kept, named, open_names = set[int](), set[str](), list(outputs)
    while open_names:
        name = open_names.pop()
        node = makers.get(name)
        if name in inputs or node is None:
            continue
        if id(node) not in kept:
            kept.add(id(node))
            named.update(node.takes)
            open_names += node.takes
    if missing := [name for name in (*inputs, *outputs) if name not in makers and name not in named]:
        raise ValueError(f"there is no value {missing[0]}")
    return kept, named


# --- Protobuf --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a message: its bytes with and without what stands before them."""

    number: int
    whole: memoryview
    content: memoryview


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    entry: _Field
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    kind: str

    @classmethod
    def of(cls, entry: _Field) -> _Node:
        names: dict[int, list[str]] = {TAKES: [], GIVES: [], KIND: []}
        for field in _fields(entry.content):
            if field.number in names:
                names[field.number].append(str(field.content, "utf-8"))
        return cls(entry, tuple(filter(None, names[TAKES])), tuple(filter(None, names[GIVES])), "".join(names[KIND]))


def _name(entry: _Field) -> str:
    wanted = TENSOR_NAME if entry.number == INITIALIZER else VALUE_NAME
    return next((str(field.content, "utf-8") for field in _fields(entry.content) if field.number == wanted), "")


def _fields(message: memoryview) -> Iterator[_Field]:
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        begin = at
        match tag & 7:  # the wire type
            case 0:
                _, at = _varint(message, at)
            case 1:
                at += 8
            case 5:
                at += 4
            case 2:
                size, begin = _varint(message, at)
                at = begin + size
            case other:
                raise ValueError(f"wire type {other}")
        if at > len(message):
            raise ValueError("cut short")
        yield _Field(tag >> 3, message[start:at], message[begin:at])


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number and where the next byte is."""
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("cut short")


def _value(name: str) -> bytes:
    """A ValueInfoProto: a name, and float32 of any shape as the type."""
    return _field(VALUE_NAME, name.encode()) + _field(2, _field(1, FLOAT))


def _field(number: int, content: bytes) -> bytes:
    return bytes(_written(number << 3 | 2)) + bytes(_written(len(content))) + content


def _written(value: int) -> Iterator[int]:
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
