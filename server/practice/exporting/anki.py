"""Cards for Anki: as a text file and as a package, each card with a stable identifier, so that a second import changes
those that are there already. https://docs.ankiweb.net/importing/text-files.html

What stands on a card is text: every sign of HTML in it is escaped, and [brackets] become underlined.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import genanki

from server.practice.cards.sides import SLIP

MODEL_ID = 1_694_518_303
"""Of the kind of note; Anki knows it by this number, so that it never changes."""

DECK_IDS = 1_300_000_000
"""Where the numbers of decks begin."""

FIELDS = ("Front", "Back", "Reason", "Kind", "Language")

HEAD = "#separator:tab\n#html:true\n#guid column:1\n#tags column:7\n#columns:guid\t" + "\t".join(FIELDS) + "\ttags\n"

STYLE = """
.card { font: 1.3rem/1.5 system-ui, sans-serif; text-align: center; padding: 1.5rem; }
u { text-decoration: underline wavy; text-underline-offset: 0.2em; }
.reason { font-size: 1rem; opacity: 0.75; }
"""

MODEL = genanki.Model(
    MODEL_ID,
    "Kaikou",
    fields=[{"name": name} for name in FIELDS],
    templates=[
        {
            "name": "Say it better",
            "qfmt": "{{Front}}",
            "afmt": '{{FrontSide}}<hr id="answer">{{Back}}<p class="reason">{{Reason}}</p>',
        }
    ],
    css=STYLE,
)


@dataclass(frozen=True, slots=True)
class AnkiCard:
    """A card as it is kept."""

    id: str
    language: str
    front: str
    back: str
    reason: str
    kind: str

    @property
    def guid(self) -> str:
        """The same in every export."""
        return str(genanki.guid_for("kaikou", self.id))

    @property
    def fields(self) -> list[str]:
        """In the order of `FIELDS`, as HTML in one line."""
        front = SLIP.sub(r"<u>\1</u>", _html(self.front))
        return [front, *map(_html, (self.back, self.reason, self.kind, self.language))]

    @property
    def tags(self) -> list[str]:
        """Without spaces, as Anki wants them."""
        kind = re.sub(r"[\s,]+", "_", self.kind.strip())
        return ["kaikou", f"kaikou::{self.language}", *([f"kaikou::{self.language}::{kind}"] if kind else [])]


def _html(text: str) -> str:
    """With line breaks as HTML has them, and nothing that ends a field or a line."""
    lines = escape(text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").replace("\x1f", " ")
    return "<br>".join(re.split(r"[\n\v\f\x1c-\x1e\x85\u2028\u2029]", lines))


def lines_of(cards: Iterable[AnkiCard]) -> str:
    """Cards as lines of the text file, which begins with `HEAD`."""
    return "".join("\t".join([card.guid, *card.fields, " ".join(card.tags)]) + "\n" for card in cards)


def package_of(cards: Sequence[AnkiCard], deck_names: dict[str, str], at_ms: int) -> bytes:
    """Cards as an .apkg file, a deck for each language. For a thread: it writes a database.

    deck_names: by language; at_ms: when the newest of the cards was changed, so that Anki knows which side is newer.
    """
    decks = {language: genanki.Deck(_deck_id(language), name) for language, name in deck_names.items()}
    for card in cards:
        note = genanki.Note(MODEL, fields=card.fields, tags=card.tags, guid=card.guid)
        decks[card.language].add_note(note)
    with tempfile.TemporaryDirectory(prefix="kaikou-") as folder:
        file = Path(folder, "cards.apkg")
        genanki.Package(list(decks.values())).write_to_file(str(file), timestamp=at_ms / 1000)
        return file.read_bytes()


def _deck_id(language: str) -> int:
    return DECK_IDS + int.from_bytes(hashlib.sha256(language.encode()).digest()[:3], "big")
