"""The API described by itself: its OpenAPI document, and a page to look it up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute

from server.api.endpoint import Call, Endpoint
from server.api.openapi import document
from server.api.serving import ApiRoute, api_routes
from server.services import Services

PAGE = Path(__file__).parents[2] / "static" / "reference" / "index.html"


def routes(services: Services) -> list[BaseRoute]:
    """Open to everybody, as the source is: tools that read the document have no key."""
    settings = services.settings
    description = Description(keyless=not settings.server.api_keys and settings.accounts.accounts == "off")
    return api_routes(
        services,
        [
            Endpoint("GET", "/api/openapi.json", description.openapi, enveloped=False, open=True, etag=True),
            Endpoint("GET", "/api/docs", description.page, sends=("text/html",), open=True),
        ],
    )


@dataclass
class Description:
    """The endpoints and what they need."""

    keyless: bool

    async def openapi(self, call: Call) -> dict[str, Any]:
        """This API as an OpenAPI 3.1 document."""
        routes = (route for route in call.request.app.routes if isinstance(route, ApiRoute))
        endpoints = (endpoint for route in routes for endpoint in route.endpoints.values())
        described = [endpoint for endpoint in endpoints if endpoint.described]
        return document(described, keyless=self.keyless, root=call.request.scope["root_path"])

    async def page(self, call: Call) -> HTMLResponse:
        """The same, to be read."""
        return HTMLResponse(PAGE.read_text("utf-8"), headers={"Cache-Control": "no-cache"})
