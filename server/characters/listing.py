"""Which characters there are to find: built-in ones and kept ones in one list, in pages.

An entry's key is what the list is ordered by, the smallest first: the database orders rows by it, the few built-in ones are
put between them here. Its second part puts built-in ones before others that are equal in the first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, text, tuple_

from server.characters.answers import ListedFields
from server.characters.catalogue import FileCharacters
from server.characters.editing import words_for
from server.characters.store import Row, owned_by, seen_by
from server.storage.database import POSTGRESQL, Database
from server.storage.tables.characters import character_favourites, character_talks, character_words, characters
from server.storage.words import Term, marks_of, match_of

Sort = Literal["popular", "new", "name"]
Whose = Literal["all", "mine", "favourites", "home"]
"""home: the built-in ones, one's own and one's favourites."""
Key = tuple[int | str, int, int, str]

BUILT_IN, KEPT = 0, 1

SHOWN = [column for column in characters.c if column.name not in ("draft", "imported")]
"""What lists need; the rest may be long."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which characters, and in which order. An empty value means any."""

    terms: Sequence[Term] = ()
    language: str = ""
    purpose: str = ""
    voice: str = ""
    sort: Sort = "popular"
    whose: Whose = "all"


@dataclass(frozen=True, slots=True)
class Listed:
    """A character of the list. row: None for a built-in one."""

    key: Key
    id: str
    fields: ListedFields
    talks: int
    favourite: bool
    row: Row = None


@dataclass(frozen=True)
class Listing:
    """The lists of everybody."""

    database: Database
    files: FileCharacters

    async def page(self, person_id: str, wanted: Wanted, after: Key | None, limit: int) -> Sequence[Listed]:
        """At most `limit` + 1 characters that the person sees, in order, after the one with that key."""
        ids = [character.id for character in self.files.all]
        lately = select(character_talks).where(character_talks.c.character_id.in_(ids))
        async with self.database.read() as connection:
            favourites = frozenset(await connection.scalars(_favourites_of(person_id)))
            talks = {row.character_id: row.talks for row in await connection.execute(lately)}
            query = _rows(self.database.dialect, person_id, wanted, after, limit + 1)
            rows = (await connection.execute(query)).all()
        built_in = sorted(self._built_in(wanted, talks, favourites), key=_key)
        merged = heapq.merge(
            (one for one in built_in if after is None or one.key > after),
            (_listed(row, row.id in favourites) for row in rows),
            key=_key,
        )
        return list(islice(merged, limit + 1))

    async def of_one(self, person_id: str, id: str) -> tuple[int, bool]:
        """With how many people the character talked lately, and whether it is the person's favourite."""
        lately = select(character_talks.c.talks).where(character_talks.c.character_id == id)
        async with self.database.read() as connection:
            talks = await connection.scalar(lately)
            favourite = await connection.scalar(
                _favourites_of(person_id).where(character_favourites.c.character_id == id)
            )
        return talks or 0, favourite is not None

    def _built_in(self, wanted: Wanted, talks: Mapping[str, int], favourites: Set[str]) -> Iterable[Listed]:
        for rank, character in enumerate(self.files.all):
            favourite, fields = character.id in favourites, ListedFields.of(character)
            voiced = any(voice.startswith(wanted.voice) for voice in character.voice.values())
            if (
                (wanted.whose in ("all", "home") or (wanted.whose == "favourites" and favourite))
                and (not wanted.language or wanted.language in fields.languages)
                and (not wanted.purpose or wanted.purpose == fields.purpose)
                and voiced
                and all(marks_of(words_for(fields, ()), [term]) for term in wanted.terms)
            ):
                count = talks.get(character.id, 0)
                first: Mapping[Sort, int | str] = {"popular": -count, "new": 0, "name": fields.title.casefold()}
                yield Listed((first[wanted.sort], BUILT_IN, rank, character.id), character.id, fields, count, favourite)


def key_types(sort: Sort) -> tuple[type[str] | type[int], ...]:
    """Of what a key of this order is made."""
    return (str if sort == "name" else int, int, int, str)


def _key(one: Listed) -> Key:
    return one.key


def _listed(row: Row, favourite: bool) -> Listed:
    key = (row.first, KEPT, row.second, row.id)
    return Listed(key, row.id, ListedFields.model_validate(row.listed_fields), row.talks, favourite, row)


def _rows(dialect: str, person_id: str, wanted: Wanted, after: Key | None, most: int) -> Select[Any]:
    """The first kept characters in order, each with its `talks` and the parts of its key that differ."""
    keys = _keys(dialect, person_id, wanted, after).limit(most).subquery()
    rows = select(*SHOWN, keys.c.talks, keys.c.first, keys.c.second).join(keys, keys.c.id == characters.c.id)
    return rows.order_by(keys.c.first, keys.c.second, keys.c.id)


def _keys(dialect: str, person_id: str, wanted: Wanted, after: Key | None) -> Select[Any]:
    """Ids in order with what they are ordered by, all of which one index has."""
    its, talks = characters.c, func.coalesce(character_talks.c.talks, 0)
    by_name = its.name.collate("C") if dialect == POSTGRESQL else its.name  # as Python compares
    first, second = {
        "popular": (-talks, -its.created_at),
        "new": (-func.coalesce(its.published_at, its.created_at), literal(0)),
        "name": (by_name, literal(0)),
    }[wanted.sort]
    query = (
        select(its.id, talks.label("talks"), first.label("first"), second.label("second"))
        .outerjoin(character_talks, character_talks.c.character_id == its.id)
        .where(*_conditions(dialect, person_id, wanted))
        .order_by(first, second, its.id)
    )
    return query if after is None else query.where(tuple_(first, literal(KEPT), second, its.id) > after)


def _conditions(dialect: str, person_id: str, wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    its = characters.c
    if wanted.whose == "mine":
        yield owned_by(person_id)
    else:
        yield seen_by(person_id)
        yield its.version > 0
    if wanted.whose == "home":
        yield or_(owned_by(person_id), its.id.in_(_favourites_of(person_id)))
    if wanted.whose == "favourites":
        yield its.id.in_(_favourites_of(person_id))
    if wanted.language:
        yield its.languages.contains(f" {wanted.language} ", autoescape=True)
    if wanted.purpose:
        yield its.purpose == wanted.purpose
    if wanted.voice:
        yield its.voices.contains(f" {wanted.voice}", autoescape=True)
    if wanted.terms:
        yield its.id.in_(_found(dialect, match_of(wanted.terms, dialect)))


def _found(dialect: str, match: str) -> Select[Any]:
    """The ids of characters in whose words all terms stand."""
    query = select(character_words.c.character_id)
    if dialect == POSTGRESQL:
        return query.where(text("character_words.tokens @@ CAST(:match AS tsquery)").bindparams(match=match))
    stands = "number IN (SELECT rowid FROM character_words_fts WHERE character_words_fts MATCH :match)"
    return query.where(text(f"character_words.{stands}").bindparams(match=match))


def _favourites_of(person_id: str) -> Select[Any]:
    return select(character_favourites.c.character_id).where(character_favourites.c.person_id == person_id)
