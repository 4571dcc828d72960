"""Calls that a model writes as text, in the usual dialects. Pure.

Hermes, Qwen and Phi write JSON in tags; Qwen-Coder and Llama `<function=name>` with parameters as tags or JSON; GLM keys
and values in tags; Mistral `[TOOL_CALLS]`; DeepSeek and Kimi a name, a separator and JSON; Gemma and Llama
also a line of Python.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PARAMETER = re.compile(
    r"<(?:parameter|param)(?:=| name=)[\"']?(?P<name>[\w.-]+)[\"']?(?P<string> string=\"true\")?[^<>]{0,40}>(?P<value>.*?)"
    r"(?:</(?:parameter|param)>|(?=<(?:parameter|param)(?:=| name=))|(?=</function>|</invoke>)|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_NAMED = re.compile(
    r"<(?:function|invoke)(?:=| name=|\()[\"']?(?P<name>[\w.-]+)[\"']?\)?(?:>|(?=\{))(?P<rest>.*?)"
    r"(?=<(?:function|invoke)[= (]|\Z)",
    re.S,
)
_KEY_VALUE = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL)
_NAME_THEN_JSON = re.compile(
    r"(?:functions?[.:])?(?P<name>[A-Za-z_][\w.-]*)(?::\d+)?\s*"
    r"(?:\[ARGS\]|\[CALL_ID\][^\[]*\[ARGS\]|<[^<>]{1,40}>)?\s*(?:```(?:json)?\s*)?(?=\{)"
)
_SEPARATED = re.compile(r"(?:function)?<[|｜]tool[▁_]sep[|｜]>(?P<name>[\w.-]+)\s*```(?:json)?\s*(?=\{)")
_SEPARATED_BARE = re.compile(r"(?P<name>[\w.-]+)<[|｜]tool[▁_]sep[|｜]>\s*(?=\{)")
_IN_TAGS = re.compile(
    r"<(?:tool_|function_)?name>\s*(?P<name>[\w.-]+)\s*</[a-z_]{4,14}>\s*"
    r"<(?:arguments|parameters|args|input)>\s*(?P<rest>.*?)\s*</(?:arguments|parameters|args|input)>",
    re.DOTALL,
)
_GEMMA = re.compile(r"call:(?P<name>[\w.-]+)(?=\{)")
_BARE_KEY = re.compile(r"(?<=[{,])\s*([A-Za-z_]\w*)\s*:")
_DSML = re.compile(r"[|｜]DSML[|｜]")
_PRINTED = re.compile(r"print\((.*)\)", re.DOTALL)
_NAMES = ("name", "function", "function_name", "tool", "tool_name", "recipient_name")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "params", "tool_input", "kwargs")


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call that was found in text; `arguments` is JSON."""

    name: str
    arguments: str


def calls_in(text: str) -> list[WrittenCall]:
    """The calls that `text` holds, which is all that stood between the marks of a call; none if it makes no sense."""
    text = re.sub(r"(?:<\|\w+\|>\s*)+\Z", "", _DSML.sub("", text)).strip().removeprefix("functools")
    return (
        list(_in_json(text))
        or list(_in_gemmas_way(text))
        or list(_in_named_tags(text))
        or list(_named_in_tags(text))
        or list(_named_before_json(text))
        or list(_in_keys(text))
        or list(_in_python(text))
    )


def _in_json(text: str) -> Iterator[WrittenCall]:
    for value in values_in(text):
        for entry in value if isinstance(value, list) else [value]:
            if call := _of_value(entry):
                yield call


def values_in(text: str) -> Iterator[Any]:
    """The JSON objects and lists in a text that is nothing else but for tags, fences and commas."""
    decoder = json.JSONDecoder(strict=False)
    rest = text
    while rest := re.sub(r"\A(?:\s|,|;|```(?:\w+)?|</?[\w:|]+>|<[|｜][^<>]{1,40}[|｜]>)+", "", rest):
        try:
            value, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            value, end = _literal(rest), len(rest)
        if not isinstance(value, dict | list):
            return
        yield value
        rest = rest[end:]


