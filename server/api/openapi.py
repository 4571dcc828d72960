"""The OpenAPI 3.1 document of `/api`, made of the declared endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import InvalidRequest, KaikouError
from server import VERSION
from server.api.endpoint import Endpoint, Nothing
from server.api.idempotency import KEY
from server.api.paging import NoSuchPage, PageQuery
from server.errors import (
    STATUS,
    UNEXPECTED,
    Conflict,
    Forbidden,
    NotFound,
    OriginDenied,
    RateReached,
    StorageError,
    TooLarge,
    TooSlow,
    Unauthorized,
    UnsupportedMediaType,
    ValidationFailed,
)

Json = dict[str, Any]

SCHEMAS = "#/components/schemas/{model}"

FAILURE: Json = {
    "description": "What every error is told as. `code` is stable, `message` is for people and may change.",
    "type": "object",
    "required": ["success", "data", "message", "error"],
    "properties": {
        "success": {"const": False},
        "data": {"type": "null"},
        "message": {"type": "string"},
        "error": {
            "type": "object",
            "required": ["code", "details"],
            "properties": {"code": {"type": "string"}, "details": {"type": ["object", "null"]}},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
    "examples": [
        {
            "success": False,
            "data": None,
            "message": "There is nothing of that name.",
            "error": {"code": "not_found", "details": None},
        }
    ],
}

SECURITY: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key or an access token."},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "kaikou_login", "description": "What the page logs in with."},
}

RATE_HEADERS: Json = {
    "Retry-After": {"description": "Seconds until there is more of it.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "How many (q) in how many seconds (w).", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "How many are left (r); when all are there again (t).",
        "schema": {"type": "string"},
    },
}


def document(endpoints: Iterable[Endpoint], *, keyless: bool, root: str = "") -> Json:
    """The document. keyless: whether this server asks for no key; root: the path of the site under which it is served."""
    ordered = sorted(endpoints, key=lambda endpoint: endpoint.path)
    written, definitions = TypeAdapter.json_schemas(_models(ordered), ref_template=SCHEMAS)
    schemas = {(key, mode): schema for (key, mode), schema in written.items()}
    paths = {
        re.sub(r":\w+}", "}", path): {one.method.lower(): _operation(one, schemas, keyless) for one in methods}
        for path, methods in groupby(ordered, key=lambda endpoint: endpoint.path)
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kaikou", "version": VERSION, "description": "Talk to characters; keep what was said."},
        "servers": [{"url": root or "/"}],
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Failure": FAILURE},
            "securitySchemes": SECURITY,
        },
    }


def _models(endpoints: Iterable[Endpoint]) -> list[Any]:
    found: list[Any] = []
    for endpoint in endpoints:
        found.append((_name(endpoint, "answer"), "serialization", endpoint.answer))
        found.append((_name(endpoint, "query"), "validation", TypeAdapter(endpoint.query)))
        if endpoint.body:
            found.append((_name(endpoint, "body"), "validation", endpoint.body))
    return found


def _name(endpoint: Endpoint, part: str) -> str:
    return f"{endpoint.method} {endpoint.path} {part}"


def _operation(endpoint: Endpoint, schemas: Mapping[Any, Json], keyless: bool) -> Json:
    summary, _, description = endpoint.description.partition("\n")
    operation: Json = {
        "operationId": _operation_id(endpoint),
        "summary": summary.rstrip("."),
        "tags": [endpoint.tag],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint), *_headers(endpoint)],
        "responses": _responses(endpoint, schemas[_name(endpoint, "answer"), "serialization"]),
    }
    if description := description.strip():
        operation["description"] = description
    if not endpoint.open:
        operation["security"] = [*({name: list(endpoint.needs)} for name in SECURITY), *([{}] if keyless else [])]
        operation["x-role"] = endpoint.role
    if endpoint.body:
        kind, schema = "application/json", schemas[_name(endpoint, "body"), "validation"]
        operation["requestBody"] = {
            "required": not _takes_nothing(endpoint.body),
            "content": {kind: {"schema": schema}},
        }
    elif endpoint.receives:
        kind, received = endpoint.receives
        operation["requestBody"] = {"required": True, "content": {kind: {"schema": received}}}
    return operation


def _operation_id(endpoint: Endpoint) -> str:
    """`get_files_id_content`: of method and path, for these are one operation's alone."""
    path = endpoint.path.removeprefix("/api/")
    return f"{endpoint.method.lower()}_{re.sub('[^A-Za-z0-9]+', '_', path).strip('_')}"


