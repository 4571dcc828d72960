"""A request → its query and body, checked against their models.

What cannot be read as JSON is a 400; what can, and is not as the model says, a 422 that names every field. Text with NUL in
it is refused here for all domains: databases refuse it, and libraries in C end a text at it.
"""

from __future__ import annotations

import json
from typing import Any, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request

from pipeline.errors import InvalidRequest
from server.errors import FieldFault, NotFound, UnsupportedMediaType, ValidationFailed
from server.json_text import check_structure, from_json

MOST_FAULTS = 20
"""Fields that one answer names."""


def check_path(request: Request, longest: int) -> None:
    """Raises `NotFound` where a parameter of the path can be nobody's id. longest: characters it may have."""
    for value in request.path_params.values():
        if isinstance(value, str) and (len(value) > longest or not value.isprintable()):
            raise NotFound("There is nothing of that name.")


def read_query(request: Request, model: type[BaseModel]) -> BaseModel:
    """What stands behind the question mark. Names that are not known are passed over: caches and trackers add some.
    A field that is a tuple may be given several times."""
    given: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        values, several = request.query_params.getlist(name), get_origin(field.annotation) is tuple
        if len(values) > 1 and not several:
            raise ValidationFailed([FieldFault(name, "repeated", "It may be given once only")])
        if values:
            given[name] = values if several else values[0]
    _check_text(given)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _failed(error) from None


def parse_body(request: Request, data: bytes, adapter: TypeAdapter[Any]) -> Any:
    """What was sent, as its model; no body at all counts as {}."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if data and kind != "application/json":
        raise UnsupportedMediaType("Send the body as JSON, with the header Content-Type: application/json.")
    data = data or b"{}"
    value = from_json(data, "The body")
    check_structure(value, "The body")
    json.loads(data, object_pairs_hook=_each_once)
    if b"\\u0000" in data:
        _check_text(value)
    try:
        return adapter.validate_json(data, strict=True)
    except ValidationError as error:
        raise _failed(error) from None


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    """Of two values of one name each program takes another, and what was checked is not what is done."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest(f"The body has two values of '{twice[:64]}'.", code="invalid_json")


def _check_text(value: Any, path: str = "") -> None:
    match value:
        case str() if "\0" in value:
            raise ValidationFailed([FieldFault(path, "nul", "Text may not have the character NUL in it")])
        case dict():
            for name, inner in value.items():
                _check_text(name, path)
                _check_text(inner, f"{path}.{name}" if path else name)
        case list():
            for number, inner in enumerate(value):
                _check_text(inner, f"{path}.{number}")


def _failed(error: ValidationError) -> ValidationFailed:
    found = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]
    return ValidationFailed([FieldFault(".".join(map(str, one["loc"])), one["type"], one["msg"]) for one in found])
