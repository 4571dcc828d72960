"""Lists of characters: order, filters, search and pages, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from server.characters.answers import ListedFields
from server.characters.catalogue import FileCharacters
from server.characters.editing import Editing
from server.characters.listing import Listing, Wanted
from server.characters.reading import parse_character
from server.settings import Settings
from server.storage.database import Database
from server.storage.tables.characters import character_favourites, character_talks, characters
from server.storage.words import terms_of
from tests.server.characters.making import editing, file, made

BUILT_IN = FileCharacters.read(Settings().characters.folder, "assistant")
FIRST = [character.id for character in BUILT_IN.all]


@pytest_asyncio.fixture
async def kept(database: Database) -> dict[str, str]:
    """Ids by name: of Ann's, published but for the last, and one of Ben's."""
    by = editing(database)
    ids = dict(zip("ABC", await made(by, "ann", "Ahab", "Barbossa", "Crusoe"), strict=True))
    ids["D"] = (await made(by, "ben", "Defoe", zh="笛福", voice="female-2", purpose="story"))[0]
    async with database.write() as connection:
        published = (ids["A"], ids["B"], ids["D"])
        await connection.execute(update(characters).where(characters.c.id.in_(published)).values(published_at=1))
        rows = [{"character_id": ids["B"], "talks": 3}, {"character_id": "detective", "talks": 3}]
        await connection.execute(character_talks.insert(), [*rows, {"character_id": ids["A"], "talks": 9}])
        favourites = [{"person_id": "ann", "character_id": id, "created_at": 1} for id in ("wizard", ids["D"])]
        await connection.execute(character_favourites.insert(), favourites)
    return ids


async def listed(database: Database, person_id: str, query: str = "", limit: int = 50, **wanted: Any) -> Sequence[str]:
    """The ids of all pages."""
    found, after = [], None
    while True:
        rows = await Listing(database, BUILT_IN).page(person_id, Wanted(terms_of(query), **wanted), after, limit)
        found += [row.id for row in rows[:limit]]
        if len(rows) <= limit:
            return found
        after = rows[limit - 1].key


@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_the_popular_come_first_then_the_built_in_then_the_newest(
    database: Database, kept: dict[str, str], limit: int
) -> None:
    others = [id for id in FIRST if id != "detective"]
    found = await listed(database, "ann", limit=limit)
    assert found == [kept["A"], "detective", kept["B"], *others, kept["D"], kept["C"]]


async def test_by_name_and_by_age_built_in_ones_stand_among_the_others(
    database: Database, kept: dict[str, str]
) -> None:
    by_name = await listed(database, "ann", sort="name", limit=3)
    names = {character.id: character.name["en"].casefold() for character in BUILT_IN.all if "en" in character.name}
    names |= {kept[letter]: name for letter, name in zip("ABCD", ("ahab", "barbossa", "crusoe", "defoe"), strict=True)}
    assert [names.get(id, "") for id in by_name if id in names] == sorted(names[id] for id in by_name if id in names)
    assert len(by_name) == len(FIRST) + 4
    newest = await listed(database, "ann", sort="new", limit=2)
    assert newest[0] == kept["C"]
    assert newest[-len(FIRST) :] == FIRST


async def test_each_sees_what_is_theirs_and_what_was_published(database: Database, kept: dict[str, str]) -> None:
    assert set(await listed(database, "ben")) == {*FIRST, kept["A"], kept["B"], kept["D"]}
    assert await listed(database, "ben", whose="mine") == [kept["D"]]
    assert await listed(database, "ann", whose="favourites") == ["wizard", kept["D"]]
    assert await listed(database, "ben", whose="favourites") == []
    assert await listed(database, "ben", whose="home", sort="new", limit=2) == [kept["D"], *FIRST]
    ann = await listed(database, "ann", whose="home", sort="new")
    assert set(ann) == {*await listed(database, "ann", whose="mine"), kept["D"], *FIRST}
    async with database.write() as connection:
        await connection.execute(update(characters).where(characters.c.id == kept["A"]).values(hidden_at=1))
    assert kept["A"] not in await listed(database, "ben")
    assert kept["A"] in await listed(database, "ann")


async def test_lists_are_filtered_by_language_purpose_and_voice(database: Database, kept: dict[str, str]) -> None:
    both = {character.id for character in BUILT_IN.all if "zh" in character.languages}
    assert set(await listed(database, "ben", language="zh")) == both | {kept["D"]}
    assert [id for id in await listed(database, "ben", purpose="story") if id not in FIRST] == [kept["D"]]
    assert kept["D"] in await listed(database, "ben", voice="female")
    assert kept["A"] not in await listed(database, "ben", voice="female")
    assert await listed(database, "ben", voice="%") == []


@pytest.mark.parametrize(
    ("query", "found"), [("barb", "B"), ("笛", "D"), ("defo", "D"), ("crusoe", ""), ("nobody", "")]
)
async def test_they_are_found_by_words_in_both_languages(
    database: Database, kept: dict[str, str], query: str, found: str
) -> None:
    assert await listed(database, "ben", query) == [kept[letter] for letter in found]


async def test_built_in_ones_are_found_by_words_as_well(database: Database, kept: dict[str, str]) -> None:
    name = next(character for character in BUILT_IN.all if character.id == "detective").name["zh"]
    assert await listed(database, "ben", name) == ["detective"]


async def test_what_a_character_was_called_before_finds_it_no_more(database: Database, kept: dict[str, str]) -> None:
    by: Editing = editing(database)
    await by.save(
        "ann",
        kept["A"],
        file("Ishmael"),
        None,
        None,
    )
    assert await listed(database, "ann", "ahab") == []
    assert await listed(database, "ann", "ishmael") == [kept["A"]]


def test_a_line_in_lists_has_its_macros_filled_in() -> None:
    file = {"name": "Bo", "line": "{{char}} bakes for {{user}}.", "who": "A baker.", "greeting": "Hi?"}

    listed_fields = ListedFields.of(parse_character({"id": "bo", "languages": ["en"], "en": file}))

    assert listed_fields.line == {"en": "Bo bakes for friend."}
