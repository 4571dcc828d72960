"""All roles and scenes that somebody may practise: the built-in ones, read once, and those of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from pipeline.errors import InvalidRequest
from server.practice.templates.file_format import TemplateFile
from server.practice.templates.reading import load_templates, parse_template
from server.practice.templates.store import OwnTemplates, is_own, no_such_template

log = structlog.get_logger("kaikou")

FOLDER = "practice"
"""In the folder of characters."""

OURS = Path(__file__).parents[3] / "personas" / FOLDER


@dataclass(frozen=True)
class Template:
    """A role or a scene. version, updated_at: of one's own."""

    id: str
    file: Mapping[str, Any]
    parsed: TemplateFile
    version: int = 0
    updated_at: int | None = None

    @property
    def mine(self) -> bool:
        return is_own(self.id)


@dataclass(frozen=True)
class Templates:
    """Where they are found."""

    built_in: Mapping[str, Template]
    own: OwnTemplates

    @classmethod
    def read(cls, personas: Path, own: OwnTemplates) -> Templates:
        """Those in the folder `practice` beside the characters, or ours where there is none. Raises `SettingError`."""
        folder = personas / FOLDER
        files = load_templates(folder if folder.is_dir() else OURS)
        return cls({id: Template(id, data, parsed) for id, (parsed, data) in files.items()}, own)

    async def all(self, person_id: str, kind: str = "") -> Sequence[Template]:
        """The person's own, the newest first, then the built-in ones; of one kind, or of both."""
        own = list[Template]()
        for row in await self.own.all(person_id):
            try:
                own.append(_of(row))
            except InvalidRequest as error:  # it was right when it was saved
                log.warning("a role or scene of an older version cannot be read", id=row.id, error=error.message)
        return [one for one in (*own, *self.built_in.values()) if kind in ("", one.parsed.kind)]

    async def get(self, person_id: str, id: str) -> Template:
        """One that the person may practise. Raises `NotFound`."""
        if is_own(id):
            return _of(await self.own.get(person_id, id))
        if id not in self.built_in:
            raise no_such_template()
        return self.built_in[id]


def _of(row: Any) -> Template:
    return Template(row.id, row.file, parse_template(row.file), row.version, row.updated_at)
