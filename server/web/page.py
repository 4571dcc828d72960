"""The page: its files, and the headers that keep it to itself."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parents[2] / "static"

PAGE_POLICY = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def routes() -> list[BaseRoute]:
    """The page and its files."""
    return [Route("/", index), Mount("/static", StaticFiles(directory=STATIC))]


def index(request: Request) -> Response:
    """The page. Its addresses are relative, but where the site's path is known: there may be no slash at the end of it."""
    root = request.scope["root_path"]
    html = (STATIC / "index.html").read_text("utf-8")
    if root:
        html = html.replace('="static/', f'="{root}/static/')
    return HTMLResponse(html, headers={"Cache-Control": "no-cache"})


class PageHeaders:
    """Adds the headers that keep the page to itself. Plain ASGI, so that streams and sockets pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_file = scope["path"].startswith(f"{scope['root_path']}/static")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                if is_file:
                    headers["Cache-Control"] = "no-cache"
            await send(message)

        await self._app(scope, receive, send_with_headers)
