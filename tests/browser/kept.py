"""Conversations that a scripted server keeps: what `/api/conversations` answers, for tests of the page alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

PAGE_OF = 200


def conversation(number: int, **fields: Any) -> dict[str, Any]:
    """A conversation as the API describes it."""
    return {
        "id": f"conv_{number}",
        "title": f"About rain {number}",
        "character": {"id": "philosopher", "name": "Philosopher", "version": "1"},
        "language": "en",
        "talked_at": f"2026-01-{number % 28 + 1:02}T10:00:00Z",
        "ended_at": f"2026-01-{number % 28 + 1:02}T10:05:00Z",
        "ended": "left",
        "lines": 2,
        "length_ms": 300_000,
        "hits": [],
        "recorded": False,
        "pinned": False,
        "preview": "It rains today.",
        "version": 1,
        **fields,
    }


def line(number: int, **fields: Any) -> dict[str, Any]:
    """A line as the API describes it: the person's are even."""
    said = fields.pop("said", f"Line number {number}.")
    return {
        "id": f"item_{number}",
        "role": "assistant" if number % 2 else "user",
        "said": said,
        "heard": said,
        "at_ms": 1000 * number,
        "end_ms": 1000 * number + 900,
        "interrupted": False,
        **fields,
    }


def hit_in(line: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Where `wanted` was found in it."""
    before, _, after = line["said"].partition(wanted)
    excerpt = [(before, False), (wanted, True), (after, False)]
    return {"line_id": line["id"], "excerpt": [{"text": text, "marked": marked} for text, marked in excerpt if text]}


@dataclass
class Kept:
    """What is kept, and what the page asked for."""

    conversations: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, path with query, and what was sent."""
    deleted: list[dict[str, Any]] = field(default_factory=list)
    fails: bool = False

    def serve(self, page: Page) -> None:
        page.route("**/api/conversations**", self._answer)

    def _answer(self, route: Route) -> None:
        request, url = route.request, urlsplit(route.request.url)
        path = url.path.removeprefix("/api/conversations").strip("/").split("/")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.asked.append((request.method, f"{url.path}?{url.query}", request.post_data_json))
        if self.fails:
            return route.abort()
        data = self._list(query) if path == [""] else self._one(request.method, path, query, request)
        if data is None:
            error = {"code": "conversation_not_found", "details": None}
            return _envelope(route, 404, {"success": False, "data": None, "message": "", "error": error})
        return _envelope(route, 200, {"success": True, "data": data, "message": "", "error": None})

    def _list(self, query: dict[str, str]) -> dict[str, Any]:
        found = [
            one for one in self.conversations if "pinned" not in query or one["pinned"] == (query["pinned"] == "true")
        ]
        if wanted := query.get("q"):
            hits = [hit_in(said, wanted) for said in self.lines if wanted in said["said"]]
            found = [{**one, "hits": hits} for one in found] if hits else []
        return _page(found, query, 50)

    def _one(self, method: str, path: list[str], query: dict[str, str], request: Any) -> Any:
        if path[1:] == ["restore"]:
            self.conversations += self.deleted
            return {}
        kept = next((one for one in self.conversations if one["id"] == path[0]), None)
        if kept is None:
            return None
        if path[1:] == ["lines"]:
            return _page(self.lines, query, int(query.get("limit", PAGE_OF)))
        if method == "DELETE":
            self.conversations.remove(kept)
            self.deleted.append(kept)
            return {"undo_until": "2026-01-01T00:00:10Z"}
        if method == "PATCH":
            kept |= request.post_data_json | {"version": kept["version"] + 1}
        return kept


def _page(items: list[dict[str, Any]], query: dict[str, str], limit: int) -> dict[str, Any]:
    begin = int(query.get("cursor") or 0)
    return {"items": items[begin : begin + limit], "next": str(begin + limit) if begin + limit < len(items) else None}


def _envelope(route: Route, status: int, body: dict[str, Any]) -> None:
    route.fulfill(status=status, content_type="application/json", body=json.dumps(body))
