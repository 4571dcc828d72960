"""Cards that are taken to Anki: read back from both kinds of file."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from server.practice.exporting.anki import HEAD, AnkiCard, lines_of, package_of
from tests.serving import Serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

CARDS = "/api/practice/cards"
NOON = 1_800_000_000_000

GOED = AnkiCard("card_1", "en", "I [goed] home.", "I went home.", "It is irregular.", "R:VERB:INFL")
HOSTILE = AnkiCard("card_2", "en", '<img src=x onerror="a">\t[b]\r\nc\u2028d\x1fe', '{{c1::x}} & "y"', "'", "a b,c\td")


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.http, timeout=30) as client:
        yield client


def notes_of(package: bytes, folder: Path) -> Sequence[Any]:
    """Identifier, fields and tags of the notes in a package, and how many cards there are."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        database = Path(archive.extract("collection.anki2", folder))
    with sqlite3.connect(database) as connection:
        return connection.execute("SELECT guid, flds, tags FROM notes ORDER BY id").fetchall()


def parsed(text: str) -> list[list[str]]:
    """The lines of the text file as Anki splits them: fields with quotes around them are not meant."""
    assert text.startswith(HEAD)
    return list(csv.reader(io.StringIO(text.removeprefix(HEAD)), delimiter="\t", quoting=csv.QUOTE_NONE))


async def test_a_package_has_each_card_once_with_its_slip_underlined(tmp_path: Path) -> None:
    package = package_of([GOED], {"en": "Kaikou · English"}, NOON)

    (guid, fields, tags), *rest = notes_of(package, tmp_path)
    assert fields.split("\x1f") == ["I <u>goed</u> home.", "I went home.", "It is irregular.", "R:VERB:INFL", "en"]
    assert (guid, tags, rest) == (GOED.guid, " kaikou kaikou::en kaikou::en::R:VERB:INFL ", [])


async def test_the_same_cards_have_the_same_identifiers_in_every_export_also_once_edited(tmp_path: Path) -> None:
    edited = AnkiCard(GOED.id, "en", "I [goed].", "I went.", "", "")
    first = notes_of(package_of([GOED, HOSTILE], {"en": "Kaikou"}, NOON), tmp_path)
    second = notes_of(package_of([edited, HOSTILE], {"en": "Kaikou"}, NOON + 1_000), tmp_path)

    assert [guid for guid, *_ in first] == [guid for guid, *_ in second]
    assert len({guid for guid, *_ in first}) == 2
    assert [line[0] for line in parsed(HEAD + lines_of([edited, HOSTILE]))] == [guid for guid, *_ in first]


async def test_what_stands_on_a_card_is_no_markup_no_field_and_no_line(tmp_path: Path) -> None:
    ((_, fields, tags),) = notes_of(package_of([HOSTILE], {"en": "Kaikou"}, NOON), tmp_path)
    (line,) = parsed(HEAD + lines_of([HOSTILE]))

    front, back, reason, kind, language = fields.split("\x1f")
    assert front == "&lt;img src=x onerror=&quot;a&quot;&gt; <u>b</u><br>c<br>d e"
    assert (back, reason, language) == ("{{c1::x}} &amp; &quot;y&quot;", "&#x27;", "en")
    assert line[1:6] == [front, back, reason, kind, language]
    assert tags == " kaikou kaikou::en kaikou::en::a_b_c_d "
    assert len(line) == 7


async def test_the_server_gives_both_files_of_one_language_or_of_all(
    client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    for language, said, better in (("en", "goed", "went"), ("zh", "一个书", "一本书"), ("zh", "两个人们", "两个人")):
        await client.post(CARDS, json={"language": language, "said": said, "better": better})
    packages = [await client.get(f"{CARDS}/export", params={"format": "apkg"}) for _ in range(2)]
    chinese = await client.get(f"{CARDS}/export", params={"format": "tsv", "language": "zh"})
    nothing = await client.get(f"{CARDS}/export", params={"format": "apkg", "language": "fr"})

    first, again = (notes_of(answer.content, tmp_path) for answer in packages)
    assert [fields.split("\x1f")[1] for _, fields, _ in first] == ["went", "一本书", "两个人"]
    assert first == again
    assert [line[1] for line in parsed(chinese.text)] == ["一个书", "两个人们"]
    assert "Kaikou.apkg" in packages[0].headers["Content-Disposition"]
    assert notes_of(nothing.content, tmp_path) == []
