"""Cards that are made of corrections, reviewed, taken back and deleted, on both databases, with the time told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from fsrs import Card, Rating, Scheduler
from sqlalchemy import func, insert, select

from pipeline.errors import LimitReached
from server.errors import NotFound, PreconditionFailed
from server.practice.cards.answers import CardQuery, NewCard, PracticeCard
from server.practice.cards.deleting import CardDeletion
from server.practice.cards.due import due_cards, worked_in
from server.practice.cards.schedule import RatingName
from server.practice.cards.store import MOST_REVIEWS, CardStore
from server.storage.database import Database
from server.storage.tables.practice import practice_reviews, practices
from tests.server.history.kept import keep, keeping, said

NOON = 1_800_000_000_000
MINUTE_MS, DAY_MS = 60_000, 86_400_000

GOED = NewCard(language="en", said="goed", better="went", sentence="Hello. Yesterday I goed to Paris. It was nice.")


@dataclass
class Clock:
    """The wall clock, as a test sets it."""

    at: int = NOON

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: Database, clock: Clock) -> CardStore:
    return CardStore(database, clock)


def another(number: int, language: str = "en") -> NewCard:
    return NewCard(language=language, said=f"slip {number}", better=f"better {number}")


async def test_a_correction_becomes_a_card_with_its_sentence_and_the_slip_marked(store: CardStore) -> None:
    row, is_new = await store.make("ann", GOED)

    assert is_new
    assert (row.front, row.back) == ("Yesterday I [goed] to Paris.", "Yesterday I went to Paris.")
    told = PracticeCard.of(row, NOON)
    assert (told.state, told.due_at, told.language, told.version) == ("new", NOON, "en", 1)


async def test_the_same_correction_twice_is_one_card_also_at_the_same_moment(store: CardStore) -> None:
    spaced = GOED.model_copy(update={"sentence": "yesterday  I goed to Paris."})
    made = await asyncio.gather(*(store.make("ann", new) for new in (GOED, GOED, spaced)))
    bens, _ = await store.make("ben", GOED)

    assert len({row.id for row, _ in made}) == 1
    assert sorted(is_new for _, is_new in made) == [False, False, True]
    assert bens.id not in {row.id for row, _ in made}


async def test_what_was_said_is_looked_up_where_only_its_line_is_told(database: Database, store: CardStore) -> None:
    async with keeping(database) as keeper:
        conversation = await keep(keeper, said("Good morning. I am agree.", id="item_7"), person="ann")
    practice = {"id": "prac_1", "person_id": "ann", "kind": "language", "language": "en", "character_id": "wizard"}
    async with database.write() as connection:
        about = {"title": "", "practice": {}, "conversation_id": conversation, "created_at": NOON}
        await connection.execute(insert(practices).values(practice | about))
    new = NewCard(language="en", said="am agree", better="agree", practice_id="prac_1", line_id="item_7")
    row, _ = await store.make("ann", new)

    assert (row.front, row.back, row.practice_id) == ("I [am agree].", "I agree.", "prac_1")
    with pytest.raises(NotFound):
        await store.make("ben", new)


async def test_reviews_are_scheduled_as_the_package_does(store: CardStore, clock: Clock) -> None:
    row, _ = await store.make("ann", GOED)
    scheduler, card = Scheduler(enable_fuzzing=False), Card(card_id=1, due=datetime.fromtimestamp(NOON / 1000, UTC))
    answers: list[tuple[RatingName, Rating]] = [
        ("good", Rating.Good),
        ("good", Rating.Good),
        ("hard", Rating.Hard),
        ("again", Rating.Again),
        ("easy", Rating.Easy),
    ]
    for name, rating in answers:
        clock.at = row.due_at
        told = PracticeCard.of(row, clock.at)
        card, _log = scheduler.review_card(card, rating, datetime.fromtimestamp(clock.at / 1000, UTC))
        row = await store.review("ann", row.id, name)
        assert row.due_at == round(card.due.timestamp() * 1000) == getattr(told.next, name)

    assert (row.fsrs["stability"], row.fsrs["difficulty"]) == (card.stability, card.difficulty)
    assert row.due_at > NOON + DAY_MS


async def test_two_reviews_at_once_count_one_after_the_other_and_with_a_version_once(store: CardStore) -> None:
    row, _ = await store.make("ann", GOED)
    twice = await asyncio.gather(*(store.review("ann", row.id, "good") for _ in range(2)))
    version = (await store.get("ann", row.id)).version
    outcomes = await asyncio.gather(
        *(store.review("ann", row.id, "good", version=version) for _ in range(2)), return_exceptions=True
    )

    assert {one.version for one in twice} == {2, 3}
    assert sorted(type(one).__name__ for one in outcomes) == ["PreconditionFailed", "Row"]


async def test_reviews_are_taken_back_one_by_one_to_exactly_where_the_card_was(store: CardStore, clock: Clock) -> None:
    first, _ = await store.make("ann", GOED)
    second = await store.review("ann", first.id, "good")
    clock.at += 10 * MINUTE_MS
    await store.review("ann", first.id, "again")
    back = await store.take_back("ann", first.id)
    start = await store.take_back("ann", first.id)

    assert (back.fsrs, back.due_at) == (second.fsrs, second.due_at)
    assert (start.fsrs, start.due_at) == (first.fsrs, first.due_at)
    with pytest.raises(NotFound, match="not reviewed"):
        await store.take_back("ann", first.id)


async def test_a_clock_that_is_set_back_by_a_year_does_not_send_a_card_away(store: CardStore, clock: Clock) -> None:
    row, _ = await store.make("ann", GOED)
    clock.at += 365 * DAY_MS
    await store.review("ann", row.id, "easy")
    clock.at = NOON + DAY_MS
    row = await store.review("ann", row.id, "good")

    assert clock.at < row.due_at < clock.at + 60 * DAY_MS


async def test_due_cards_come_the_longest_overdue_first_and_page_by_page(store: CardStore, clock: Clock) -> None:
    made = []
    for number in range(5):
        clock.at = NOON + number
        made.append((await store.make("ann", another(number)))[0])
    await store.review("ann", made[0].id, "easy")
    clock.at += 1
    await store.make("ann", another(9, "zh"))
    first = await store.listed("ann", CardQuery(due=True, language="en"), None, 2)
    rest = await store.listed("ann", CardQuery(due=True, language="en"), (first[1].due_at, first[1].id), 50)
    newest = await store.listed("ann", CardQuery(), None, 1)
    summary = await store.summary("ann", "en")

    assert [row.id for row in first[:2]] + [row.id for row in rest] == [row.id for row in made[1:]]
    assert newest[0].language == "zh"
    assert summary[:2] == (4, 5)
    assert summary[2] > clock.at + DAY_MS
    assert list(summary[3]) == ["en", "zh"]


async def test_a_search_finds_what_stands_on_a_card_with_its_signs_taken_literally(store: CardStore) -> None:
    await store.make("ann", NewCard(language="en", said="100% sure", better="quite sure", reason="Manner"))
    await store.make("ann", NewCard(language="en", said="100 euro", better="100 euros"))

    found = [len(await store.listed("ann", CardQuery(q=q), None, 10)) for q in ("100", "100%", "EURO", "manner", "_")]
    assert found == [2, 1, 1, 1, 0]


async def test_an_edit_changes_what_stands_on_a_card_and_not_when_it_is_due(store: CardStore) -> None:
    row, _ = await store.make("ann", GOED)
    edited = await store.edit("ann", row.id, 1, {"front": "I [goed].", "back": "I went."})

    assert (edited.front, edited.due_at, edited.fsrs, edited.version) == ("I [goed].", row.due_at, row.fsrs, 2)
    assert (await store.make("ann", GOED))[0].id == row.id
    with pytest.raises(PreconditionFailed):
        await store.edit("ann", row.id, 1, {"back": "late"})


async def test_a_deleted_card_can_be_had_back_for_ten_seconds_and_is_gone_then(store: CardStore, clock: Clock) -> None:
    row, _ = await store.make("ann", GOED)
    await store.review("ann", row.id, "good")
    deletion = CardDeletion(store)
    until = await deletion.delete("ann", row.id)
    assert (until, await store.listed("ann", CardQuery(), None, 10)) == (NOON + 10_000, [])
    clock.at = until
    assert (await deletion.restore("ann", row.id)).version == 2

    await deletion.delete("ann", row.id)
    assert await deletion.remove() == 0
    clock.at += 60_000
    with pytest.raises(NotFound):
        await deletion.restore("ann", row.id)
    assert await deletion.remove() == 1
    async with store.database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(practice_reviews)) == 0


async def test_a_correction_whose_card_was_just_deleted_begins_anew(store: CardStore) -> None:
    row, _ = await store.make("ann", GOED)
    await store.review("ann", row.id, "easy")
    await CardDeletion(store).delete("ann", row.id)
    again, is_new = await store.make("ann", GOED)

    assert (is_new, again.due_at, again.version) == (True, NOON, 1)
    assert len(await store.listed("ann", CardQuery(), None, 10)) == 1


async def test_there_are_not_more_cards_than_a_person_may_have_however_they_are_made(store: CardStore) -> None:
    few = replace(store, most=3)
    outcomes = await asyncio.gather(*(few.make("ann", another(n)) for n in range(6)), return_exceptions=True)

    assert sum(isinstance(one, LimitReached) for one in outcomes) == 3
    assert await few.make("ben", GOED)


async def test_of_a_cards_reviews_only_the_newest_are_kept(store: CardStore) -> None:
    row, _ = await store.make("ann", GOED)
    for _ in range(MOST_REVIEWS + 3):
        await store.review("ann", row.id, "again")
    async with store.database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(practice_reviews)) == MOST_REVIEWS


async def test_a_due_card_is_worked_into_a_talk_and_counts_there_once(database: Database, store: CardStore) -> None:
    row, _ = await store.make("ann", GOED)
    await store.make("ann", another(1, "zh"))
    due = await due_cards(database, "ann", "en", 5, NOON + 1)
    first = await worked_in(database, "ann", row.id, "good", NOON + 1)
    again = await worked_in(database, "ann", row.id, "good", NOON + 2)

    assert [(card.id, card.front, card.back) for card in due] == [(row.id, "Yesterday I goed to Paris.", row.back)]
    assert (first, again) == (True, True)
    assert (await store.get("ann", row.id)).version == 2
    assert await due_cards(database, "ann", "en", 5, NOON + 3) == []
    assert not await worked_in(database, "ben", row.id, "good", NOON + 20 * MINUTE_MS)
