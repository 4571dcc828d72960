"""The shape of `/api`: one envelope for answers and errors, and the check of the key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import KaikouError
from server.auth import check_key, presented_key
from server.errors import openai_error, status_of
from server.settings import Settings

Endpoint = Callable[[Request], Awaitable[Response]]

log = structlog.get_logger("kaikou")

UNEXPECTED = KaikouError("Something went wrong inside the server; please try again.")


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(content), status, headers, "application/json")


def success(data: Any, message: str = "") -> Response:
    """A good answer of `/api`."""
    return json_response({"success": True, "data": data, "message": message, "error": None})


def guarded(endpoint: Endpoint, settings: Settings, *, openai: bool = False) -> Endpoint:
    """`endpoint` behind the key, its errors told in the shape of `/api`, or of the OpenAI API."""

    async def handle(request: Request) -> Response:
        try:
            check_key(settings, presented_key(request))
            return await endpoint(request)
        except KaikouError as error:
            return _failure(error, openai)
        except Exception:
            log.exception("request failed", path=request.url.path)
            return _failure(UNEXPECTED, openai)

    return handle


def _failure(error: KaikouError, openai: bool) -> Response:
    status = status_of(error)
    if openai:
        return json_response({"error": openai_error(error)}, status)
    body = {"code": error.code, "param": getattr(error, "param", None)}
    return json_response({"success": False, "data": None, "message": error.message, "error": body}, status)
