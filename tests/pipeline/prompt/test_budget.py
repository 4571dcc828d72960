from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.conversation.config import ResponseRequest, SessionConfig
from pipeline.conversation.limits import PromptLimits
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import Tool
from pipeline.prompt.budget import FRAME, MESSAGE, Budget, budget_of, newest, tokens_of_item, within_window
from pipeline.text.tokens import tokens_of

LAW = settings(max_examples=80, deadline=None, derandomize=True, database=None)
LIMITS = PromptLimits(tokens=6_000, window=8_192, answer_tokens=600, known_tokens=1_500, summary_tokens=600)


@pytest.mark.parametrize(
    ("window", "instructions", "sources", "budget"),
    [
        (None, "", True, Budget(3_870, 600, 1_490)),
        (None, "", False, Budget(5_360, 600, 0)),
        (128_000, "word " * 1_000, False, Budget(4_360, 600, 0)),
        (4_096, "", False, Budget(2_856, 600, 0)),
        (2_048, "word " * 600, True, Budget(493, 179, 224)),
        (1_024, "word " * 2_000, False, Budget(154, 38, 0)),
    ],
)
def test_all_parts_and_the_answer_fit_into_the_window(
    window: int | None, instructions: str, sources: bool, budget: Budget
) -> None:
    assert budget_of(LIMITS, window, instructions, [], sources=sources) == budget


@pytest.mark.parametrize("window", [1_024, 2_048, 4_096, None])
@pytest.mark.parametrize("sources", [False, True])
@pytest.mark.parametrize("written", [0, 900, 20_000])
def test_all_fits_into_a_small_window_where_instructions_can_be_shortened(
    window: int | None, sources: bool, written: int
) -> None:
    tools = [Tool("weather", "Tells the weather of a city.", {"type": "object", "properties": {"city": {}}})]
    config = SessionConfig(instructions="word " * written, tools=tools, shortened=lambda tokens: "word " * tokens)

    instructions = within_window(ResponseRequest(), config, LIMITS, window).instructed(config)
    budget = budget_of(LIMITS, window, instructions, tools, sources=sources)

    fixed = tokens_of(instructions) + FRAME + 25  # the function
    answer = min(600, (window or LIMITS.window) // 4)
    assert fixed + budget.turns + budget.summary + budget.known + answer <= (window or LIMITS.window)
    assert instructions == config.instructions or written > 500


def test_instructions_of_a_client_stand_as_they_are() -> None:
    config, own = SessionConfig(instructions="word " * 9_000), ResponseRequest(instructions="word " * 8_000)

    assert within_window(ResponseRequest(), config, LIMITS, 2_048) == ResponseRequest()
    assert within_window(own, replace(config, shortened=lambda _tokens: ""), LIMITS, 2_048) == own


def test_functions_take_of_the_budget_like_instructions() -> None:
    weather = Tool("weather", "Tells the weather of a city.", {"type": "object", "properties": {"city": {}}})
    without, offered = (budget_of(LIMITS, None, "", tools, sources=False) for tools in ([], [weather]))

    assert 20 < without.turns - offered.turns < 60


@pytest.mark.parametrize(
    ("tokens", "seen"), [(0, ["c"]), (13, ["b", "c"]), (14, ["b", "c"]), (15, ["a", "b", "c"]), (99, ["a", "b", "c"])]
)
def test_the_newest_items_that_fit_are_seen_and_the_last_in_any_case(tokens: int, seen: list[str]) -> None:
    items = [Item(id, text="word") for id in "abc"]

    assert [item.id for item in newest(items, tokens)] == seen


def test_of_an_empty_conversation_nothing_is_seen() -> None:
    assert newest([], 100) == []


@LAW
@given(lengths=st.lists(st.integers(0, 30), max_size=30), tokens=st.integers(40, 400))
def test_what_is_seen_is_the_longest_end_of_the_conversation_that_fits(lengths: list[int], tokens: int) -> None:
    items = [Item(str(number), text="x " * length) for number, length in enumerate(lengths)]
    sizes = [length + MESSAGE for length in lengths]
    fitting = next(items[start:] for start in range(len(items) + 1) if sum(sizes[start:]) <= tokens)

    assert newest(items, tokens)[-len(fitting) :] == fitting
    assert len(newest(items, tokens)) == len(fitting) or not any(lengths[-len(fitting) :])


def called(number: int, output: str) -> tuple[Item, Item]:
    id = f"call_{number}"
    return (
        Item(id, "function_call", "assistant", text='{"city": "Porto"}', call_id=id, name="weather"),
        Item(f"{id}_output", "function_call_output", text=output, call_id=id),
    )


HUGE = {
    "words": "The sun shines over Porto, and so on. " * 3_000,
    "one word": '{"rows":[' + '"a1",' * 20_000,
    "Chinese": "今天波尔图天气很好" * 10_000,
    "emoji": "😀" * 20_000,
}


@pytest.mark.parametrize("huge", HUGE.values(), ids=HUGE)
@pytest.mark.parametrize("tokens", [160, 600, 3_900])
def test_what_a_function_returned_is_cut_so_that_the_question_and_the_call_are_seen_with_it(
    huge: str, tokens: int
) -> None:
    items = [Item("old", text="Hello. " * 50), Item("asked", text="How is the weather?"), *called(1, huge)]

    seen = newest(items, tokens)

    assert [item.id for item in seen] == ["asked", "call_1", "call_1_output"]
    assert seen[:2] == items[1:3]
    assert huge.startswith(seen[2].text)
    assert tokens // 2 < sum(map(tokens_of_item, seen)) <= tokens


@pytest.mark.parametrize("huge", HUGE.values(), ids=HUGE)
def test_of_words_that_are_longer_than_the_window_the_beginning_is_seen(huge: str) -> None:
    (seen,) = newest([Item("old", text="Hello."), Item("long", text=huge)], 200)

    assert huge.startswith(seen.text)
    assert 100 < tokens_of_item(seen) <= 200


def test_of_very_many_calls_for_one_question_the_newest_are_seen_with_it() -> None:
    calls = [item for number in range(100) for item in called(number, "It rains in Porto. " * 9)]

    seen = newest([Item("asked", text="How is the weather?"), *calls], 400)

    assert (seen[0].id, seen[-1].id) == ("asked", "call_99_output")
    assert sum(map(tokens_of_item, seen)) <= 400
