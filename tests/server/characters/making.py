"""Characters for tests, and the store that keeps them."""

from __future__ import annotations

from typing import Any

from server.characters.editing import Editing, New
from server.characters.store import CharacterStore
from server.storage.database import Database

NOW = 1_800_000_000_000


def file(name: str = "Nemo", **more: Any) -> dict[str, Any]:
    """A short file in English; `more` goes into its table, in Chinese as well if `zh` is a table."""
    zh = more.pop("zh", None)
    whole = {key: more.pop(key) for key in ("purpose", "accent") if key in more}
    english = {"name": name, "who": f"{name}, captain of the Nautilus.", "greeting": "Welcome aboard.", **more}
    chinese = {"zh": {"name": zh, "who": f"{zh}，鹦鹉螺号的船长。", "greeting": "欢迎上船。"}} if zh else {}
    return {"languages": ["en", *chinese], "en": english, **chinese, **whole}


class Clock:
    """The wall clock, set by the test."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        self.now += 1
        return self.now


def editing(database: Database, clock: Clock | None = None) -> Editing:
    return Editing(CharacterStore(database, clock or Clock()))


async def made(by: Editing, person_id: str, *names: str, **more: Any) -> list[str]:
    """The ids of new characters called so."""
    return [await by.create(person_id, New(file(name, **more))) for name in names]
