"""Engines are replaced while conversations go on: who has begun keeps its own, and each ends once, after its last user."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from pipeline.engines.protocols import Role
from pipeline.errors import EngineUnavailable
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.engines.selection import InstalledWeights
from server.operations.engine_metrics import EngineMetrics
from server.settings import load_settings
from tests.server.counted_engines import GO_ON, MADE, CountedSynthesizer, installed, register
from tests.speech import NEEDS_POCKETSPHINX

WAIT_S = 30.0


@pytest.fixture(autouse=True)
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(tmp_path, monkeypatch)


def made(there: InstalledWeights) -> LoadedEngines:
    settings = load_settings({"engines": "auto", "turn_model": "none"}, {})
    return LoadedEngines(settings, there=there)


@asynccontextmanager
async def engines(*names: str, role: Role = "recognizer") -> AsyncIterator[CurrentEngines]:
    """A server's engines where weights of these names are installed. Each engine has ended once when the block is left."""
    current = CurrentEngines(made(installed(*names, role=role)))
    try:
        yield current
    finally:
        await current.close()
    assert {one.name: one.ended for one in MADE} == {one.name: 1 for one in MADE}


def taking(*names: str, role: Role = "recognizer") -> Callable[[LoadedEngines], LoadedEngines]:
    """Makes the next engines, with weights of these names installed by then."""
    return partial(LoadedEngines.renewed, there=installed(*names, role=role))


def named(loaded: LoadedEngines, role: Role = "recognizer") -> str:
    return loaded.choices[role].weights or loaded.choices[role].engine


async def heard(loaded: LoadedEngines) -> str:
    """What the recogniser makes of a moment of silence."""
    recognizer: Any = loaded.engines.recognizer
    stream = await recognizer.open("en")
    await stream.accept(np.zeros(1_600, np.int16))
    recognition = await stream.settle(1.0)
    stream.close()
    return str(recognition.text)


