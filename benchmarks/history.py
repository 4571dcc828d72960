"""`bench history`: lists, pages of lines and searches of somebody who has kept 10,000 conversations of 50 lines each.

The database is filled with lines of words whose frequencies fall as those of a language do (Zipf), English and Chinese,
through the same statements that keep conversations; then each way to read is asked for again and again, through the store,
with one person's rows beside another's. `--postgresql URL` takes an empty PostgreSQL database instead of a SQLite file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

from benchmarks.scoring import percentile
from pipeline.conversation.journal import ItemSnapshot
from pipeline.conversation.transcript import Item
from server.characters.reading import load_characters
from server.history.keeping.kept import About, Changes, Line, Opened
from server.history.keeping.writing import write_changes
from server.history.search import search
from server.history.store import ConversationStore, Filter
from server.settings import Settings
from server.settings.keeping import StorageSettings
from server.storage.database import POSTGRESQL, Database
from server.storage.ids import new_id
from server.storage.opening import opened_database
from server.storage.words import terms_of

BEGAN = 1_700_000_000_000
HOUR_MS = 3_600_000
AT_ONCE = 100
PEOPLE = ("owner", "other")
PERSON = PEOPLE[0]
RARE = "zyzzyva", "蘑菇"


def main(arguments: Sequence[str]) -> int:
    """Fill, measure, show."""
    parser = argparse.ArgumentParser(prog="run.py bench history", description=__doc__)
    parser.add_argument("--conversations", type=int, default=10_000, help="that the person has kept")
    parser.add_argument("--lines", type=int, default=50, help="in each of them")
    parser.add_argument("--requests", type=int, default=100, help="of each kind")
    parser.add_argument("--postgresql", help="address of an empty PostgreSQL database")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="kaikou-history-") as folder:
        url = SecretStr(options.postgresql) if options.postgresql else None
        figures = asyncio.run(_measured(StorageSettings(folder=Path(folder), database_url=url), options))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))
    return 0


async def _measured(settings: StorageSettings, options: argparse.Namespace) -> dict[str, Any]:
    async with opened_database(settings, PEOPLE) as database:
        began = time.monotonic()
        ids = await _fill(database, options.conversations, options.lines)
        lines = options.conversations * options.lines
        print(
            f"{database.dialect}: {len(ids):,} conversations, {lines:,} lines, written in {time.monotonic() - began:.0f} s"
        )
        if database.dialect == POSTGRESQL:  # it does by itself, some time after so much was written
            async with database.write() as connection:
                await connection.execute(text("ANALYZE"))
        before = _megabytes()
        figures = {name: await _timed(name, ask, options.requests) for name, ask in _questions(database, ids).items()}
        figures["memory"] = {"before_mb": before, "after_mb": _megabytes()}
        print(f"memory: {before:.0f} MB before, {figures['memory']['after_mb']:.0f} MB after")
        return figures


async def _timed(name: str, ask: Callable[[], Awaitable[int]], requests: int) -> dict[str, float]:
    took, found = list[float](), 0
    for _ in range(requests):
        began = time.perf_counter()
        found = await ask()
        took.append((time.perf_counter() - began) * 1000)
    row = {"p50_ms": percentile(took, 0.5) or 0.0, "p95_ms": percentile(took, 0.95) or 0.0, "most_ms": max(took)}
    shown = "   ".join(f"{figure.removesuffix('_ms')} {value:7.1f} ms" for figure, value in row.items())
    print(f"{name:<34} {shown}   {found} found", flush=True)
    return row


def _questions(database: Database, ids: Sequence[str]) -> dict[str, Callable[[], Awaitable[int]]]:
    store, dice = ConversationStore(database), random.Random(1)

    async def listed(after: tuple[int, str] | None = None, wanted: Filter | None = None) -> int:
        return len(await store.listed(PERSON, wanted or Filter(), after, 50))

    async def deep() -> int:
        row = await store.get(PERSON, dice.choice(ids))
        return await listed((row.talked_at, row.id))

    async def a_day() -> int:
        since = BEGAN + dice.randrange(len(ids)) * HOUR_MS
        return await listed(wanted=Filter(since=since, until=since + 24 * HOUR_MS))

    async def opened() -> int:
        id = dice.choice(ids)
        await store.get(PERSON, id)
        return len(await store.lines(PERSON, id, 0, 200))

    def found(query: str, wanted: Filter | None = None) -> Callable[[], Awaitable[int]]:
        async def ask() -> int:
            return len(await search(database, PERSON, terms_of(query), wanted or Filter(), None, 50))

        return ask

    searches = {
        query: found(query) for query in ("the", "de", "word40", "wo", "一", "一 人", "word7 word9", *RARE, "nothing")
    }
    return {
        "list, the newest": listed,
        "list, anywhere": deep,
        "list, a day": a_day,
        "list, pinned (none)": lambda: listed(wanted=Filter(pinned=True)),
        "open": opened,
        **{f"search {query!r}": ask for query, ask in searches.items()},
        "search 'the', of one character": found("the", Filter(character="wizard")),
        "search 'the', pinned (none)": found("the", Filter(pinned=True)),
        "search 'the', of a week": found("the", Filter(since=BEGAN + 500 * HOUR_MS, until=BEGAN + 668 * HOUR_MS)),
    }


async def _fill(database: Database, conversations: int, lines: int) -> list[str]:
    ids = list[str]()
    for start in range(0, conversations, AT_ONCE):
        batch = list(_batch(range(start, min(conversations, start + AT_ONCE)), lines))
        await write_changes(database, batch, "bench")
        ids += [changes.opened.id for changes in batch if changes.opened.person_id == PERSON]
    return ids


def _batch(numbers: range, lines: int) -> Iterator[Changes]:
    """The person's conversations, and one of somebody else's for every ten of them."""
    characters = list(load_characters(Settings().characters.folder).values())
    for number in numbers:
        for person in PEOPLE if number % 10 == 0 else PEOPLE[:1]:
            at, dice = BEGAN + number * HOUR_MS, random.Random(number)
            said = [_line(dice, number * lines + place, at, place) for place in range(lines)]
            about, opened = About(dice.choice(characters), "en"), Opened(new_id("conv", at), person, at)
            yield Changes(opened, about, said[0].said[:80], said, (), lines * 4_000, at + lines * 4_000, "left", True)


COMMON = ["the", "de", "we", *(f"word{number}" for number in range(5_000))]
CHARACTERS = [chr(0x4E00 + number) for number in range(3_000)]
CHARACTERS.insert(1, "人")


def _line(dice: random.Random, number: int, at: int, place: int) -> Line:
    words, glue = (COMMON, " ") if number % 3 else (CHARACTERS, "")
    picked = [words[min(len(words) - 1, int(dice.paretovariate(0.7)) - 1)] for _ in range(dice.randrange(4, 25))]
    if number % 10_000 == 0:
        picked.append(RARE[number // 10_000 % 2])
    role: Any = "assistant" if place % 2 else "user"
    item = Item(f"item_{place}", role=role, text=glue.join(picked), spoken=True, audio_ms=3_000)
    return Line(ItemSnapshot.of(item), at + place * 4_000, place * 4_000, "", place * 4_000 + 3_000)


def _megabytes() -> float:
    """What the process has in memory now."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # not Linux: the most it ever had
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
