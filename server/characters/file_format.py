"""What a character's file may say, field by field.

A file holds what does not depend on language at the top and one table per language, so that a translator works on one
block. Texts get their white space collapsed, but for the lines of long ones; a single text stands for a list of one.
What is long is so long because cards of other systems are; `pipeline.prompt.system_prompt` has a budget.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias
from unicodedata import category

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from pipeline.characters.book import Position
from pipeline.characters.character import CONDITIONS, Purpose

LIST_LIMIT = 120
"""Entries of a list or a table."""

BOOK_LIMIT = 5_000
"""Entries of a lorebook."""

LANGUAGE_TAG = "[a-z]{2,3}"

_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Control characters, which neither a page nor a voice can use."""


def _clean(value: object, check: ValidatorFunctionWrapHandler) -> Any:
    return _printable(check(" ".join(value.split()) if isinstance(value, str) else value))


def _clean_lines(value: object, check: ValidatorFunctionWrapHandler) -> Any:
    """Spaces are collapsed, line breaks stay, at most two of them together."""
    if isinstance(value, str):
        lines = "\n".join(" ".join(line.split()) for line in value.splitlines())
        value = re.sub(r"\n{3,}", "\n\n", lines).strip()
    return _printable(check(value))


def _printable(text: Any) -> Any:
    if _UNPRINTABLE.search(text):
        raise PydanticCustomError("unprintable", "contains control characters")
    return text


def _must_match(pattern: str, description: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise PydanticCustomError("pattern", "must be {description}", {"description": description})
        return text

    return AfterValidator(check)


def is_visible(text: str) -> bool:
    """Whether there is anything in it that can be seen."""
    return any(category(letter)[0] in "LNPS" for letter in text)


def _visible(text: str) -> str:
    if not is_visible(text):
        raise PydanticCustomError("invisible", "has nothing in it that can be seen")
    return text


CLEAN = WrapValidator(_clean)
CLEAN_LINES = WrapValidator(_clean_lines)
LIST_OF_ONE = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)

Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=500), CLEAN]
Label: TypeAlias = Annotated[str, Field(min_length=1, max_length=80), CLEAN]
Prose: TypeAlias = Annotated[str, Field(min_length=1, max_length=50_000), CLEAN_LINES]
Speech: TypeAlias = Annotated[str, Field(min_length=1, max_length=20_000), CLEAN_LINES]
Texts: TypeAlias = Annotated[tuple[Text, ...], Field(max_length=LIST_LIMIT), LIST_OF_ONE]
SomeTexts: TypeAlias = Annotated[tuple[Text, ...], Field(min_length=1, max_length=LIST_LIMIT), LIST_OF_ONE]
Speeches: TypeAlias = Annotated[tuple[Speech, ...], Field(max_length=LIST_LIMIT), LIST_OF_ONE]
Line: TypeAlias = Annotated[str, Field(min_length=1, max_length=20_000), CLEAN]
Lines: TypeAlias = Annotated[tuple[Line, ...], Field(max_length=LIST_LIMIT), LIST_OF_ONE]
SomeLines: TypeAlias = Annotated[tuple[Line, ...], Field(min_length=1, max_length=LIST_LIMIT), LIST_OF_ONE]
Labels: TypeAlias = Annotated[tuple[Label, ...], Field(max_length=LIST_LIMIT), LIST_OF_ONE]
Options: TypeAlias = Annotated[dict[Label, Texts], Field(max_length=LIST_LIMIT)]
Condition: TypeAlias = Annotated[Label, _must_match("|".join(CONDITIONS), f"one of {', '.join(CONDITIONS)}")]
Id: TypeAlias = Annotated[Label, _must_match("[a-z0-9]+(-[a-z0-9]+)*", "small letters, digits and hyphens")]
Colour: TypeAlias = Annotated[Label, _must_match("#[0-9a-fA-F]{6}", "a colour such as #5b6470")]
Engine: TypeAlias = Annotated[Label, _must_match("speech_model|separate", "speech_model or separate")]
Order: TypeAlias = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
Language: TypeAlias = Annotated[Label, _must_match(LANGUAGE_TAG, "a language tag such as en or zh")]


