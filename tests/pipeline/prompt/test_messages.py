from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.conversation.config import ResponseRequest, SessionConfig
from pipeline.conversation.transcript import SILENCE, Item, ItemRole
from pipeline.engines.protocols import Message, ToolCall, WordTime
from pipeline.prompt.messages import chat_request, prompt

LAW = settings(max_examples=80, deadline=None, derandomize=True, database=None)


def said(id: str, text: str = "", role: ItemRole = "user") -> Item:
    return Item(id, role=role, text=text)


def call(id: str, call_id: str, name: str = "look_up", arguments: str = "{}") -> Item:
    return Item(id, "function_call", "assistant", text=arguments, call_id=call_id, name=name)


def output(id: str, call_id: str, text: str = "found") -> Item:
    return Item(id, "function_call_output", text=text, call_id=call_id)


def spoken() -> Item:
    words = [WordTime("Good", 0, 500), WordTime(" morning,", 500, 1_000), WordTime(" friend.", 1_000, 1_500)]
    return Item("a", role="assistant", text="Good morning, friend.", spoken=True, words=words)


SYSTEM = Message("system", "Be kind.")


def test_a_prompt_is_the_instructions_and_what_was_said() -> None:
    items = [
        said("a", " Hello. "),
        said("b", "Hi!", "assistant"),
        said("c", "Bob is here.", "system"),
        said("d", "Who?"),
    ]

    assert prompt("Be kind.", items) == [
        SYSTEM,
        Message("user", "Hello."),
        Message("assistant", "Hi!"),
        Message("system", "Bob is here."),
        Message("user", "Who?"),
    ]


def test_without_instructions_there_is_no_system_message() -> None:
    assert prompt("", [said("a", "Hello.")]) == [Message("user", "Hello.")]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_what_has_no_words_is_not_shown(text: str) -> None:
    assert prompt("", [said("a", text), said("b", "Hello.")]) == [Message("user", "Hello.")]


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "(said angrily; laughter) Fine."),
        ("zh-CN", "（语气生气；有笑声）Fine."),
        ("fr", "(said angrily; laughter) Fine."),
    ],
)
def test_the_model_reads_how_it_was_said_and_the_transcript_does_not(language: str, shown: str) -> None:
    item = Item("a", text="Fine.", emotion="angry", sounds=("laughter", "thunder"))

    assert (prompt("", [item], language), item.text) == ([Message("user", shown)], "Fine.")


def test_neighbours_of_one_role_become_one_message() -> None:
    items = [said("a", "Hello."), said("b", "Anyone?"), said("c", "Yes.", "assistant"), said("d", "Me.", "assistant")]

    assert prompt("Be kind.", items) == [SYSTEM, Message("user", "Hello.\nAnyone?"), Message("assistant", "Yes.\nMe.")]


def test_system_messages_stay_apart() -> None:
    items = [said("a", "One.", "system"), said("b", "Two.", "system")]

    assert prompt("Be kind.", items) == [SYSTEM, Message("system", "One."), Message("system", "Two.")]


def test_an_item_is_shown_as_it_was_heard() -> None:
    item = spoken()
    item.truncate(750)

    assert prompt("", [item]) == [Message("assistant", "Good morning,")]


def test_a_call_is_followed_by_its_output_whatever_came_between() -> None:
    items = [call("a", "call_1", arguments='{"city":"Paris"}'), said("b", "Well?"), output("c", "call_1", "Sun.")]

    assert prompt("", items) == [
        Message("assistant", "", calls=(ToolCall("call_1", "look_up", '{"city":"Paris"}'),)),
        Message("tool", "Sun.", call_id="call_1"),
        Message("user", "Well?"),
    ]


def test_a_call_keeps_its_output_though_a_later_one_has_its_id() -> None:
    first, second = [call("a", "call_0"), output("b", "call_0", "sunny")], [call("c", "call_0")]
    third = [call("d", "call_0"), output("e", "call_0", "rain")]
    texts = [message.text for message in prompt("", [*first, *second, *third]) if message.role == "tool"]

    assert texts == ["sunny", "rain"]


