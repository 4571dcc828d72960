from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from server.history.answers import excerpt_of
from server.history.search import search
from server.history.store import ConversationStore, Filter
from server.storage.database import Database
from server.storage.tables.conversations import lines
from server.storage.words import terms_of, tokens_of
from tests.server.history.kept import answered, keep, keeping, said

LINES = {
    "weather": ["Is it going to rain in São Paulo tomorrow?", "Take an umbrella."],
    "chinese": ["我想学习中文和书法", "很好，我们从“你好”开始。"],
    "mixed": ["Mein GPT模型 heißt Müller-2000.", "OK"],
    "kana": ["ひらがなとカタカナ", "はい"],
}


async def some_talks(database: Database) -> dict[str, str]:
    async with keeping(database) as keeper:
        return {await keep(keeper, said(one), answered(other)): name for name, (one, other) in LINES.items()}


async def found(database: Database, query: str, person: str = "ann", limit: int = 50) -> list[str]:
    return [one.conversation.id for one in await search(database, person, terms_of(query), Filter(), None, limit)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("rain", ["weather"]),
        ("RAIN tomorrow", ["weather"]),
        ("umbr", ["weather"]),
        ("rain umbrella", []),
        ("sao paulo", ["weather"]),
        ("ain", []),
        ("书", ["chinese"]),
        ("中文", ["chinese"]),
        ("文中", []),
        ("中文 书法", ["chinese"]),
        ("你好", ["chinese"]),
        ("模型", ["mixed"]),
        ("gpt模", ["mixed"]),
        ("muller", ["mixed"]),
        ("heiss", ["mixed"]),
        ("müller-20", ["mixed"]),
        ("タ", ["kana"]),
        ("ok", ["mixed"]),
        ("", []),
        ("?!…", []),
    ],
)
async def test_a_conversation_is_found_by(database: Database, query: str, names: list[str]) -> None:
    ids = await some_talks(database)

    assert [ids[id] for id in await found(database, query)] == names


@pytest.mark.parametrize(
    "query",
    [
        *(
            '"',
            "'",
            '" OR 1=1 --',
            "rain*",
            "tokens:rain",
            "person_id : ann",
            "NEAR(rain tomorrow)",
            "rain AND",
            "-rain",
        ),
        *(
            "(",
            "rain)",
            "'rain':*",
            "a & b | !c",
            "<->",
            "\\",
            "%",
            "_",
            "\x00rain",
            "rain\ud800",
            "😀",
            "^rain",
            "{rain}",
        ),
        *("x" * 200, "字" * 200, "rain " * 40, "İstanbul", "ﷺ", "½", "\u202erain"),
    ],
)
async def test_whatever_is_typed_is_only_text(database: Database, query: str) -> None:
    await some_talks(database)

    assert len(await found(database, query)) <= 1
    assert await found(database, query, "ben") == []


async def test_what_was_corrected_is_found_as_it_is_now(database: Database) -> None:
    async with keeping(database) as keeper:
        id = await keep(keeper, said("I like bread.", id="item_a"), said("I like wine.", id="item_a"))

    assert await found(database, "wine") == [id]
    assert await found(database, "bread") == []


async def test_what_is_deleted_is_not_found_and_another_person_finds_nothing(database: Database) -> None:
    ids = await some_talks(database)
    (id,) = await found(database, "rain")
    await ConversationStore(database).delete("ann", id)

    assert ids[id] == "weather"
    assert await found(database, "rain") == []


async def test_pages_of_a_search_hold_each_conversation_once_however_many_lines_match(database: Database) -> None:
    ids = []
    async with keeping(database) as keeper:
        for _ in range(5):
            ids.append(await keep(keeper, *(said(f"的 {number}") for number in range(30))))

    listed, after = [], None
    while page := (await search(database, "ann", terms_of("的"), Filter(), after, 2))[:2]:
        listed += [one.conversation.id for one in page]
        assert all(len(one.lines) == 3 for one in page)
        after = page[-1].newest, page[-1].conversation.id
    assert listed == ids[::-1]


@pytest.mark.parametrize("near", [0, 1, 3, 100])
async def test_all_are_found_in_order_however_many_lines_are_looked_through_first(
    database: Database, near: int
) -> None:
    async with keeping(database) as keeper:
        talks = [await keep(keeper, said(f"rain on day {day}"), answered("Take an umbrella.")) for day in range(4)]
    terms, pages, after = terms_of("rain"), [], None
    for _ in range(3):
        page = await search(database, "ann", terms, Filter(), after, 1, near=near)
        pages.append([one.conversation.id for one in page])
        after = (page[0].newest, page[0].conversation.id)

    assert pages == [[talks[3], talks[2]], [talks[2], talks[1]], [talks[1], talks[0]]]


async def test_a_conversation_that_was_continued_is_found_once_where_that_was_said_last(database: Database) -> None:
    async with keeping(database) as keeper:
        talks = [await keep(keeper, said(f"rain on day {day}")) for day in range(4)]
        await keep(keeper, said("no wind"))
    async with database.write() as connection:
        for talk, text in ((talks[0], "more rain again"), (talks[1], "no wind")):
            row = dict((await connection.execute(select(lines).where(lines.c.conversation_id == talk))).one()._mapping)
            del row["number"]
            tokens = tokens_of(text, database.dialect)
            await connection.execute(insert(lines), row | {"item_id": "item_later", "said": text, "tokens": tokens})

    listed, after = [], None
    while page := (await search(database, "ann", terms_of("rain"), Filter(), after, 1))[:1]:
        listed.append(page[0].conversation.id)
        after = page[0].newest, page[0].conversation.id
    assert listed == [talks[0], talks[3], talks[2], talks[1]]


@pytest.mark.parametrize("near", [0, 100])
async def test_all_are_found_however_many_lines_there_are_of_each(database: Database, near: int) -> None:
    async with keeping(database) as keeper:
        talks = [await keep(keeper, *(said("rain") for _ in range(5))) for _ in range(15)]

    page = await search(database, "ann", terms_of("rain"), Filter(), None, 50, near=near, at_once=2)

    assert [one.conversation.id for one in page] == talks[::-1]


@pytest.mark.parametrize(
    ("text", "query", "told"),
    [
        ("It rains.", "rain", "It [rains]."),
        ("one " * 30 + "rain " + "two " * 30, "rain", f"…{'one ' * 14}[rain]{' two' * 14}…"),
        ("书" * 200 + "雨" + "书" * 200, "雨", f"…{'书' * 60}[雨]{'书' * 60}…"),
        ("x" * 300 + " rain", "rain", "…[rain]"),
        ("Nothing of it, " * 20, "rain", f"{'Nothing of it, ' * 7}Nothing of it,…"),
        ("", "rain", ""),
    ],
    ids=["all of it", "between words", "without blanks", "behind one long word", "without a mark", "nothing"],
)
def test_an_excerpt_is_cut_between_words_and_says_so(text: str, query: str, told: str) -> None:
    parts = excerpt_of(text, terms_of(query))

    assert "".join(f"[{part.text}]" if part.marked else part.text for part in parts) == told
