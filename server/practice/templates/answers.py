"""What is told of roles and scenes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from pipeline.practice.practice import Goal, Level, PracticeKind, QuestionKind
from server.api.endpoint import Body, Described
from server.api.etags import Versioned
from server.api.moments import Moment
from server.practice.templates.catalogue import Template
from server.practice.templates.file_format import SceneFile, TemplateFile


class TemplateQuery(Described):
    """Which ones."""

    kind: PracticeKind | Literal[""] = ""


class TemplateSummary(Described):
    """A role or a scene, as it is chosen. Texts are by language."""

    id: str
    kind: PracticeKind
    mine: bool
    languages: Sequence[str]
    """In which it can be practised."""
    title: Mapping[str, str]
    line: Mapping[str, str]
    goals: Sequence[Goal]
    """What a scene is good for; none of a role."""
    levels: Sequence[Level]
    """For whom a scene is; none of a role."""
    steps: int
    """Of a scene."""
    questions: Mapping[QuestionKind, int]
    """How many a role has of each kind."""
    updated_at: Moment | None
    """Null for built-in ones."""

    @classmethod
    def of(cls, template: Template) -> TemplateSummary:
        """What is told of it."""
        return cls(**fields_of(template))


class DetailedTemplate(TemplateSummary, Versioned):
    """A role or a scene with all that it says. The version of a built-in one is 0."""

    file: Mapping[str, Any]
    """As the files of built-in ones have it."""

    @classmethod
    def of(cls, template: Template) -> DetailedTemplate:
        """What is told of it."""
        return cls(**fields_of(template), version=template.version, file=template.file)


class TemplateList(Described):
    """One's own, the newest first, then the built-in ones."""

    items: Sequence[TemplateSummary]


class NewTemplate(Body):
    """What to make one of."""

    file: dict[str, Any] | None = None
    """As the files of built-in ones have it; it needs no `id`, and of `en` and `zh` one only."""
    copy_of: Annotated[str, Field(max_length=64)] = ""
    """The id of one to begin with, instead of a file."""


class NewTemplateVersion(Body):
    """What it says from now on."""

    file: dict[str, Any]


def fields_of(template: Template) -> dict[str, Any]:
    """What summaries have."""
    parsed = template.parsed
    tables = {language: parsed.shown(language) for language in parsed.languages}
    return {
        "id": template.id,
        "kind": parsed.kind,
        "mine": template.mine,
        "languages": parsed.languages,
        "title": {language: table.title for language, table in tables.items()},
        "line": {language: table.line for language, table in tables.items() if table.line},
        "updated_at": template.updated_at,
        **_counted(parsed),
    }


def _counted(parsed: TemplateFile) -> dict[str, Any]:
    """What only one of both kinds has."""
    if isinstance(parsed, SceneFile):
        steps = len(parsed.shown(parsed.languages[0]).steps)
        return {"goals": parsed.goals, "levels": parsed.levels, "steps": steps, "questions": {}}
    questions = Counter(question.kind for question in parsed.shown(parsed.languages[0]).questions)
    return {"goals": (), "levels": (), "steps": 0, "questions": questions}
