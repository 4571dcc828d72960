"""Practices that a scripted server has: what `/api/practice` and `/api/practices` answer, for tests of the page alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

ROLE_TABLE = {
    "title": "Gardener",
    "line": "Keeps a park.",
    "opening": "Hello.",
    "closing": "Thank you.",
    "questions": [
        {
            "id": "tree",
            "kind": "behavioural",
            "levels": ["entry"],
            "title": "A tree",
            "ask": ["Which tree?"],
            "words": [],
        }
    ],
}


def role(identifier: str, title: str = "Gardener", **fields: Any) -> dict[str, Any]:
    """A role as it is listed."""
    return {
        "id": identifier,
        "kind": "interview",
        "mine": False,
        "languages": ["en", "zh"],
        "title": {"en": title, "zh": f"{title}（中）"},
        "line": {"en": f"{title} of a park.", "zh": "公园里的工作。"},
        "goals": [],
        "levels": [],
        "steps": 0,
        "questions": {"behavioural": 6, "technical": 6, "case": 6},
        "updated_at": None,
        "version": 0,
        "file": {"id": identifier, "kind": "interview", "en": ROLE_TABLE, "zh": {**ROLE_TABLE, "title": "园丁"}},
        **fields,
    }


def scene(
    identifier: str, title: str, goals: tuple[str, ...], levels: tuple[str, ...], **fields: Any
) -> dict[str, Any]:
    """A scene as it is listed."""
    told = {"kind": "language", "goals": list(goals), "levels": list(levels), "steps": 4, "questions": {}}
    return {**role(identifier, title), **told, **fields}


STEPS = [
    {
        "id": "greet",
        "title": "Say hello",
        "ask": ["Hi there, what can I get you?"],
        "hint": "I'd like …, please.",
        "phrases": [{"text": "I'd like a coffee, please.", "meaning": "请给我一杯咖啡。"}],
        "card": "",
    },
    {"id": "order", "title": "Order a drink", "ask": ["What would you like?"], "hint": "", "phrases": [], "card": ""},
    {"id": "pay", "title": "Pay", "ask": ["Cash or card?"], "hint": "", "phrases": [], "card": "card_1"},
]


def practice(identifier: str = "prac_1", kind: str = "language", **fields: Any) -> dict[str, Any]:
    """A practice as the API describes it."""
    interview = {
        "role": "gardener",
        "seniority": "middle",
        "questions": "behavioural",
        "minutes": 20,
        "strictness": "neutral",
        "advert": "",
        "resume": "",
    }
    talked_in = {
        "scene": "cafe",
        "level": "B1",
        "goal": "small_talk",
        "correcting": "hindering",
        "speed": 0.9,
        "subtitles": True,
        "hints": True,
        "minutes": 10,
    }
    return {
        "id": identifier,
        "kind": kind,
        "language": "en",
        "own_language": "en",
        "character_id": "philosopher",
        "title": "In a café" if kind == "language" else "Gardener",
        "state": "ready",
        "conversation_id": None,
        "created_at": "2026-01-08T10:00:00Z",
        "began_at": None,
        "ended_at": None,
        "minutes": 10,
        "interview": interview if kind == "interview" else None,
        "scene": talked_in if kind == "language" else None,
        "place": "A small café, late morning.",
        "you": "a guest",
        "they": "the barista",
        "opening": "Hi there!",
        "closing": "Enjoy it!",
        "steps": STEPS,
        "phrases": [{"text": "I'd like a coffee, please.", "meaning": "请给我一杯咖啡。"}],
        "due": {},
        **fields,
    }


CLIP = {"line_id": "item_0", "start_ms": 1000, "end_ms": 2400, "quote": "I have went to the park"}
PAUSE = {"line_id": "item_0", "start_ms": 1400, "end_ms": 2600, "quote": ""}


def measured(identifier: str, value: float | None, previous: float | None = None, **fields: Any) -> dict[str, Any]:
    """A measure as a report tells it."""
    told = {"id": identifier, "value": value, "count": 12, "estimated": False, "missing": "", "clips": [CLIP, PAUSE]}
    return {**told, "previous": previous, **fields}


def ready(content: Any, made_by: str = "rules", reason: str = "") -> dict[str, Any]:
    """A part that is there."""
    return {"state": "ready", "content": content, "made_by": made_by, "reason": reason}


WAITING: dict[str, Any] = {"state": "waiting", "content": None, "made_by": "", "reason": ""}


def missing(reason: str) -> dict[str, Any]:
    """A part that is not there."""
    return {"state": "missing", "content": {"reason": reason}, "made_by": "", "reason": reason}


NEXT = {
    "items": [
        {"text": "Say “went” without “have”.", "why": "It came up three times.", "clips": [CLIP]},
        {"text": "Pause at the end of a thought.", "why": "Most pauses were within a clause.", "clips": [PAUSE]},
        {"text": "Ask something back.", "why": "You asked no question.", "clips": []},
    ]
}
MEASURES = {
    "items": [
        measured("words_per_minute", 118.4, 104.0),
        measured("pause_median", 640.0, 645.0, estimated=True),
        measured("fillers", None, None, missing="too_little", clips=[], count=0),
    ]
}
VOCABULARY = {
    "items": [measured("mattr", 0.712)],
    "new_words": [{"word": "went", "level": "A2", "clip": CLIP}],
    "levels": [{"level": "A1", "count": 60, "share": 0.75}, {"level": "A2", "count": 20, "share": 0.25}],
    "range": {"from": "A2", "to": "B1", "evidence": ["Three in four words are of A1."]},
}
MISTAKES = {
    "groups": [
        {
            "kind": "R:VERB:TENSE",
            "label": "Tense",
            "count": 2,
            "previous": 5,
            "items": [
                {
                    "said": "have went",
                    "better": "went",
                    "reason": "With a time that is over, English takes the simple past.",
                    "clip": CLIP,
                    "hinders": True,
                    "source": "rules",
                }
            ],
        }
    ],
    "per_100": 2.4,
    "better": [{"kind": "M:DET", "label": "An article is missing", "before": 4.0, "now": 1.2}],
}
UNDERSTOOD = {"items": [{"expected": "sheet", "heard": "seat", "clip": CLIP}], "known": 3}
QUESTIONS = {
    "items": [
        {
            "step": "greet",
            "title": "A hard fault",
            "asked": True,
            "answered": True,
            "clips": [CLIP],
            "structure": {"situation": CLIP, "task": None, "action": CLIP, "result": None},
            "strength": {"text": "You say what you did yourself.", "clip": CLIP},
            "change": {"text": "Say how it ended, with a number."},
            "stronger": {"text": "I went to the park and counted […] trees."},
        },
        {
            "step": "pay",
            "title": "A conflict",
            "asked": False,
            "answered": False,
            "clips": [],
            "structure": None,
            "strength": None,
            "change": None,
            "stronger": None,
        },
    ]
}
RUBRIC = {
    "dimensions": [
        {
            "id": "structure",
            "label": "Structure",
            "low": 3,
            "high": 4,
            "anchors": ["No thread", "A loose thread", "A thread", "A clear thread", "Easy to retell"],
            "why": "Two of four parts are there.",
            "evidence": [CLIP],
        }
    ],
    "impression": {"text": "Clear and honest; the ends are missing."},
}
DEFINITIONS = [
    {
        "id": "words_per_minute",
        "label": "Words a minute",
        "unit": "words/min",
        "digits": 1,
        "definition": "How many words you said in a minute of your own turns.",
        "formula": "words / minutes",
        "source": "De Jong & Bosker 2013",
    },
    {
        "id": "pause_median",
        "label": "Median pause",
        "unit": "ms",
        "digits": 1,
        "definition": "Half of your pauses were shorter.",
        "formula": "median(pauses ≥ 250 ms)",
        "source": "Goldman-Eisler 1968",
    },
    {
        "id": "fillers",
        "label": "Fillers",
        "unit": "per 100 words",
        "digits": 1,
        "definition": "Words like “um”.",
        "formula": "100 × fillers / words",
        "source": "—",
    },
    {
        "id": "mattr",
        "label": "MATTR",
        "unit": "",
        "digits": 1,
        "definition": "Variety.",
        "formula": "",
        "source": "Covington 2010",
    },
]


def whole(kind: str) -> dict[str, Any]:
    """All parts of a report."""
    language = {"mistakes": ready(MISTAKES, "model"), "understood": ready(UNDERSTOOD)}
    interview = {"questions": ready(QUESTIONS, "model"), "rubric": ready(RUBRIC, "model")}
    own = language if kind == "language" else interview
    return {"next": ready(NEXT, "model"), **own, "measures": ready(MEASURES), "vocabulary": ready(VOCABULARY)}


@dataclass
class Practised:
    """What there is, and what the page asked for."""

    templates: list[dict[str, Any]] = field(default_factory=list)
    practices: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    """What is told of the report, one after the other; the last one stays."""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, path, and what was sent."""
    faults: list[dict[str, str]] = field(default_factory=list)
    """What is wrong with the next thing that is sent."""
    fit: tuple[int, dict[str, Any]] = (200, {})
    """What comes of fitting the plan: status, and data or error."""
    document: tuple[int, dict[str, Any]] = (200, {"text": "Gardener wanted."})

    def serve(self, page: Page) -> None:
        page.route("**/api/practice/**", self._answer)
        page.route("**/api/practices**", self._answer)

    def sent(self, method: str, path: str) -> list[Any]:
        return [body for how, where, body in self.asked if (how, where) == (method, path)]

    def _answer(self, route: Route) -> None:
        request, url = route.request, urlsplit(route.request.url)
        path = url.path.removeprefix("/api/")
        body = None if "multipart" in (request.headers.get("content-type") or "") else request.post_data_json
        self.asked.append((request.method, path, body))
        if self.faults and request.method in ("POST", "PUT"):
            error = {"code": "validation_failed", "details": {"fields": self.faults}}
            self.faults = []
            return _tell(route, 422, None, error)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        status, data = self._data(request, path.split("/"), query, body)
        return _tell(route, status, data if status < 400 else None, data if status >= 400 else None)

    def _data(self, request: Request, path: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        match request.method, path:
            case "GET", ["practice", "templates"]:
                items = [one for one in self.templates if query.get("kind") in (None, one["kind"])]
                return 200, {"items": items}
            case method, ["practice", "templates", *rest]:
                return self._template(method, rest, body)
            case "GET", ["practice", "measures"]:
                return 200, {"items": DEFINITIONS}
            case "POST", ["practice", "documents"]:
                return self.document
            case "POST", ["practice", "cards"]:
                return 201, {"id": "card_1"}
            case "GET", ["practices"]:
                wanted = query.get("conversation")
                found = [one for one in self.practices if wanted in (None, one["conversation_id"])]
                return 200, {"items": found, "next": None}
            case "POST", ["practices"]:
                made = practice(f"prac_{len(self.practices) + 1}", body["kind"]) | body
                self.practices.insert(0, made | {"character_id": body["character_id"] or "philosopher"})
                return 201, self.practices[0]
            case method, ["practices", identifier, *rest]:
                return self._practice(method, identifier, rest)
        return 404, {"code": "not_found", "details": None}

    def _template(self, method: str, rest: list[str], body: Any) -> tuple[int, Any]:
        if method == "POST":
            file = body["file"]
            languages = [code for code in ("en", "zh") if code in file]
            titles = {code: file[code]["title"] for code in languages}
            told = {"mine": True, "languages": languages, "title": titles, "line": {}, "file": file, "version": 1}
            made = {**role("ptpl_1"), **told, "kind": file["kind"], "goals": file.get("goals", [])}
            self.templates.insert(0, {**made, "levels": file.get("levels", [])})
            return 201, self.templates[0]
        found = next((one for one in self.templates if one["id"] == rest[0]), None)
        if found is None:
            return 404, {"code": "template_not_found", "details": None}
        if method == "DELETE":
            self.templates.remove(found)
        if method == "PUT":
            found |= {"file": body["file"], "version": found["version"] + 1}
        return 200, found

    def _practice(self, method: str, identifier: str, rest: list[str]) -> tuple[int, Any]:
        found = next((one for one in self.practices if one["id"] == identifier), None)
        if found is None:
            return 404, {"code": "practice_not_found", "details": None}
        if rest == ["plan"]:
            return self.fit
        if rest == ["report"]:
            told = self.reports.pop(0) if len(self.reports) > 1 else self.reports[0]
            return 200, {"practice_id": identifier, "conversation_id": found["conversation_id"], "reason": "", **told}
        if method == "DELETE":
            self.practices.remove(found)
        return 200, found


def _tell(route: Route, status: int, data: Any, error: Any) -> None:
    body = {"success": error is None, "data": data, "message": "", "error": error}
    route.fulfill(status=status, content_type="application/json", body=json.dumps(body))