async def ended(name: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while not all(one.ended for one in MADE if one.name == name):
            await asyncio.sleep(0.01)


async def test_who_has_begun_keeps_its_engines_and_who_begins_next_has_the_new_ones() -> None:
    async with engines("old") as current:
        before = current.lease()
        await current.renew(taking("old", "new"))
        with before as old, current.lease() as new:
            assert (await heard(old), await heard(new)) == ("old", "new")


async def test_engines_end_with_their_last_lease_and_not_on_the_loop() -> None:
    async with engines("old") as current:
        first, second = current.lease(), current.lease()
        await current.renew(taking("old", "new"))
        first.end()
        first.end()
        await asyncio.sleep(0)
        assert [one.ended for one in MADE] == [0, 0]
        second.end()
        await ended("old")
        assert MADE[0].ended_on is not threading.main_thread()


async def test_engines_that_nobody_uses_end_as_they_are_replaced() -> None:
    async with engines("old") as current:
        await current.renew(taking("old", "new"))
        await ended("old")
        assert [named(one) for one in current.generations] == ["new"]


@NEEDS_POCKETSPHINX
async def test_an_engine_that_is_chosen_again_goes_on_with_its_counts() -> None:
    async with engines("old") as current:
        before = current.current
        await current.renew(taking("old"))
        assert (current.current is before, current.current.members, len(MADE)) == (False, before.members, 1)
        await current.renew(taking("old", "new"))
        kept = {role: member for (role, _), member in _by_key(current.current).items() if member in before.members}
        assert sorted(kept) == ["chat_model", "recognizer", "synthesizer", "voice_detector"]  # PocketSphinx stands in


def _by_key(loaded: LoadedEngines) -> dict[tuple[Role, str], Any]:
    return dict(zip(loaded.statuses, loaded.members, strict=True))


@pytest.mark.parametrize("name", ["absent", "broken"])
@pytest.mark.parametrize("role", ["recognizer", "synthesizer"])
async def test_an_engine_that_does_not_work_changes_nothing_and_says_why(name: str, role: Role) -> None:
    async with engines("old", role=role) as current:
        before = current.current
        with pytest.raises(EngineUnavailable, match=f"counted:{name}: It (is not there|has no output)"):
            await current.renew(taking("old", name, role=role))
        assert (current.current, current.generations) == (before, [before])


async def test_a_new_voice_has_spoken_each_language_and_its_numbers_before_anybody_is_given_it() -> None:
    async with engines("old", role="synthesizer") as current:
        await current.renew(taking("old", "new", role="synthesizer"))
        spoken = [request for one in MADE if isinstance(one, CountedSynthesizer) for request in one.spoken]
        assert [request.language for request in spoken] == ["zh", "en"]
        assert not any(map(str.isdigit, "".join(request.text for request in spoken)))


@NEEDS_POCKETSPHINX
async def test_of_several_new_engines_those_that_work_are_taken() -> None:
    both = installed("old", "new").installed, installed("broken", role="synthesizer").installed
    there = InstalledWeights((*both[0], *both[1]), ("zh", "en"))
    async with engines("old") as current:
        await current.renew(partial(LoadedEngines.renewed, there=there))
        assert (named(current.current), named(current.current, "synthesizer")) == ("new", "embedded")
        assert current.current.passed_over == ["counted:broken: It has no output."]


async def test_an_engine_that_did_not_work_and_still_does_not_is_told_again() -> None:
    both = installed("old", "new").installed, installed("broken", role="synthesizer").installed
    there = InstalledWeights((*both[0], *both[1]), ("zh", "en"))
    async with engines("old") as current:
        await current.renew(partial(LoadedEngines.renewed, there=there))
        before = current.current
        with pytest.raises(EngineUnavailable, match="counted:broken: It has no output"):
            await current.renew(partial(LoadedEngines.renewed, there=there))
        assert current.current is before


async def test_whoever_asks_for_engines_is_told_what_went_wrong_and_later_ones_are_taken_all_the_same() -> None:
    def broken(_before: LoadedEngines) -> LoadedEngines:
        raise ValueError("no such thing")

    async with engines("old") as current:
        with pytest.raises(ValueError, match="no such thing"):
            await current.renew(broken)
        await current.renew(taking("old", "new"))
        assert named(current.current) == "new"


async def test_renewals_at_once_follow_each_other_and_every_generation_ends_once() -> None:
    async with engines("one") as current:
        leases = [current.lease()]
        await asyncio.gather(current.renew(taking("one", "two")), current.renew(taking("one", "two", "three")))
        leases.append(current.lease())
        assert [named(one) for one in current.generations] == ["one", "three"]
        for lease in reversed(leases):
            lease.end()
        await ended("one")


@NEEDS_POCKETSPHINX
async def test_an_engine_of_two_earlier_generations_ends_once_after_both() -> None:
    async with engines("one") as current:
        first = current.lease()
        await current.renew(taking("one"))
        second = current.lease()
        await current.renew(taking("one", "two"))
        second.end()
        with first as loaded:
            assert await heard(loaded) == "one"
        await ended("one")


async def test_engines_that_come_when_the_server_has_begun_to_end_are_ended_too() -> None:
    go, making = threading.Event(), threading.Event()

    def late(before: LoadedEngines) -> LoadedEngines:
        making.set()
        go.wait(WAIT_S)
        return before.renewed(installed("old", "new"))

    async with engines("old") as current:
        lease = current.lease()
        renewing = asyncio.create_task(current.renew(late))
        await asyncio.to_thread(making.wait, WAIT_S)
        renewing.cancel()
        closing = asyncio.create_task(current.close())
        await asyncio.sleep(0)
        go.set()
        await closing
        lease.end()
        with pytest.raises(EngineUnavailable):
            current.lease()
        with pytest.raises(EngineUnavailable):
            await current.renew(taking("old", "newer"))

    assert [one.name for one in MADE] == ["old", "new"]


async def test_the_servers_end_does_not_wait_for_engines_that_hang_as_they_are_made_or_ended() -> None:
    making = list[threading.Thread]()

    def hanging(before: LoadedEngines) -> LoadedEngines:
        making.append(threading.current_thread())
        GO_ON.wait(WAIT_S)
        return before

    current = CurrentEngines(made(installed("stuck")), close_s=0.05)
    renewing = asyncio.create_task(current.renew(hanging))
    async with asyncio.timeout(WAIT_S / 2):
        while not making:
            await asyncio.sleep(0.01)
        await current.close()
    with pytest.raises(asyncio.CancelledError):
        await renewing
    await ended("stuck")
    GO_ON.set()
    assert [thread.daemon for thread in (*making, MADE[0].ended_on) if thread] == [True, True]  # the process may end


@pytest.mark.parametrize("seed", range(5))
async def test_nothing_is_used_after_its_end_while_users_come_and_go_and_engines_change(seed: int) -> None:
    chance = random.Random(seed)

    async def user(current: CurrentEngines) -> None:
        for _ in range(4):
            with current.lease() as loaded:
                name = named(loaded)
                for _ in range(chance.randrange(4)):
                    assert await heard(loaded) == name
                    await asyncio.sleep(chance.random() / 100)

    async with engines("0") as current, asyncio.TaskGroup() as tasks:
        for _ in range(6):
            tasks.create_task(user(current))
        for last in range(1, 8):
            await current.renew(taking(*map(str, range(last + 1))))
            await asyncio.sleep(chance.random() / 50)


async def test_calls_of_new_engines_are_counted_and_no_series_comes_twice() -> None:
    registry = CollectorRegistry()
    async with engines("old") as current:
        registry.register(EngineMetrics(current, registry))
        with current.lease() as old:
            await heard(old)
            await current.renew(taking("old", "new"))
            with current.lease() as new:
                await heard(new)
        samples = [(one.name, *one.labels.items()) for metric in registry.collect() for one in metric.samples]
        told = {
            (one.labels["engine"], one.labels.get("outcome")): one.value
            for metric in registry.collect()
            for one in metric.samples
            if one.name == "kaikou_engine_calls_total"
        }
        first = registry.get_sample_value(
            "kaikou_engine_first_result_seconds_count", {"role": "recognizer", "engine": "counted:new"}
        )
    assert len(samples) == len(set(samples))
    assert (told["counted:new", "worked"], first) == (1, 1)
