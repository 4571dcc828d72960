"""What is told of characters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from pipeline.characters.character import Character, Purpose, text_in
from pipeline.characters.filled import filled_line
from pipeline.characters.stage_directions import shown_of
from server.api.endpoint import Body, Described
from server.api.etags import Versioned
from server.api.moments import Moment
from server.api.paging import PageQuery
from server.characters.file_format import LANGUAGE_TAG, Colour, Id
from server.engines.loaded import LoadedEngines

MOST_TAGS, LONGEST_TAG = 30, 60
LONGEST_NAME = 80

Tag = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG)]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]
Visibility = Literal["private", "published", "hidden"]


_COLOUR: TypeAdapter[str] = TypeAdapter(Colour)
_PORTRAIT: TypeAdapter[str] = TypeAdapter(Id)


def _valid(kind: TypeAdapter[str], value: object) -> str | None:
    try:
        return kind.validate_python(value)
    except ValidationError:
        return None


def _read(line: str) -> str:
    """A line without what is done in it instead of said, unless there is nothing else."""
    return shown_of(line) or line if "*" in line else line


class ListedFields(Described):
    """What lists show of a character's file. Texts are by language."""

    name: Mapping[str, str]
    line: Mapping[str, str] = {}
    languages: Sequence[str]
    language: str
    topics: Mapping[str, Sequence[str]] = {}
    accent: str = "#5b6470"
    portrait: str = ""
    purpose: Purpose = "talk"
    engine: str = ""

    @classmethod
    def of(cls, character: Character) -> ListedFields:
        """What is shown of a character that is whole."""
        return cls(
            name=dict(character.name),
            line={tag: _read(text) for tag, text in filled_line(character).items()},
            languages=character.languages,
            language=character.default_language,
            topics=dict(character.topics),
            accent=character.accent,
            portrait=character.portrait,
            purpose=character.purpose,
            engine=character.engine,
        )

    @classmethod
    def of_draft(cls, draft: Any) -> ListedFields:
        """What can be shown of one that is only begun, whatever is in it."""
        tables = draft.items() if isinstance(draft, dict) else ()
        names = {
            language: table["name"][:LONGEST_NAME]
            for language, table in tables
            if re.fullmatch(LANGUAGE_TAG, language) and isinstance(table, dict) and isinstance(table.get("name"), str)
        }
        names = {language: name for language, name in names.items() if name.strip()} or {"en": ""}
        said = draft if isinstance(draft, dict) else {}
        return cls(
            name=names,
            languages=tuple(names),
            language=next(iter(names)),
            accent=_valid(_COLOUR, said.get("accent")) or cls.model_fields["accent"].default,
            portrait=_valid(_PORTRAIT, said.get("portrait")) or "",
        )

    @property
    def title(self) -> str:
        """The name in the language that it speaks unless told otherwise."""
        return text_in(self.name, self.language)


class Origin(Described):
    """Of which character it is a copy."""

    id: str
    name: str
    """As it was called then."""


class CharacterSummary(Described):
    """What the page shows of a character. Texts are by language."""

    id: str
    name: Mapping[str, str]
    line: Mapping[str, str]
    languages: Sequence[str]
    language: str
    """The one that it speaks unless told otherwise."""
    topics: Mapping[str, Sequence[str]]
    accent: str
    portrait: str
    """Of which drawn parts it is, or the name of a drawing of ours."""
    purpose: Purpose
    hears: Sequence[str]
    """Of its languages, those that the installed engines understand."""
    speaks: Sequence[str]
    """Of its languages, those that the installed engines speak."""
    mine: bool
    published: bool
    """Whether everybody sees it; so are all built-in ones."""
    unfinished: bool
    """Whether there is only a draft of it yet, so that it cannot be talked to."""
    favourite: bool
    talks: int
    """With how many people it talked for a while in the last 30 days."""
    tags: Sequence[str]
    picture: str
    """A link to its picture, good for a day; empty without one."""
    origin: Origin | None
    updated_at: Moment | None
    """Null for built-in ones."""


