"""Language models as people have them: one file a scenario, and a whole talk with each."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.zoo.scenario import Scenario
from tests.zoo.talks import visit

HERE = Path(__file__).parent
FILES = sorted(path.relative_to(HERE).with_suffix("") for path in HERE.glob("*/*.py"))


def scenarios(kind: str) -> list[object]:
    return [
        pytest.param(import_module(f"tests.zoo.{kind}.{file.name}").SCENARIO, id=file.name.replace("_", " "))
        for file in FILES
        if file.parent.name == kind
    ]


async def talk_with(scenario: Scenario) -> None:
    seen = await visit(scenario)

    for turn, requests in zip(seen.turns, (scenario.requests, scenario.again), strict=True):
        if scenario.fails:
            assert turn.status == "failed"
            assert scenario.fails in turn.error["message"]
            assert scenario.code in ("", turn.error["code"])
        else:
            assert (turn.status, turn.shown) == ("completed", scenario.says)
            assert turn.heard == scenario.says or (scenario.taken_back and turn.heard.endswith(scenario.says))
        assert turn.calls == (list(scenario.calls) if turn is seen.turns[0] else [])
        assert turn.requests == requests
    since = next(place for place, event in enumerate(reversed(seen.events)) if event["type"] == "response.created")
    events = seen.events[-since:] if scenario.taken_back else seen.events
    everything = f"{[event for event in events if event['type'] != 'response.output_audio.delta']} {turn.heard}"
    assert [word for word in scenario.hidden if word in everything] == []
    scenario.asked(seen.asked)
    told = [event["state"] for event in seen.events if event["type"] == "kaikou.thinking"]
    assert not scenario.told or told == list(scenario.told)


@pytest.mark.parametrize("scenario", scenarios("thinking"))
async def test_thoughts_are_neither_shown_nor_spoken(scenario: Scenario) -> None:
    await talk_with(scenario)


@pytest.mark.parametrize("scenario", scenarios("wordless"))
async def test_an_answer_without_words_is_asked_for_again(scenario: Scenario) -> None:
    await talk_with(scenario)


@pytest.mark.parametrize("scenario", scenarios("streams"))
async def test_a_sloppy_stream_is_understood_or_named(scenario: Scenario) -> None:
    await talk_with(scenario)


@pytest.mark.parametrize("scenario", scenarios("calls"))
async def test_a_sloppy_call_is_made_or_removed(scenario: Scenario) -> None:
    await talk_with(scenario)


@pytest.mark.parametrize("scenario", scenarios("templates"))
async def test_a_strict_template_is_answered_in_the_same_turn(scenario: Scenario) -> None:
    await talk_with(scenario)


@pytest.mark.parametrize("scenario", scenarios("connecting"))
async def test_a_server_is_reached_or_its_trouble_named(scenario: Scenario) -> None:
    await talk_with(scenario)
