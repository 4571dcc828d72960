"""What cards are made of here: their kinds, what was imported, and how large and how odd one may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pipeline.errors import InvalidRequest
from server.errors import TooLarge
from server.json_text import check_structure, from_json

Spec: TypeAlias = Literal["v1", "v2", "v3", "pygmalion", "book", "world"]
"""How a card's JSON is laid out. `book`: a lorebook alone; `world`: one as SillyTavern keeps it."""

SPECS: tuple[Spec, ...] = ("v3", "v2", "v1", "pygmalion", "book", "world")
"""Where a file holds several, the first of these is taken."""

Container: TypeAlias = Literal["json", "png", "charx", "jpeg", "toml"]
"""What the JSON lies in."""

Data: TypeAlias = dict[str, Any]
"""A card's content with the names of V3, whatever it came as: what stands under `data` there."""

LARGEST_CARD = 32 << 20
"""Bytes of a file that is imported, with its pictures and its sound."""

LARGEST_JSON = 4 << 20
"""Bytes. The longest cards with large books have about one million."""

MOST_OBJECTS, MOST_MARKS = 100_000, 400_000
"""Of the JSON, see `server.json_text`: each entry of a book is some six objects."""


@dataclass(frozen=True, slots=True)
class CardWarning:
    """What of a card is not used as it stands there. field: of the card, or of our file."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Asset:
    """A file inside a card. name: what the card calls it; type: its media type, by its content."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Original:
    """The card that a character came from, as it is kept with it: all that our file does not say is exported from here.

    cards: the JSON texts by how they are laid out; a PNG file may hold two. name: what the character is called where the
    card does not say it: the name of its file.
    """

    container: Container
    cards: Mapping[Spec, str]
    name: str = ""

    @property
    def spec(self) -> Spec:
        """Of the JSON that was read."""
        return next(spec for spec in SPECS if spec in self.cards)

    def card(self, spec: Spec) -> dict[str, Any]:
        """The JSON that is laid out so."""
        return card_json(self.cards[spec].encode())

    def stored(self) -> dict[str, Any]:
        """As a value that can be written as JSON."""
        return {"container": self.container, "cards": dict(self.cards), "name": self.name}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Original:
        """What `stored` gave."""
        return cls(stored["container"], stored["cards"], stored["name"])


@dataclass(frozen=True, slots=True)
class About:
    """A card's words about itself, as they are: text, whatever stands in it. They are for people, not for models."""

    creator: str = ""
    version: str = ""
    notes: str = ""
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ImportedCard:
    """What was in a card. file: a character's file that holds to its format. original: None for a file of ours.

    picture: bytes of an image, as nobody has looked at yet; voice: a recording of it; packed: whether there is more in the
    file that was imported than JSON, so that it is worth keeping.
    """

    file: dict[str, Any]
    original: Original | None = None
    about: About = About()
    warnings: tuple[CardWarning, ...] = ()
    picture: bytes | None = None
    voice: Asset | None = None
    packed: bool = False


@dataclass
class ImportWarnings:
    """The warnings of an import, gathered on the way. Of those of one field and code the first is kept."""

    found: dict[tuple[str, str], CardWarning] = field(default_factory=dict)

    def add(self, field: str, code: str, message: str) -> None:
        """Add a warning."""
        self.found.setdefault((field, code), CardWarning(field, code, message))


def unreadable(message: str, code: str = "card_unreadable") -> InvalidRequest:
    """What is raised for a file that is no card, or a broken one."""
    return InvalidRequest(message, code=code)


def too_large(message: str) -> TooLarge:
    """What is raised for more than a card may hold."""
    return TooLarge(message, code="card_too_large")


def card_json(content: bytes) -> dict[str, Any]:
    """The object that a JSON text holds. Raises `InvalidRequest`, `TooLarge`.

    Of two values of one name the last one counts, as it does in the programs that cards are made with.
    """
    if len(content) > LARGEST_JSON:
        raise too_large(f"The card's text may have {LARGEST_JSON >> 20} MiB at most.")
    value = from_json(content.removeprefix(b"\xef\xbb\xbf"), "The card", MOST_MARKS)
    check_structure(value, "The card", MOST_OBJECTS)
    if not isinstance(value, dict):
        raise unreadable("The card is not a JSON object.", "not_a_card")
    return value
