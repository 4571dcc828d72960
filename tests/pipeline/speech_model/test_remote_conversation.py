"""What a speech model must be told so that its copy of the conversation is ours."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.conversation.transcript import SILENCE, Item, Part, Transcript
from pipeline.engines.protocols import Message, ToolCall
from pipeline.speech_model.remote_conversation import (
    AddItem,
    OutputItem,
    RemoteConversation,
    RemoveItem,
    SendTurn,
    Step,
    TruncateItem,
    text_apart,
)
from pipeline.text.word_times import interpolate


def line(id: str, text: str, role: str = "user") -> Item:
    return Item(id, role=role, text=text)  # type: ignore[arg-type]


def spoken(id: str, text: str = "", audio_ms: int = 0, role: str = "user") -> Item:
    words = interpolate(text, audio_ms)
    return Item(id, role=role, text=text, spoken=True, audio_ms=audio_ms, words=words)  # type: ignore[arg-type]


def steps(remote: RemoteConversation, items: list[Item], sounds: Collection[str] = ()) -> list[Step]:
    return list(remote.steps(items, {item.id for item in items}, sounds))


def heard_by(remote: RemoteConversation, *pairs: tuple[str, str]) -> RemoteConversation:
    for ours, theirs in pairs:
        remote.turn_committed(ours, theirs)
    return remote


def test_a_fresh_copy_is_told_everything_as_text_and_only_once() -> None:
    items = [line("a", "Hello"), spoken("b", "Good day.", 900, "assistant"), spoken("c", "How are you?")]
    remote = RemoteConversation()

    assert [(step.item.id, step.message, step.after) for step in steps(remote, items) if isinstance(step, AddItem)] == [
        ("a", Message("user", "Hello"), None),
        ("b", Message("assistant", "Good day."), None),
        ("c", Message("user", "How are you?"), None),
    ]
    assert steps(remote, items) == []


def test_a_turn_whose_sound_is_still_there_is_said_again_when_it_is_the_last() -> None:
    items = [spoken("a", "First words."), spoken("b")]

    assert [type(step) for step in steps(RemoteConversation(), items, sounds={"a", "b"})] == [AddItem, SendTurn]


def test_what_has_no_words_and_no_sound_cannot_be_told() -> None:
    assert (
        steps(RemoteConversation(), [spoken("a"), Item("b", role="assistant", status="in_progress", text="I was")])
        == []
    )


def test_what_left_a_full_conversation_leaves_the_copy_too() -> None:
    conversation = Transcript(3)
    remote = RemoteConversation()
    for item in (line("a", "A"), line("b", "B"), line("c", "C")):
        conversation.add(item)
    steps(remote, list(conversation))
    conversation.add(line("d", "D"))

    assert steps(remote, list(conversation)) == [RemoveItem("a"), AddItem(line("d", "D"), Message("user", "D"), None)]


def test_an_item_put_between_others_is_told_with_its_place() -> None:
    remote = heard_by(RemoteConversation(), ("b", "theirs_b"), ("d", "theirs_d"))
    items = [line("a", "A"), spoken("b"), line("c", "C"), spoken("d"), line("e", "E")]

    assert [step.after for step in steps(remote, items) if isinstance(step, AddItem)] == ["root", "theirs_b", None]


def test_deleted_and_set_aside_items_are_taken_out() -> None:
    remote = heard_by(RemoteConversation(), ("a", "theirs"))

    assert steps(remote, []) == [RemoveItem("theirs")]
    assert steps(remote, []) == []


def test_an_interrupted_answer_is_cut_where_it_was_heard_to_and_again_when_a_better_figure_comes() -> None:
    remote, reply = RemoteConversation(), spoken("a", "One two three four.", 2_000, "assistant")
    remote.answered([OutputItem("theirs", audio_ms=2_000.0)], [reply])
    reply.truncate(900)
    assert steps(remote, [reply]) == [TruncateItem("theirs", 900)]
    reply.truncate(700)
    assert steps(remote, [reply]) == [TruncateItem("theirs", 700)]
    reply.truncate(1_500)
    assert steps(remote, [reply]) == []


def test_an_answer_of_which_nothing_was_heard_is_taken_out_and_not_told_again() -> None:
    remote, reply = RemoteConversation(), spoken("a", "One two three.", 2_000, "assistant")
    remote.answered([OutputItem("theirs", audio_ms=2_000.0)], [reply])
    reply.truncate(30)

    assert steps(remote, [reply]) == [RemoveItem("theirs")]
    assert steps(remote, [reply]) == []


def test_an_answer_that_was_heard_to_its_end_is_not_cut() -> None:
    remote, reply = RemoteConversation(), spoken("a", "One two three.", 2_000, "assistant")
    remote.answered([OutputItem("theirs", audio_ms=2_000.0)], [reply])
    reply.truncate(2_000)

    assert steps(remote, [reply]) == []


def test_calls_and_messages_find_their_items_and_what_we_never_took_is_taken_out() -> None:
    remote = RemoteConversation()
    message, call = spoken("m", "Let me see.", 900, "assistant"), Item("c", "function_call", call_id="call_1", name="f")
    outputs = [
        OutputItem("x1", audio_ms=500),
        OutputItem("x2", audio_ms=400),
        OutputItem("x3", "call_1"),
        OutputItem("x4", "call_2"),
    ]
    remote.answered(outputs, [message, call])

    assert steps(remote, [message, call]) == [RemoveItem("x4")]
    message.truncate(600)
    assert steps(remote, [message, call])[:2] == [RemoveItem("x1"), RemoveItem("x2")]


def test_a_call_is_told_only_with_its_output() -> None:
    call = Item("c", "function_call", "assistant", text="{}", call_id="k", name="f")
    output = Item("o", "function_call_output", text="Sunny.", call_id="k")

    assert steps(RemoteConversation(), [call]) == []
    assert steps(RemoteConversation(), [output]) == []
    assert [step.message for step in steps(RemoteConversation(), [call, output]) if isinstance(step, AddItem)] == [
        Message("assistant", "", calls=(ToolCall("k", "f", "{}"),)),
        Message("tool", "Sunny.", call_id="k"),
    ]


def test_a_text_that_changed_is_told_anew_in_its_place() -> None:
    remote, items = RemoteConversation(), [line("a", "Old", "assistant"), line("b", "Next")]
    steps(remote, items)
    items[0].text = "New"

    assert steps(remote, items) == [RemoveItem("a"), AddItem(items[0], Message("assistant", "New"), "root")]


def test_what_is_written_beside_something_said_is_told_and_the_sound_sent() -> None:
    parts = (Part("Hear this."), Part("Good morning.", spoken=True), Part("Well?"))
    item = Item("item_1", text="Hear this.\nGood morning.\nWell?", spoken=True, parts=parts)
    written, said = apart = text_apart([item])

    assert steps(RemoteConversation(), apart, sounds={"item_1"}) == [
        AddItem(written, Message("user", "Hear this.\nWell?"), None),
        SendTurn(said),
    ]
    assert (said.id, said.text) == ("item_1", "Good morning.")


def test_a_silence_is_told_in_words() -> None:
    silence = Item("item_1", spoken=True, sounds=(SILENCE,))

    assert steps(RemoteConversation(), [silence]) == [AddItem(silence, Message("user", "(silence)"), None)]