def _takes_nothing(body: TypeAdapter[Any]) -> bool:
    """Whether all of it may be left out, which is taken for an empty object."""
    try:
        body.validate_python({})
    except ValidationError:
        return False
    return True


def _path_parameters(endpoint: Endpoint) -> Iterator[Json]:
    for name in re.findall(r"{(\w+)(?::\w+)?}", endpoint.path):
        schema = {"type": "string", "minLength": 1, "maxLength": endpoint.longest_parameter}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(endpoint: Endpoint) -> Iterator[Json]:
    if endpoint.query is not Nothing:
        model = endpoint.query.model_json_schema(ref_template=SCHEMAS)
        for name, schema in model["properties"].items():
            schema = {key: value for key, value in schema.items() if key != "title"}
            parameter = {"name": name, "in": "query", "required": name in model.get("required", ()), "schema": schema}
            yield parameter | ({"description": schema.pop("description")} if "description" in schema else {})


def _headers(endpoint: Endpoint) -> Iterator[Json]:
    """The headers that a request may have, beside those that show who asks."""
    if endpoint.takes_idempotency_key:
        yield _header(
            "Idempotency-Key",
            "Sent again with the same key, it is not done again, but answered as before.",
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": f"^{KEY.pattern}$"},
            "8e03978e-40d5-43dd-bc93-6894a57f9324",
        )
    if endpoint.etag and endpoint.changes:
        yield _header(
            "If-Match",
            "The ETag of what is changed; if it was changed meanwhile, nothing is done.",
            {"type": "string", "pattern": r'^("[0-9]{1,18}(-[0-9a-f]+)?"|\*)$'},
            '"3-c53afda0eaa2b1c1"',
        )


def _header(name: str, description: str, schema: Json, example: str) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": schema, "example": example}


def _responses(endpoint: Endpoint, answer: Json) -> Json:
    content: Json = {
        kind: {
            "schema": {}
            if kind in ("application/json", "text/event-stream")
            else {"type": "string", "format": "binary"}
        }
        for kind in endpoint.sends
    }
    if not content:
        content = {"application/json": {"schema": _enveloped(answer) if endpoint.enveloped else answer}}
    responses: Json = {str(endpoint.status): {"description": "Done.", "content": content}}
    for status, meaning in endpoint.also.items():
        responses[str(status)] = {"description": meaning, "content": content}
    if endpoint.etag:
        responses[str(endpoint.status)]["headers"] = {"ETag": {"schema": {"type": "string"}}}
    if endpoint.etag and not endpoint.changes:
        responses["304"] = {"description": "The client has it already."}
    by_status: dict[int, list[type[KaikouError]]] = {}
    for error in dict.fromkeys([*_of_the_layer(endpoint), *endpoint.errors]):
        by_status.setdefault(next(STATUS[kind] for kind in error.__mro__ if kind in STATUS), []).append(error)
    for status, errors in sorted(by_status.items()):
        told = " ".join(f"`{error.code}`: {_first_sentence(error)}" for error in errors)
        schema = {"$ref": SCHEMAS.format(model="Failure")}
        responses[str(status)] = {"description": told, "content": {"application/json": {"schema": schema}}}
    responses["429"]["headers"] = RATE_HEADERS
    return responses


def _of_the_layer(endpoint: Endpoint) -> Iterator[type[KaikouError]]:
    """What may go wrong before and after every handler."""
    yield from (KaikouError, RateReached)
    if not endpoint.open:
        yield from (Unauthorized, StorageError)
        yield Forbidden
    if endpoint.changes:
        yield OriginDenied
    if "{" in endpoint.path:
        yield NotFound
    if issubclass(endpoint.query, PageQuery):
        yield NoSuchPage
    if endpoint.takes_idempotency_key:
        yield from (Conflict, ValidationFailed)
    if endpoint.query is not Nothing or endpoint.body or (endpoint.etag and endpoint.changes):
        yield ValidationFailed
    if endpoint.body:
        yield from (InvalidRequest, TooSlow, TooLarge, UnsupportedMediaType)


def _first_sentence(error: type[KaikouError]) -> str:
    text = UNEXPECTED.message if error is KaikouError else cleandoc(error.__doc__ or "")
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


def _enveloped(data: Json) -> Json:
    return {
        "type": "object",
        "required": ["success", "data", "message", "error"],
        "properties": {
            "success": {"const": True},
            "data": data,
            "message": {"type": "string"},
            "error": {"type": "null"},
        },
        "additionalProperties": False,
    }
