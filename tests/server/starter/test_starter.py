"""The starter set is fetched beside everything else: each entry is used as it arrives, and a fault changes nothing."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import pytest
from structlog.testing import capture_logs

from pipeline.errors import EngineUnavailable, KaikouError
from server.starter.starter import NICENESS, StarterState
from tests.server.starter.pulling import starting, until

FETCHING, STOPPED, FAILED, DONE, ABSENT = (
    StarterState.FETCHING,
    StarterState.STOPPED,
    StarterState.FAILED,
    StarterState.DONE,
    StarterState.ABSENT,
)


async def test_each_entry_is_used_as_soon_as_it_has_arrived() -> None:
    async with starting() as scene:
        await scene.half_way()
        assert (scene.starter.state, scene.hub.pulled, scene.engines.renewed) == (FETCHING, ["ears"], [])
        scene.hub.go_on()
        await scene.state(DONE)
        assert scene.engines.renewed == [["ears"], ["ears", "voice"]]
        assert threading.main_thread() not in scene.hub.threads


@pytest.mark.skipif(sys.platform != "linux", reason="only there threads have a priority of their own")
async def test_what_is_fetched_yields_to_conversations_and_nothing_else_does() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    async with starting() as scene:
        await scene.half_way()
        assert (scene.hub.niceness, os.getpriority(os.PRIO_PROCESS, 0)) == ([NICENESS], before)


async def test_what_is_there_is_not_fetched() -> None:
    async with starting() as scene:
        scene.rules.fetched += ["ears", "voice"]
        scene.starter.stop()
        scene.starter.start()
        await scene.state(ABSENT)


async def test_a_press_stops_the_download_and_another_one_goes_on() -> None:
    async with starting() as scene:
        await scene.half_way()
        scene.starter.stop()
        assert (scene.starter.state, scene.rules.stopped) == (STOPPED, True)
        await until(lambda: not scene.hub.threads[0].is_alive())
        assert scene.engines.renewed == []
        scene.hub.go_on()
        scene.starter.start()
        await scene.state(DONE)
        assert (scene.hub.pulled, scene.rules.stopped) == (["ears", "ears", "voice"], False)


async def test_presses_one_upon_the_other_end_in_what_the_last_one_said() -> None:
    async with starting() as scene:
        await scene.half_way()
        for _ in range(3):
            scene.starter.stop()
            scene.starter.start()
        scene.hub.go_on()
        await scene.state(DONE)
        scene.starter.stop()
        assert scene.starter.state is DONE


async def test_who_stopped_it_is_not_given_it_at_the_next_start_either() -> None:
    async with starting(stopped=True) as scene:
        await asyncio.sleep(0)
        assert (scene.starter.state, scene.hub.pulled) == (STOPPED, [])


async def test_a_press_that_cannot_be_remembered_still_stops_it() -> None:
    async with starting() as scene:
        await scene.half_way()
        scene.rules.refuses = True
        scene.starter.stop()
        await until(lambda: not scene.hub.threads[0].is_alive())
        assert scene.starter.state is STOPPED


async def test_a_failure_is_one_line_and_keeps_nothing_else_from_arriving() -> None:
    with capture_logs() as logs:
        async with starting(fails={"ears": [KaikouError("The hub is away.")]}) as scene:
            scene.hub.go_on()
            await scene.state(FAILED)
            assert (scene.starter.error, scene.engines.renewed) == ("The hub is away.", [["voice"]])

    [line] = [line for line in logs if line["log_level"] == "warning"]
    assert line["errors"] == {"ears": "The hub is away."}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (FileExistsError(17, "File exists", "/a/file"), "File exists: /a/file"),
    ],
)
async def test_what_the_system_refuses_is_told_in_its_words(error: OSError, told: str) -> None:
    async with starting(fails={"ears": [error]}) as scene:
        scene.hub.go_on()
        await scene.state(FAILED)
        assert scene.starter.error == told


async def test_a_failure_that_nobody_foresaw_is_logged_whole_and_told_without_its_inside() -> None:
    with capture_logs() as logs:
        async with starting(fails={"ears": [ZeroDivisionError("inside")]}) as scene:
            scene.hub.go_on()
            await scene.state(FAILED)
            assert scene.starter.error == "Something went wrong; the server's log says what."

    [line] = [line for line in logs if line["log_level"] == "error"]
    assert (line["weights"], line["exc_info"]) == ("ears", True)


async def test_a_folder_that_cannot_be_read_does_not_stop_the_server() -> None:
    async with starting(unreadable=True) as scene:
        assert (scene.starter.state, scene.starter.error) == (FAILED, "unreadable")
        scene.rules.unreadable = False
        scene.hub.go_on()
        scene.starter.start()
        await scene.state(DONE)


async def test_a_press_while_the_last_engines_are_made_changes_nothing() -> None:
    async with starting() as scene:
        scene.engines.on_renew = lambda: scene.starter.stop() if "voice" in scene.rules.fetched else None
        scene.hub.go_on()
        await scene.state(DONE)


async def test_a_press_while_other_engines_are_made_lets_nothing_more_begin() -> None:
    async with starting() as scene:
        scene.engines.on_renew = scene.starter.stop
        scene.hub.go_on()
        await until(lambda: scene.starter.fetching[0].in_use)
        await asyncio.sleep(0)
        assert (scene.starter.state, scene.hub.pulled) == (STOPPED, ["ears"])


@pytest.mark.parametrize("during", ["ears", "voice"])
async def test_a_stop_and_a_start_while_engines_are_made_go_on_where_it_was(during: str) -> None:
    async with starting() as scene:

        def press() -> None:
            if scene.hub.pulled[-1] == during:
                scene.starter.stop()
                scene.starter.start()

        scene.engines.on_renew = press
        scene.hub.go_on()
        await scene.state(DONE)
        assert (scene.hub.pulled, scene.starter.fetching[-1].in_use) == (["ears", "voice"], True)


async def test_a_stop_while_the_last_engines_are_made_keeps_what_failed_before_from_being_tried_again() -> None:
    async with starting(fails={"ears": [KaikouError("The hub is away.")]}, retry_s=0.01) as scene:
        scene.engines.on_renew = scene.starter.stop
        scene.hub.go_on()
        await until(lambda: scene.starter.fetching[1].in_use)
        await asyncio.sleep(0)
        assert (scene.starter.state, scene.hub.pulled) == (STOPPED, ["ears", "voice"])


async def test_what_arrived_and_could_not_be_used_is_tried_again_without_being_fetched_again() -> None:
    async with starting() as scene:
        scene.engines.fails = EngineUnavailable("There is no memory for it.")
        scene.hub.go_on()
        await scene.state(FAILED)
        scene.engines.fails = None
        scene.starter.start()
        await scene.state(DONE)
        assert (scene.hub.pulled, len(scene.engines.renewed)) == (["ears", "voice"], 4)


async def test_engines_that_do_not_start_are_a_failure_too() -> None:
    async with starting() as scene:
        scene.engines.fails = EngineUnavailable("Its library is missing.")
        scene.hub.go_on()
        await scene.state(FAILED)
        assert scene.starter.error == "Its library is missing."


async def test_after_a_failure_it_is_tried_again_by_itself_and_by_a_press() -> None:
    errors: list[Exception] = [KaikouError("The hub is away."), KaikouError("It is still away.")]
    async with starting(fails={"ears": errors}, retry_s=0.01) as scene:
        scene.hub.go_on()
        await scene.state(DONE)
        assert scene.hub.pulled == ["ears", "voice", "ears", "ears"]

    async with starting(fails={"ears": [KaikouError("The hub is away.")]}) as scene:
        scene.hub.go_on()
        await scene.state(FAILED)
        scene.starter.start()
        await scene.state(DONE)


@pytest.mark.parametrize("stubborn", [False, True])
async def test_the_servers_end_stops_the_download_and_waits_only_so_long(stubborn: bool) -> None:
    async with asyncio.timeout(10), starting(stop_s=0.05 if stubborn else 20.0) as scene:
        scene.hub.stubborn = stubborn
        await scene.half_way()
    assert scene.hub.threads[0].daemon
    if not stubborn:
        assert scene.hub.rules.fetched == []
