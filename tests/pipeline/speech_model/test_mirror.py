"""What a speech model must be told so that its copy of the conversation is ours."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.conversation.transcript import Item, Transcript
from pipeline.engines.protocols import Message, ToolCall
from pipeline.speech_model.mirror import Add, Cut, Mirror, Output, Remove, Say, Step
from pipeline.text.word_times import interpolate


def line(id: str, text: str, role: str = "user") -> Item:
    return Item(id, role=role, text=text)  # type: ignore[arg-type]


def spoken(id: str, text: str = "", audio_ms: int = 0, role: str = "user") -> Item:
    words = interpolate(text, audio_ms)
    return Item(id, role=role, text=text, spoken=True, audio_ms=audio_ms, words=words)  # type: ignore[arg-type]


def steps(mirror: Mirror, items: list[Item], sounds: Collection[str] = ()) -> list[Step]:
    return list(mirror.steps(items, {item.id for item in items}, sounds))


def heard_by(mirror: Mirror, *pairs: tuple[str, str]) -> Mirror:
    for ours, theirs in pairs:
        mirror.heard(ours, theirs)
    return mirror


def test_a_fresh_copy_is_told_everything_as_text_and_only_once() -> None:
    items = [line("a", "Hello"), spoken("b", "Good day.", 900, "assistant"), spoken("c", "How are you?")]
    mirror = Mirror()

    assert [(step.item.id, step.message, step.after) for step in steps(mirror, items) if isinstance(step, Add)] == [
        ("a", Message("user", "Hello"), None),
        ("b", Message("assistant", "Good day."), None),
        ("c", Message("user", "How are you?"), None),
    ]
    assert steps(mirror, items) == []


def test_a_turn_whose_sound_is_still_there_is_said_again_when_it_is_the_last() -> None:
    items = [spoken("a", "First words."), spoken("b")]

    assert [type(step) for step in steps(Mirror(), items, sounds={"a", "b"})] == [Add, Say]


def test_what_has_no_words_and_no_sound_cannot_be_told() -> None:
    assert steps(Mirror(), [spoken("a"), Item("b", role="assistant", status="in_progress", text="I was")]) == []


def test_what_left_a_full_conversation_leaves_the_copy_too() -> None:
    conversation = Transcript(3)
    mirror = Mirror()
    for item in (line("a", "A"), line("b", "B"), line("c", "C")):
        conversation.add(item)
    steps(mirror, list(conversation))
    conversation.add(line("d", "D"))

    assert steps(mirror, list(conversation)) == [Remove("a"), Add(line("d", "D"), Message("user", "D"), None)]


def test_an_item_put_between_others_is_told_with_its_place() -> None:
    mirror = heard_by(Mirror(), ("b", "theirs_b"), ("d", "theirs_d"))
    items = [line("a", "A"), spoken("b"), line("c", "C"), spoken("d"), line("e", "E")]

    assert [step.after for step in steps(mirror, items) if isinstance(step, Add)] == ["root", "theirs_b", None]


def test_deleted_and_set_aside_items_are_taken_out() -> None:
    mirror = heard_by(Mirror(), ("a", "theirs"))

    assert steps(mirror, []) == [Remove("theirs")]
    assert steps(mirror, []) == []


def test_an_interrupted_answer_is_cut_where_it_was_heard_to_and_again_when_a_better_figure_comes() -> None:
    mirror, reply = Mirror(), spoken("a", "One two three four.", 2_000, "assistant")
    mirror.answered([Output("theirs", audio_ms=2_000.0)], [reply])
    reply.truncate(900)
    assert steps(mirror, [reply]) == [Cut("theirs", 900)]
    reply.truncate(700)
    assert steps(mirror, [reply]) == [Cut("theirs", 700)]
    reply.truncate(1_500)
    assert steps(mirror, [reply]) == []


def test_an_answer_of_which_nothing_was_heard_is_taken_out_and_not_told_again() -> None:
    mirror, reply = Mirror(), spoken("a", "One two three.", 2_000, "assistant")
    mirror.answered([Output("theirs", audio_ms=2_000.0)], [reply])
    reply.truncate(30)

    assert steps(mirror, [reply]) == [Remove("theirs")]
    assert steps(mirror, [reply]) == []


def test_an_answer_that_was_heard_to_its_end_is_not_cut() -> None:
    mirror, reply = Mirror(), spoken("a", "One two three.", 2_000, "assistant")
    mirror.answered([Output("theirs", audio_ms=2_000.0)], [reply])
    reply.truncate(2_000)

    assert steps(mirror, [reply]) == []


def test_calls_and_messages_find_their_items_and_what_we_never_took_is_taken_out() -> None:
    mirror = Mirror()
    message, call = spoken("m", "Let me see.", 900, "assistant"), Item("c", "function_call", call_id="call_1", name="f")
    outputs = [Output("x1", audio_ms=500), Output("x2", audio_ms=400), Output("x3", "call_1"), Output("x4", "call_2")]
    mirror.answered(outputs, [message, call])

    assert steps(mirror, [message, call]) == [Remove("x4")]
    message.truncate(600)
    assert steps(mirror, [message, call])[:2] == [Remove("x1"), Remove("x2")]


def test_a_call_is_told_only_with_its_output() -> None:
    call = Item("c", "function_call", "assistant", text="{}", call_id="k", name="f")
    output = Item("o", "function_call_output", text="Sunny.", call_id="k")

    assert steps(Mirror(), [call]) == []
    assert steps(Mirror(), [output]) == []
    assert [step.message for step in steps(Mirror(), [call, output]) if isinstance(step, Add)] == [
        Message("assistant", "", calls=(ToolCall("k", "f", "{}"),)),
        Message("tool", "Sunny.", call_id="k"),
    ]


def test_a_text_that_changed_is_told_anew_in_its_place() -> None:
    mirror, items = Mirror(), [line("a", "Old", "assistant"), line("b", "Next")]
    steps(mirror, items)
    items[0].text = "New"

    assert steps(mirror, items) == [Remove("a"), Add(items[0], Message("assistant", "New"), "root")]