def _literal(text: str) -> Any:
    """What is written as Python writes dictionaries, or with its end missing."""
    for candidate in (text, text + "}", text + '"}', text + "}}", text + '"}}'):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            pass
        try:
            return ast.literal_eval(candidate)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            pass
    return None


def _of_value(value: Any) -> WrittenCall | None:
    if not isinstance(value, dict):
        return None
    if isinstance(inner := value.get("function"), dict) or isinstance(inner := value.get("tool_call"), dict):
        return _of_value(inner)
    name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), "")
    arguments = next((value[key] for key in _ARGUMENTS if key in value), None)
    if not name or (arguments is None and set(value) - {"id", "type", *_NAMES}):
        return None
    return WrittenCall(name.removeprefix("functions."), as_json(arguments))


def as_json(arguments: Any) -> str:
    """Arguments as JSON text, however they were given."""
    if arguments is None or arguments == "":
        return "{}"
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _in_named_tags(text: str) -> Iterator[WrittenCall]:
    for found in _NAMED.finditer(text):
        rest = found["rest"]
        parameters = {
            each["name"]: each["value"].strip() if each["string"] else _value(each["value"])
            for each in _PARAMETER.finditer(rest)
        }
        if parameters or not (values := list(values_in(rest))):
            yield WrittenCall(found["name"], as_json(parameters))
        else:
            yield WrittenCall(found["name"], as_json(values[0]))


def _named_in_tags(text: str) -> Iterator[WrittenCall]:
    for found in _IN_TAGS.finditer(text):
        if isinstance(value := next(values_in(found["rest"]), None), dict):
            yield WrittenCall(found["name"], as_json(value))


def _in_gemmas_way(text: str) -> Iterator[WrittenCall]:
    """Keys without quotation marks, and marks of its own for those round texts."""
    for found in _GEMMA.finditer(text):
        plain = _BARE_KEY.sub(r'"\1":', re.sub(r'<escape>|<\|"\|>', '"', text[found.end() :]))
        if isinstance(value := next(values_in(plain), None), dict):
            yield WrittenCall(found["name"], as_json(value))


def _in_keys(text: str) -> Iterator[WrittenCall]:
    name = re.match(r"\s*([A-Za-z_][\w.-]*)\s*(?:\n|<arg_key>|\Z)", text)
    if name:
        yield WrittenCall(name[1], as_json({key.strip(): _value(value) for key, value in _KEY_VALUE.findall(text)}))


def _named_before_json(text: str) -> Iterator[WrittenCall]:
    decoder, at = json.JSONDecoder(strict=False), 0
    while found := next(
        filter(None, (each.search(text, at) for each in (_SEPARATED, _SEPARATED_BARE, _NAME_THEN_JSON))), None
    ):
        try:
            value, at = decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            yield WrittenCall(found["name"], as_json(value))


def _in_python(text: str) -> Iterator[WrittenCall]:
    bare = text.strip().strip("`").strip().removeprefix("[").removesuffix("]")
    printed = _PRINTED.fullmatch(bare)
    try:
        tree = ast.parse(f"[{printed[1] if printed else bare}]", mode="eval").body
        calls = [_python_call(each) for each in tree.elts] if isinstance(tree, ast.List) else []
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return
    yield from (call for call in calls if call)


def _python_call(tree: ast.expr) -> WrittenCall | None:
    """One call whose arguments are named. Raises `ValueError` where they are no plain values."""
    if not isinstance(tree, ast.Call) or tree.args:
        return None
    function = tree.func.value if isinstance(tree.func, ast.Attribute) and tree.func.attr == "call" else tree.func
    if not isinstance(function, ast.Name):
        return None
    named: Mapping[str, Any] = {each.arg: ast.literal_eval(each.value) for each in tree.keywords if each.arg}
    return WrittenCall(function.id, as_json(dict(named)))


def _value(text: str) -> Any:
    """A parameter's value: JSON where it is, else the text itself."""
    text = text.strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
