from __future__ import annotations

import pytest
from hypothesis import settings

from pipeline.conversation.transcript import Item, ItemRole, Transcript
from pipeline.engines.protocols import WordTime
from pipeline.errors import InvalidRequest

LAW = settings(max_examples=80, deadline=None, derandomize=True, database=None)


def said(id: str, text: str = "", role: ItemRole = "user") -> Item:
    return Item(id, role=role, text=text)


def call(id: str, call_id: str, name: str = "look_up", arguments: str = "{}") -> Item:
    return Item(id, "function_call", "assistant", text=arguments, call_id=call_id, name=name)


def output(id: str, call_id: str, text: str = "found") -> Item:
    return Item(id, "function_call_output", text=text, call_id=call_id)


def transcript(*items: Item, longest: int = 2_000) -> Transcript:
    made = Transcript(longest)
    for item in items:
        made.add(item)
    return made


def ids(items: Transcript) -> list[str]:
    return [item.id for item in items]


# --- Items in order ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "previous", "order"),
    [(None, "c", "abcx"), ("root", None, "xabc"), ("a", "a", "axbc"), ("c", "c", "abcx")],
)
def test_an_item_goes_to_the_end_the_front_or_after_another(
    after: str | None, previous: str | None, order: str
) -> None:
    conversation = transcript(said("a"), said("b"), said("c"))

    assert (conversation.add(said("x"), after), ids(conversation)) == (previous, list(order))


@pytest.mark.parametrize("after", [None, "root"])
def test_the_first_item_has_nothing_before_it(after: str | None) -> None:
    assert Transcript().add(said("a"), after) is None


@pytest.mark.parametrize(
    ("item", "after", "code", "param"),
    [
        (said("a"), None, "item_create_duplicate_item_id", "item.id"),
        (said("x"), "nope", "item_create_invalid_previous_item_id", "previous_item_id"),
    ],
)
def test_a_wrong_item_is_refused_and_changes_nothing(item: Item, after: str | None, code: str, param: str) -> None:
    conversation = transcript(said("a"), said("b"))
    with pytest.raises(InvalidRequest) as caught:
        conversation.add(item, after)

    assert (caught.value.code, caught.value.param, ids(conversation)) == (code, param, ["a", "b"])


def test_of_a_full_conversation_the_oldest_leave() -> None:
    left: list[str] = []
    conversation = Transcript(2, left=lambda item: left.append(item.id))
    previous = [conversation.add(said(id)) for id in "abcd"]

    assert (ids(conversation), left, previous) == (["c", "d"], ["a", "b"], [None, "a", "b", "c"])


@pytest.mark.parametrize(
    ("items", "stay"),
    [
        ([said("a"), call("b", "call_1"), said("c"), output("d", "call_1")], "bcdx"),
        ([call("a", "call_1"), said("b"), output("c", "call_1"), said("d")], "bdx"),
        ([output("a", "call_1"), said("b"), call("c", "call_1"), said("d")], "bdx"),
        ([call("a", "call_1"), call("b", "call_2"), output("c", "call_1"), output("d", "call_2")], "bdx"),
        ([call("a", "call_1"), said("b"), said("c"), said("d")], "bcdx"),
    ],
    ids=["neither", "the call is oldest", "the output is oldest", "parallel calls", "no output yet"],
)
def test_a_call_leaves_together_with_its_output(items: list[Item], stay: str) -> None:
    conversation = transcript(*items, longest=4)
    conversation.add(said("x"))

    assert ids(conversation) == list(stay)


def test_a_call_does_not_leave_for_its_own_output() -> None:
    conversation = transcript(call("a", "call_1"), said("b"), said("c"), longest=3)
    conversation.add(output("x", "call_1"))

    assert ids(conversation) == ["a", "c", "x"]


def test_what_is_being_written_does_not_leave() -> None:
    writing = Item("a", role="assistant", status="in_progress")
    conversation = transcript(writing, said("b"), longest=2)
    conversation.add(said("c"))

    assert ids(conversation) == ["a", "c"]


@pytest.mark.parametrize(("after", "order"), [("root", "xbc"), ("a", "xbc"), ("b", "bxc")])
def test_an_item_that_is_put_into_a_full_conversation_stays_whatever_leaves(after: str, order: str) -> None:
    conversation = transcript(said("a"), said("b"), said("c"), longest=3)
    previous = conversation.add(said("x"), after)

    assert (ids(conversation), previous) == (list(order), None if order[0] == "x" else order[order.index("x") - 1])


def test_a_refused_item_makes_nothing_leave() -> None:
    conversation = transcript(said("a"), said("b"), longest=2)
    for item, after in ((said("b"), None), (said("x"), "nope")):
        with pytest.raises(InvalidRequest):
            conversation.add(item, after)

    assert ids(conversation) == ["a", "b"]


def test_items_are_found_by_id_until_they_are_deleted() -> None:
    conversation = transcript(said("a"), item := said("b"), said("c"))
    before = (conversation.get("b") is item, "b" in conversation, len(conversation), conversation.previous("c"))
    removed = [conversation.remove("b"), conversation.remove("b")]

    assert (before, removed) == ((True, True, 3, "b"), [True, False])
    assert (conversation.get("b"), "b" in conversation, len(conversation)) == (None, False, 2)
    assert (conversation.previous("c"), conversation.previous("a")) == ("a", None)


# --- What was heard ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heard_ms", "text"),
    [
        (0, ""),
        (249, ""),
        (250, "Good"),
        (750, "Good morning,"),
        (1_500, "Good morning, friend."),
        (99_999, "Good morning, friend."),
    ],
)
def test_an_item_is_cut_to_the_words_that_were_heard(heard_ms: int, text: str) -> None:
    item = spoken()
    item.truncate(heard_ms)

    assert (item.text, item.whole) == (text, "Good morning, friend.")


def test_a_better_figure_corrects_an_earlier_cut() -> None:
    item = spoken()
    item.truncate(250)
    item.truncate(750)

    assert (item.text, item.whole) == ("Good morning,", "Good morning, friend.")


def spoken() -> Item:
    words = [WordTime("Good", 0, 500), WordTime(" morning,", 500, 1_000), WordTime(" friend.", 1_000, 1_500)]
    return Item("a", role="assistant", text="Good morning, friend.", spoken=True, words=words)