class Finding(Described):
    """Something about a field of a file, named by its dotted path."""

    field: str
    code: str
    message: str


class CardWords(Described):
    """What a card says about itself. It is kept beside the character, shown as what it is, and never told to a model."""

    creator: str
    version: str
    notes: str
    tags: Sequence[str]


class CarriedVoice(Described):
    """A voice that a card carries, recorded. It is kept and exported again; the character does not yet speak with it."""

    name: str
    type: str
    bytes: int
    link: str
    """To hear it; good for a day."""


class Detailed(CharacterSummary, Versioned):
    """A character with what it says. Its version is 0 as long as there is only a draft."""

    file: Mapping[str, Any] | None
    """The newest version, as a file of a built-in character has it; null while there is only a draft."""
    draft: Any
    """What was kept of an edit that was not saved; null for others than its owner."""
    warnings: Sequence[Finding]
    """What the file could say and does not."""
    visibility: Visibility
    """`hidden`: an operator took it from everybody but its owner."""
    card: CardWords | None
    """Of the card that it came from; null if from none."""
    voice: CarriedVoice | None
    """Of that card; null for others than its owner."""


class Checked(Described):
    """What is wrong with a file, and what it could say and does not."""

    problems: Sequence[Finding]
    warnings: Sequence[Finding]


class Version(Described):
    """One that was saved."""

    version: int
    created_at: Moment


class FileVersion(Version):
    """One that was saved, whole."""

    file: Mapping[str, Any]


class Deleted(Described):
    """Until when it can be undone."""

    undo_until: Moment


class DraftKept(Described):
    """When a draft was kept."""

    updated_at: Moment


class ListQuery(PageQuery):
    """Which characters, in which order."""

    q: Annotated[str, Field(max_length=200)] = ""
    """Words of its name, line, topics and tags; of a word its beginning is enough, of Chinese any character."""
    language: Annotated[str, Field(max_length=35)] = ""
    purpose: Purpose | Literal[""] = ""
    voice: Annotated[str, Field(max_length=80)] = ""
    """How the wish for its voice begins, such as `female`."""
    sort: Literal["popular", "new", "name"] = "popular"
    whose: Literal["all", "mine", "favourites", "home"] = "all"
    """home: the built-in ones, one's own and one's favourites."""


class NewCharacter(Body):
    """A file, or a draft of one."""

    file: dict[str, Any] | None = None
    """As a file of a built-in character says it; it needs no `id`."""
    draft: Any = None
    tags: Tags = Field(default=[])


class NewVersion(Body):
    """What it says from now on."""

    file: dict[str, Any]
    tags: Tags | None = None
    """Without them they stay."""


class Draft(Body):
    """What the form holds."""

    draft: Any


class FileToCheck(Body):
    """A file that is not kept."""

    file: dict[str, Any]


class ProposalRequest(Body):
    """What somebody wants of a character."""

    sentence: Annotated[
        str, Field(min_length=3, max_length=1000, examples=["A lighthouse keeper who has seen too much."])
    ]
    language: Annotated[str, Field(pattern=f"^{LANGUAGE_TAG}$")] = "en"


class Proposed(Described):
    """What the language model made of it."""

    draft: Mapping[str, Any]
    """A file, or most of one, to be edited. Nothing is kept yet."""
    warnings: Sequence[Finding]
    """What the model wrote and was left out, and what the file could say and does not."""


def spoken_here(fields: ListedFields, loaded: LoadedEngines) -> tuple[list[str], list[str]]:
    """The languages in which it hears and speaks with these engines."""
    hears, speaks = loaded.languages_of(fields.engine)
    return _among(fields.languages, hears), _among(fields.languages, speaks)


def _among(languages: Sequence[str], done: Sequence[str] | None) -> list[str]:
    """Those of `languages` that an engine does: for none any, for None none."""
    return [] if done is None else [language for language in languages if not done or language in done]