def test_parallel_calls_keep_their_own_outputs() -> None:
    items = [call("a", "call_1"), call("b", "call_2"), output("c", "call_2", "two"), output("d", "call_1", "one")]

    assert prompt("", items) == [
        Message("assistant", "", calls=(ToolCall("call_1", "look_up", "{}"),)),
        Message("tool", "one", call_id="call_1"),
        Message("assistant", "", calls=(ToolCall("call_2", "look_up", "{}"),)),
        Message("tool", "two", call_id="call_2"),
    ]


@pytest.mark.parametrize("item", [call("a", "call_1"), output("a", "call_1")], ids=["a call", "an output"])
def test_one_without_the_other_is_not_shown(item: Item) -> None:
    assert prompt("", [item, said("b", "Hello.")]) == [Message("user", "Hello.")]


def test_what_the_character_says_before_a_call_is_a_message_of_its_own() -> None:
    items = [said("a", "Let me see.", "assistant"), call("b", "call_1"), output("c", "call_1")]

    assert [(message.role, message.text, len(message.calls)) for message in prompt("", items)] == [
        ("assistant", "Let me see.", 0),
        ("assistant", "", 1),
        ("tool", "found", 0),
    ]


CALL_IDS = st.sampled_from(["call_1", "call_2", "call_3"])
ITEMS = st.one_of(
    st.builds(said, st.just("m"), st.sampled_from(["", "word"]), st.sampled_from(["user", "assistant", "system"])),
    st.builds(call, st.just("c"), CALL_IDS),
    st.builds(output, st.just("o"), CALL_IDS),
)


@LAW
@given(items=st.lists(ITEMS, max_size=15))
def test_every_call_is_followed_by_its_output_and_every_output_follows_its_call(items: list[Item]) -> None:
    messages = prompt("", items)
    calls = [(index, message.calls[0].id) for index, message in enumerate(messages) if message.calls]
    outputs = [(index - 1, message.call_id) for index, message in enumerate(messages) if message.role == "tool"]

    assert calls == outputs


@LAW
@given(items=st.lists(ITEMS, max_size=15))
def test_no_two_plain_messages_of_a_speaker_are_neighbours(items: list[Item]) -> None:
    roles = [message.role if not message.calls else "call" for message in prompt("", items)]

    assert not {("user", "user"), ("assistant", "assistant")} & set(pairwise(roles))


def test_what_is_known_besides_stands_before_the_last_words_and_the_instructions_stay_as_they_are() -> None:
    items = [said("a", "Hello."), said("b", "Hi!", "assistant"), said("c", "Who am I?")]

    assert prompt("Be kind.", items, context=["They are Ada.", "It is Monday."]) == [
        SYSTEM,
        Message("user", "Hello."),
        Message("assistant", "Hi!"),
        Message("system", "They are Ada.\n\nIt is Monday."),
        Message("user", "Who am I?"),
    ]


def test_a_silence_is_shown_in_the_language_of_the_last_words_that_were_said() -> None:
    silence = Item("b", spoken=True, sounds=(SILENCE,))
    noise = Item("c", spoken=True, sounds=("coughing",))

    for words, shown in (("Hello.", "(silence)"), ("你好。", "（沉默）")):
        items = [said("a", words), said("d", "Hm.", "assistant"), silence, noise]
        assert chat_request(SessionConfig(), ResponseRequest(), items).messages[-1] == Message("user", shown)


def test_the_reminder_comes_last_of_all_that_the_model_is_told_before_the_persons_last_words() -> None:
    config = SessionConfig("Be kind.", after="Be brief.")
    items = [said("a", "Hello."), said("b", "Hi!", "assistant"), said("c", "Who?")]

    told = chat_request(config, ResponseRequest(), items, ["Bob is here."]).messages

    assert told[-2:] == [Message("system", "Bob is here.\n\nBe brief."), Message("user", "Who?")]
    assert chat_request(config, ResponseRequest(instructions="Be rude."), items).messages[-2] == Message(
        "assistant", "Hi!"
    )
