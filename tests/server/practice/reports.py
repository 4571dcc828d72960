"""A report as it is kept, of every kind of part."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from server.storage.database import Database
from server.storage.tables.practice import practice_reports, practices

NOON = 1_800_000_000_000


def clip(quote: str, start_ms: int = 72_000) -> dict[str, Any]:
    return {"line_id": "item_1", "start_ms": start_ms, "end_ms": start_ms + 900, "quote": quote}


def measure(id: str, value: float | None, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "value": value,
        "count": 40,
        "estimated": False,
        "missing": "",
        "clips": [],
        "previous": None,
        **more,
    }


def mistakes(*groups: tuple[str, int], per_100: float | None = 4.0) -> dict[str, Any]:
    """So many mistakes of each kind."""
    item = {"said": "goed", "better": "went", "reason": "It is irregular.", "clip": clip("goed"), "hinders": False}
    told = [
        {"kind": kind, "label": f"{kind} label", "count": count, "previous": None, "items": [item] * count}
        for kind, count in groups
    ]
    return {"groups": told, "per_100": per_100, "better": []}


def a_report() -> dict[str, Any]:
    """The contents of all parts."""
    structure = {"situation": clip("We had a fault."), "task": None, "action": clip("I wrote a test."), "result": None}
    question = {
        "step": "hard-fault",
        "title": "A hard fault",
        "asked": True,
        "answered": True,
        "clips": [clip("We had a fault.")],
        "structure": structure,
        "strength": {"text": "You said what you did.", "clip": clip("I wrote a test.")},
        "change": {"text": "Say the result."},
        "stronger": {"text": "I wrote a test, and […]."},
    }
    skipped = {**question, "title": "A plan", "asked": False, "answered": False}
    dimension = {
        "id": "structure",
        "label": "Structure",
        "low": 2,
        "high": 3,
        "anchors": ["none", "some", "most", "clear", "all"],
        "why": "Two parts are there.",
        "evidence": [clip("We had a fault.")],
    }
    return {
        "next": {
            "items": [{"text": "Say the result.", "why": "No answer had one.", "clips": [clip("I wrote a test.")]}]
        },
        "measures": {"items": [measure("pace", 121.4, previous=118.0), measure("pauses", None)]},
        "vocabulary": {
            "items": [measure("mattr", 0.812)],
            "new_words": [{"word": "deploy", "level": "B2", "clip": clip("deploy")}],
            "levels": [{"level": "A1", "count": 30, "share": 0.75}, {"level": "B2", "count": 10, "share": 0.25}],
            "range": {"from": "A2", "to": "B1", "evidence": ["Three words of B2."]},
        },
        "mistakes": mistakes(("R:VERB:INFL", 2), ("M:DET", 1)),
        "understood": {"items": [{"expected": "ship", "heard": "sheep", "clip": clip("sheep")}], "known": 3},
        "questions": {"items": [question, skipped]},
        "rubric": {"dimensions": [dimension], "impression": {"text": "Calm and clear."}},
    }


async def keep_report(
    database: Database, person: str, id: str = "prac_1", at: int = NOON, own_language: str = "en", **fields: Any
) -> str:
    """A practice that is over, with its report; `parts` are those of `a_report` unless others are given."""
    parts = fields.pop("parts", None) or a_report()
    practice = {
        "id": id,
        "person_id": person,
        "kind": "language",
        "language": "en",
        "character_id": "english-coach",
        "title": "In a café",
        "state": "over",
        "practice": {"own_language": own_language},
        "created_at": at,
        "began_at": at,
        "ended_at": at + 9 * 60_000,
        **fields,
    }
    async with database.write() as connection:
        await connection.execute(insert(practices).values(practice))
        for name, content in parts.items():
            row = {"practice_id": id, "person_id": person, "part": name, "content": content, "updated_at": at}
            await connection.execute(insert(practice_reports).values(row | {"state": "ready", "made_by": "rules"}))
    return id
