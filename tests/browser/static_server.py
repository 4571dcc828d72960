"""The page's files over HTTP with canned answers of `/api`: enough to load the page, or one of its modules, in a browser."""

from __future__ import annotations

import json
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

STATIC = Path(__file__).resolve().parents[2] / "static"


def character(identifier: str, language: str = "en", hears: tuple[str, ...] = ("en",)) -> dict[str, Any]:
    """A character as `/api/characters` describes it."""
    return {
        "id": identifier,
        "name": {"en": identifier.title(), "zh": f"{identifier}（中）"},
        "line": {"en": "Well then.", "zh": "那么。"},
        "languages": ["en", "zh"],
        "language": language,
        "topics": {"en": ["rain"], "zh": ["雨"]},
        "accent": "#7a5c3e",
        "portrait": identifier,
        "hears": list(hears),
        "speaks": ["en", "zh"],
        "mine": False,
        "published": True,
        "unfinished": False,
        "favourite": False,
        "talks": 0,
        "purpose": "talk",
        "tags": [],
        "picture": "",
        "origin": None,
        "updated_at": None,
    }


STARTER: dict[str, Any] = {
    "state": "absent",
    "done": 0,
    "total": 0,
    "hears": [],
    "speaks": [],
    "entries": [],
    "generation": 0,
    "error": "",
    "may_change": True,
}
ANSWERS: dict[str, Any] = {
    "/api/account": {"mode": "off", "account": None},
    "/api/characters/philosopher": {**character("philosopher"), "file": {}, "visibility": "published"},
    "/api/memory": {"items": [], "next": None},
    "/api/memory/choices": {"items": []},
    "/api/files": {
        "items": [],
        "next": None,
        "usage": {"files": 0, "bytes": 0, "most_files": 20, "most_bytes": 200_000_000},
    },
    "/api/starter": STARTER,
    "/api/characters": {
        "items": [character("assistant"), character("philosopher"), character("nobody-knows")],
        "next": None,
    },
    "/api/status": {
        "version": "0.0.0",
        "language_model": {"name": "scripted", "connected": False},
        "engines": [{"role": "recognizer", "name": "stub", "state": "ready", "languages": ["en"], "note": ""}],
        "advice": [{"code": "connect", "text": {"en": "Connect a model.", "zh": "接上模型。"}, "command": "run.py"}],
    },
}


class Files(BaseHTTPRequestHandler):
    """`/`, `/static/…` and the canned answers; everything else is 404."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path in ANSWERS:
            body = json.dumps({"success": True, "data": ANSWERS[path], "message": "", "error": None}).encode()
            return self.answer(200, "application/json", body)
        file = STATIC / "index.html" if path == "/" else (STATIC / path.removeprefix("/static/")).resolve()
        if not (path == "/" or path.startswith("/static/")) or STATIC not in file.parents or not file.is_file():
            return self.answer(404, "text/plain", b"not here")
        kind = "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(file.name)[0]
        return self.answer(200, kind or "application/octet-stream", file.read_bytes())

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""


@contextmanager
def serve_static() -> Iterator[str]:
    """Serve on a free port of this machine; the address without a trailing slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
