"""What the file of a role or a scene may say, field by field.

A file has one table for each language that it can be practised in. Both have the same ids, so that what is asked in one
can be shown in the other. One's own may have a single table, whose titles then serve for both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import Field, model_validator

from pipeline.practice.practice import Goal, Level, QuestionKind, Seniority
from server.characters.file_format import LIST_OF_ONE, Id, Label, Table, Text, Texts, wrong

LANGUAGES = ("en", "zh")
"""In which anything can be practised, and explained; the first one is the likelier one where a file has both."""

TAKEN = re.compile(r"about-you|why-this-job|your-questions|(?:resume|fitted|card)-.+")
"""Ids of steps that plans have of themselves: two steps of one id would be asked once."""

Ways: TypeAlias = Annotated[tuple[Text, ...], Field(min_length=1, max_length=5), LIST_OF_ONE]
Words: TypeAlias = Annotated[tuple[Label, ...], Field(max_length=60), LIST_OF_ONE]


class QuestionTable(Table):
    """A question of an interview. words: of an advert or a CV that it fits."""

    id: Id
    kind: QuestionKind
    levels: Annotated[tuple[Seniority, ...], Field(min_length=1, max_length=3)]
    title: Label
    ask: Ways
    listen_for: Annotated[Texts, Field(max_length=8)] = ()
    hint: Text = ""
    words: Words = ()


class RoleTable(Table):
    """A role in one language. `{minutes}` in its opening becomes how long the interview takes."""

    title: Label
    line: Text = ""
    place: Text = ""
    opening: Text
    closing: Text
    questions: Annotated[tuple[QuestionTable, ...], Field(min_length=1, max_length=80)]

    @model_validator(mode="after")
    def name_questions_once(self) -> RoleTable:
        once("questions", [question.id for question in self.questions])
        return self

    @property
    def ids(self) -> Mapping[str, set[Any]]:
        """What both languages must have alike, by field."""
        return {"questions": {(one.id, one.kind, tuple(sorted(one.levels))) for one in self.questions}}


class PhraseTable(Table):
    """Something worth saying in a scene; in the other language's table stands what it means."""

    id: Id
    text: Text


class StepTable(Table):
    """A part of a scene. words: any of them shows that it was answered; without them any answer does."""

    id: Id
    title: Label
    ask: Ways
    hint: Text = ""
    words: Words = ()
    phrases: Annotated[tuple[Id, ...], Field(max_length=20)] = ()


class SceneTable(Table):
    """A scene in one language. you, they: who the person is in it, and who the character."""

    title: Label
    line: Text = ""
    place: Text = ""
    you: Label = ""
    they: Label = ""
    opening: Text
    closing: Text
    phrases: Annotated[tuple[PhraseTable, ...], Field(max_length=20)] = ()
    steps: Annotated[tuple[StepTable, ...], Field(min_length=1, max_length=12)]

    @model_validator(mode="after")
    def name_what_is_there(self) -> SceneTable:
        once("steps", [step.id for step in self.steps])
        once("phrases", [phrase.id for phrase in self.phrases])
        known = {phrase.id for phrase in self.phrases}
        for number, step in enumerate(self.steps):
            if missing := [id for id in step.phrases if id not in known]:
                raise wrong(f"steps.{number}.phrases", f"names `{missing[0]}`, which is none of `phrases`")
        return self

    @property
    def ids(self) -> Mapping[str, set[Any]]:
        """What both languages must have alike, by field."""
        return {"steps": {step.id for step in self.steps}, "phrases": {phrase.id for phrase in self.phrases}}


T = TypeVar("T", RoleTable, SceneTable)


class _File(Table, Generic[T]):
    """What both kinds of files have."""

    id: Id
    en: T | None = None
    zh: T | None = None

    @model_validator(mode="after")
    def say_the_same_in_both_languages(self) -> _File[T]:
        if not self.languages:
            raise wrong("en", "is missing: a file needs a table for `en`, `zh` or both")
        if self.en and self.zh:
            for field, ids in self.en.ids.items():
                different = ids ^ self.zh.ids[field]
                if different:
                    raise wrong(f"zh.{field}", f"differ from those of `en`: {_named(different)}")
        return self

    @property
    def languages(self) -> Sequence[str]:
        """Those that it has a table for."""
        return [language for language in LANGUAGES if getattr(self, language) is not None]

    def table(self, language: str) -> T | None:
        """What it says in a language; None if nothing."""
        found: T | None = getattr(self, language) if language in LANGUAGES else None
        return found

    def shown(self, language: str) -> T:
        """What is shown to somebody who speaks `language`: the other table where there is none of it."""
        found = self.table(language) or self.table(self.languages[0])
        assert found is not None
        return found


class RoleFile(_File[RoleTable]):
    """A role to be interviewed for."""

    kind: Literal["interview"]


class SceneFile(_File[SceneTable]):
    """A scene to speak a language in."""

    kind: Literal["language"]
    goals: Annotated[tuple[Goal, ...], Field(min_length=1, max_length=4)]
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=5)]


TemplateFile: TypeAlias = RoleFile | SceneFile


def once(field: str, ids: Sequence[str]) -> None:
    """Raises `ValidationError` where an id is there twice, or a plan's own."""
    for number, id in enumerate(ids):
        if field != "phrases" and TAKEN.fullmatch(id):
            raise wrong(f"{field}.{number}.id", f"`{id}` is the id of what every plan may have: choose another one")
        if id in ids[:number]:
            raise wrong(f"{field}.{number}.id", f"`{id}` is the id of another one, too")


def _named(different: set[Any]) -> str:
    ids = sorted({one if isinstance(one, str) else one[0] for one in different})
    return ", ".join(f"`{id}`" for id in ids[:5])