class Table(BaseModel):
    """A table of the file. A field that it does not know is an error, which names the nearest one that it knows."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown_fields(cls, data: object) -> object:
        for field in data if isinstance(data, Mapping) else ():
            if not cls.knows(str(field)):
                near = difflib.get_close_matches(str(field), cls.model_fields, n=1)
                hint = f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(cls.model_fields)}"
                raise wrong(str(field)[:80], f"is not a known field. {hint}")
        return data

    @classmethod
    def knows(cls, field: str) -> bool:
        return field in cls.model_fields


def wrong(field: str, problem: str) -> ValidationError:
    """What a check of a whole table raises about one of its fields."""
    error = PydanticCustomError("wrong", "{problem}", {"problem": problem})
    return ValidationError.from_exception_data("", [InitErrorDetails(type=error, loc=(field,), input=None)])


class QuestionTable(Table):
    ask: Text
    then: Texts = ()

    @model_validator(mode="before")
    @classmethod
    def accept_the_question_alone(cls, data: object) -> object:
        return {"ask": data} if isinstance(data, str) else data


class ExchangeTable(Table):
    heard: SomeLines
    says: SomeLines
    then: Lines = ()


class PhrasesTable(Table):
    """Stock phrases; `pipeline.characters.character.Character` says when each is used."""

    nods: Texts = ()
    no_matter: Texts = ()
    unclear: Texts = ()
    beyond: Texts = ()
    offer: Texts = ()
    recall: Texts = ()
    hello_name: Texts = ()
    by_name: Texts = ()
    your_name: Texts = ()
    no_name: Texts = ()
    crisis: Texts = ()
    failed: Texts = ()
    thinking: Texts = ()


class RemarkTable(Table):
    when: Condition = "always"
    says: Text


class StepTable(Table):
    id: Label
    ask: SomeTexts
    when: Label = ""
    expects: Texts = ()
    model: Text = ""
    tip: Text = ""
    follow_ups: tuple[RemarkTable, ...] = Field(default=(), max_length=LIST_LIMIT)


class ClosingTable(Table):
    remarks: tuple[RemarkTable, ...] = Field(max_length=LIST_LIMIT)


class CorrectionTable(Table):
    heard: SomeTexts
    says: Text


class PlanTable(Table):
    steps: tuple[StepTable, ...] = Field(min_length=1, max_length=LIST_LIMIT)
    closing: tuple[ClosingTable, ...] = Field(min_length=1, max_length=LIST_LIMIT)
    practises: Language = ""
    choices: dict[Label, Options] = Field(default={}, max_length=LIST_LIMIT)
    praise: Texts = ()
    hints: Texts = ()
    move_on: Texts = ()
    corrections: tuple[CorrectionTable, ...] = Field(default=(), max_length=LIST_LIMIT)
    again: Texts = ()


class EntryTable(Table):
    """One entry of the lorebook; `pipeline.characters.book.BookEntry` says what its fields mean."""

    content: Annotated[str, Field(max_length=50_000), CLEAN_LINES] = ""
    keys: Texts = ()
    secondary_keys: Texts = ()
    selective: bool = False
    constant: bool = False
    enabled: bool = True
    insertion_order: Order = 100
    priority: Order = 0
    position: Position = "after_char"
    case_sensitive: bool = False
    name: Text = ""
    comment: Prose = ""
    id: Label = ""


class BookTable(Table):
    entries: tuple[EntryTable, ...] = Field(default=(), max_length=BOOK_LIMIT)
    name: Text = ""
    description: Prose = ""
    scan_depth: int = Field(default=4, ge=0, le=100)
    token_budget: int = Field(default=500, ge=0, le=100_000)
    recursive_scanning: bool = False


class LanguageTable(Table):
    name: Annotated[Label, AfterValidator(_visible)]
    line: Text = ""
    who: Prose
    manner: Prose = ""
    scenario: Prose = ""
    greeting: Speech
    greetings: Speeches = ()
    instructions: Prose = ""
    after: Prose = ""
    nickname: Label = ""
    voice: Text = "neutral"
    limits: Prose = ""
    topics: Labels = ()
    questions: tuple[QuestionTable, ...] = Field(default=(), max_length=LIST_LIMIT)
    exchanges: tuple[ExchangeTable, ...] = Field(default=(), max_length=LIST_LIMIT)
    phrases: PhrasesTable = PhrasesTable()
    plan: PlanTable | None = None


class CharacterFile(Table):
    """The whole file. What is not a field of it is the table of a language."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, LanguageTable]

    id: Id
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=8), LIST_OF_ONE]
    default_language: str | None = None
    accent: Colour = "#5b6470"
    engine: Engine = ""
    portrait: Id | None = None
    purpose: Purpose = "talk"
    speed: float = Field(default=1.0, ge=0.5, le=1.5)
    pitch: float = Field(default=0.0, ge=-12, le=12)
    book: BookTable = BookTable()

    @classmethod
    def knows(cls, field: str) -> bool:
        return field in cls.model_fields or re.fullmatch(LANGUAGE_TAG, field) is not None

    @model_validator(mode="after")
    def have_a_table_for_each_language(self) -> CharacterFile:
        if len(set(self.languages)) < len(self.languages):
            raise wrong("languages", "names a language twice")
        if self.default_language is not None and self.default_language not in self.languages:
            raise wrong("default_language", "is not one of `languages`")
        for language in self.languages:
            if language not in self.__pydantic_extra__:
                raise wrong(language, "is missing: each of `languages` needs a table")
        for language in self.__pydantic_extra__:
            if language not in self.languages:
                raise wrong(language, "is not one of `languages`")
        return self

    @property
    def tables(self) -> dict[str, LanguageTable]:
        """By language, the default one first."""
        first = self.default_language or self.languages[0]
        rest = (language for language in self.languages if language != first)
        return {language: self.__pydantic_extra__[language] for language in (first, *rest)}
