"""Progress over practices, goals, and how regularly somebody practises."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.errors import LimitReached
from server.errors import NotFound
from server.practice.progress.answers import Goal, NewGoal, ProgressQuery
from server.practice.progress.progress import day_of, point_of, state_of, weeks_of
from server.practice.progress.store import ProgressStore
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from tests.server.accounts.people import browser, register, serving_on
from tests.server.practice.reports import NOON, keep_report, measure, mistakes

DAY_MS = 86_400_000
FRIDAY = date(2027, 1, 15)
"""The day of `NOON`, which is eight in the morning there."""


def at(*days_before: int) -> list[int]:
    return [NOON - days * DAY_MS for days in days_before]


@pytest.fixture
def store(database: Database) -> ProgressStore:
    return ProgressStore(database, lambda: NOON)


async def points(store: ProgressStore, person: str = "ann", **wanted: Any) -> list[Any]:
    return [point_of(told) for told in await store.told(person, ProgressQuery(**wanted))]


def test_the_day_is_that_of_the_persons_clock() -> None:
    midnight = int(datetime(2027, 1, 15, 23, 30, tzinfo=UTC).timestamp() * 1000)

    days = [day_of(midnight, offset).day for offset in (0, 29, 30, 480, -1_000)]
    assert (day_of(NOON, 0), days) == (FRIDAY, [15, 15, 16, 16, 15])


@pytest.mark.parametrize(
    ("practised", "days", "in_a_row", "total"),
    [
        ([], 0, 0, 0),
        (at(0), 1, 1, 1),
        (at(0, 0, 1, 4, 5), 3, 2, 2),  # the Sunday before is another week
        (at(5), 0, 1, 1),  # nothing yet this week, which takes nothing away
        (at(7, 14, 21), 0, 3, 3),
        (at(14, 21), 0, 0, 2),
        (at(0, 14, 21), 1, 1, 3),
        (at(-3), 0, 0, 0),
    ],
)
def test_weeks_in_a_row_are_counted_and_this_week_only_adds(
    practised: list[int], days: int, in_a_row: int, total: int
) -> None:
    weeks = weeks_of(practised, NOON, 0)

    assert (weeks.days, weeks.in_a_row, weeks.total) == (days, in_a_row, total)
    assert weeks.began == date(2027, 1, 11)


async def test_each_practice_with_a_report_is_a_point_the_oldest_first(store: ProgressStore) -> None:
    pace = [measure("words_per_minute", 100.0 + n) for n in range(3)]
    for number in range(3):
        parts = {
            "measures": {"items": [pace[number], measure("pauses", None)]},
            "mistakes": mistakes(("M:DET", number + 1)),
        }
        await keep_report(store.database, "ann", f"prac_{number}", NOON + number, parts=parts)
    await keep_report(store.database, "ann", "prac_next", parts={"next": {"items": []}})
    await keep_report(store.database, "ben", "prac_ben")
    found = await points(store)

    assert [point.practice_id for point in found] == ["prac_0", "prac_1", "prac_2"]
    assert [{id: one.value for id, one in point.measures.items()} for point in found] == [
        {"words_per_minute": 100.0},
        {"words_per_minute": 101.0},
        {"words_per_minute": 102.0},
    ]
    assert (found[0].minutes, found[0].began_at) == (9, NOON)
    assert [point.practice_id for point in await points(store, limit=2)] == ["prac_1", "prac_2"]


async def test_mistakes_are_told_by_kind_for_a_hundred_words(store: ProgressStore) -> None:
    parts = {"mistakes": mistakes(("M:DET", 3), ("R:VERB", 1), per_100=8.0)}
    await keep_report(store.database, "ann", "prac_1", parts=parts)
    await keep_report(store.database, "ann", "prac_2", NOON + 1, parts={"mistakes": mistakes(per_100=0.0)})
    await keep_report(
        store.database, "ann", "prac_3", NOON + 2, parts={"mistakes": mistakes(("M:DET", 1), per_100=None)}
    )
    some, none, short = (point.mistakes for point in await points(store))

    assert (some.count, some.per_100, some.kinds["M:DET"].per_100, some.kinds["R:VERB"].per_100) == (4, 8.0, 6.0, 2.0)
    assert (none.count, none.per_100, dict(none.kinds)) == (0, 0.0, {})
    assert (short.per_100, short.kinds["M:DET"].per_100, short.kinds["M:DET"].count) == (None, None, 1)


async def test_only_what_was_asked_for_is_told(store: ProgressStore) -> None:
    await keep_report(store.database, "ann", "prac_en", kind="interview")
    await keep_report(store.database, "ann", "prac_zh", NOON + 1, language="zh")
    asked: list[dict[str, Any]] = [
        {},
        {"language": "zh"},
        {"kind": "interview"},
        {"language": "zh", "kind": "interview"},
    ]

    assert [[point.practice_id for point in await points(store, **wanted)] for wanted in asked] == [
        ["prac_en", "prac_zh"],
        ["prac_zh"],
        ["prac_en"],
        [],
    ]


async def test_more_practices_than_are_read_at_once_are_all_there(store: ProgressStore) -> None:
    for number in range(45):
        await keep_report(store.database, "ann", f"prac_{number:02}", NOON + number, parts={"mistakes": mistakes()})

    assert [point.practice_id for point in await points(store)] == [f"prac_{number:02}" for number in range(45)]


async def test_a_goal_is_reached_by_the_newest_practice_that_has_its_measure(store: ProgressStore) -> None:
    for number, (value, count) in enumerate([(90.0, 1), (130.0, 2)]):
        parts = {
            "measures": {"items": [measure("pace", value)]},
            "mistakes": mistakes(("M:DET", count), per_100=count * 2.0),
        }
        await keep_report(store.database, "ann", f"prac_{number}", NOON + number, parts=parts)
    await keep_report(store.database, "ann", "prac_9", NOON + 9, parts={"mistakes": mistakes(per_100=None)})
    found = await points(store)

    def reached(measure: str, days: int = 0, **target: float) -> tuple[float | None, bool]:
        goal = Goal(language="en", measure=measure, at_least=target.get("at_least"), at_most=target.get("at_most"))
        state = state_of(goal, found, days)
        return state.value, state.reached

    assert reached("pace", at_least=130) == (130.0, True)
    assert reached("pace", at_most=129) == (130.0, False)
    assert reached("mistakes_per_100", at_most=4) == (4.0, True)
    assert reached("days", days=3, at_least=3) == (3.0, True)
    assert reached("days", days=2, at_least=3) == (2.0, False)
    assert reached("fillers", at_most=3) == (None, False)


async def test_goals_are_set_changed_and_given_up_by_their_owner(store: ProgressStore) -> None:
    await store.set_goal("ann", "en", "pace", NewGoal(at_least=100))
    await asyncio.gather(*(store.set_goal("ann", "en", "pace", NewGoal(at_most=n)) for n in (120, 120)))
    await store.set_goal("ben", "en", "pace", NewGoal(at_least=1))
    (goal,) = await store.goals("ann")

    assert (goal.at_least, goal.at_most) == (None, 120)
    assert await store.goals("ann", "zh") == []
    await store.drop_goal("ann", "en", "pace")
    assert await store.goals("ann") == []
    assert len(await store.goals("ben")) == 1
    with pytest.raises(NotFound):
        await store.drop_goal("ann", "en", "pace")


async def test_there_are_not_more_goals_than_a_person_may_have(store: ProgressStore) -> None:
    few = replace(store, most_goals=2)
    await few.set_goal("ann", "en", "a", NewGoal(at_least=1))
    await few.set_goal("ann", "en", "b", NewGoal(at_least=1))
    await few.set_goal("ann", "en", "b", NewGoal(at_least=2))

    with pytest.raises(LimitReached):
        await few.set_goal("ann", "en", "c", NewGoal(at_least=1))


async def test_the_server_tells_progress_with_goals_and_refuses_what_is_no_goal(storage: StorageSettings) -> None:
    async with serving_on(storage) as server, browser(server) as ann:
        id = (await register(ann, "ann@example.org"))["account"]["id"]
        await keep_report(
            server.app.state.services.database, id, parts={"measures": {"items": [measure("pace", 120.0)]}}
        )
        goals = "/api/practice/goals"
        kept = await ann.put(f"{goals}/en/pace", json={"at_least": 100})
        bad = [
            await ann.put(f"{goals}/en/pace", json={}),
            await ann.put(f"{goals}/en/pace", json={"at_least": 1, "at_most": 2}),
            await ann.put(f"{goals}/english/pace", json={"at_least": 1}),
            await ann.put(f"{goals}/en/Pace!", json={"at_least": 1}),
            await ann.put(f"{goals}/en/days", json={"at_least": 8}),
            await ann.put(f"{goals}/en/pace", json={"at_least": -1}),
            await ann.get("/api/practice/progress", params={"offset_minutes": 1_001}),
        ]
        told = (await ann.get("/api/practice/progress", params={"language": "en"})).json()["data"]
        all_ = (await ann.get(goals)).json()["data"]["items"]
        gone = await ann.request("DELETE", f"{goals}/en/pace")

    assert (kept.status_code, gone.status_code, [answer.status_code for answer in bad]) == (200, 200, [422] * 7)
    assert told["goals"] == [
        {"language": "en", "measure": "pace", "at_least": 100.0, "at_most": None, "value": 120.0, "reached": True}
    ]
    assert told["practices"][0]["began_at"] == "2027-01-15T08:00:00.000Z"
    assert len(all_) == 1
