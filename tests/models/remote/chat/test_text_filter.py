import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.remote.chat.text.dialects import WrittenCall
from models.remote.chat.text.text_filter import Part, Sign, TextFilter

TOOLS = ("weather", "time")
ROME = WrittenCall("weather", '{"city": "Rome"}')


def parts_of(pieces: Sequence[str], hold: int | None = 0, tools: Sequence[str] = TOOLS) -> list[Part]:
    filter = TextFilter(tools, hold)
    return [part for piece in pieces for part in filter.push(piece)] + filter.finish()


def said(parts: Sequence[Part]) -> str:
    return "".join(part for part in parts if isinstance(part, str))


def calls(parts: Sequence[Part]) -> list[tuple[str, object]]:
    return [(part.name, json.loads(part.arguments)) for part in parts if isinstance(part, WrittenCall)]


def kept(parts: Sequence[Part]) -> str:
    """What is said and was not taken back."""
    text = ""
    for part in parts:
        text = "" if part is Sign.RETRACTED else text + part if isinstance(part, str) else text
    return text


@pytest.mark.parametrize(
    "text",
    [
        "<think>plan</think>\n\nHi!",
        "<THINK>\nplan\n</Think>Hi!",
        "<thinking>plan</thinking>Hi!",
        "< think >plan< / think >Hi!",
        '<think type="long">plan</think>Hi!',
        "<thought>plan</thought>Hi!",
        "<reasoning>a < b, and [x] </b></reasoning> Hi!",
        "<seed:think>plan</seed:think>Hi!",
        "[THINK]plan[/THINK]Hi!",
        "◁think▷plan◁/think▷Hi!",
        "<|begin_of_thought|>plan<|end_of_thought|><|begin_of_solution|>Hi!<|end_of_solution|>",
        "<|START_THINKING|>plan<|END_THINKING|><|START_RESPONSE|>Hi!<|END_RESPONSE|>",
        "<unused94>thought\nplan<unused95>Hi!",
        "<|channel>thought\nplan<channel|>Hi!",
        "<think>\nplan\n</think>\n\n<answer>\nHi!</answer>",
        "<think>plan<answer>Hi!</answer>",
        "<|channel|>analysis<|message|>plan<|end|><|start|>assistant<|channel|>final<|message|>Hi!<|return|>",
        "<|start|>assistant<|channel|>analysis<|message|>plan<|end|><|start|>assistant<|channel|>final<|message|>Hi!",
        "analysisThe user says hello. plan.assistantfinalHi!",
        "<think></think>Hi!",
        "<think>a</think><think>b</think>Hi!",
        "</think>\nHi!",
    ],
)
def test_thoughts_are_not_said_however_they_are_marked(text: str) -> None:
    assert said(parts_of([text])).strip() == "Hi!"


@pytest.mark.parametrize(
    "text",
    [
        "Hi!<|im_end|>",
        "Hi!<|im_end|>\n<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\nA bear.",
        "<|im_start|>assistant\nHi!<|eot_id|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\nHi!<|eot_id|>",
        "<start_of_turn>model\nHi!<end_of_turn>\n<start_of_turn>user\nWho?",
        "[/INST] Hi!</s>",
        "<s>Hi!</s>[INST] And now? [/INST] No.",
        "Hi!<｜end▁of▁sentence｜>",
        "<|assistant|>Hi!<|user|>And you?<|assistant|>Fine.",
        "Hi!<|endoftext|>Question: What is",
    ],
)
def test_marks_of_turns_are_not_said_nor_what_follows_the_turn(text: str) -> None:
    assert said(parts_of([text])).strip() == "Hi!"


@pytest.mark.parametrize(
    "text",
    [
        "3 < 5 and 7 > 2.",
        "Press [Enter], then <b>.",
        "I love you <3 so much",
        "Look: a[0] and x<y; done <",
        "analysis paralysis is real.",
        "Say ```hello``` to it",
        "[happy] Hello there.",
        "The f is for <function",
        "{not json}",
        "my thoughts: <none>",
    ],
)
def test_ordinary_text_is_said_as_it_is(text: str) -> None:
    assert said(parts_of(list(text))) == text


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>',
        '<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}',
        "<tool_call>{'name': 'weather', 'arguments': {'city': 'Rome'}}</tool_call>",
        "<tool_call>\n<function=weather>\n<parameter=city>\nRome\n</parameter>\n</function>\n</tool_call>",
        "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n</tool_call>",
        '<function=weather>{"city": "Rome"}</function>',
        "<function=weather><parameter=city>Rome</parameter></function>",
        '<function_calls><invoke name="weather"><parameter name="city">Rome</parameter></invoke></function_calls>',
        '<minimax:tool_call><invoke name="weather"><parameter name="city">Rome</parameter></invoke></minimax:tool_call>',
        '[TOOL_CALLS] [{"name": "weather", "arguments": {"city": "Rome"}}]',
        '[TOOL_CALLS]weather[ARGS]{"city": "Rome"}</s>',
        '[TOOL_CALLS]weather{"city": "Rome"}',
        '<|python_tag|>{"name": "weather", "parameters": {"city": "Rome"}}<|eom_id|>',
        '<|python_tag|>weather.call(city="Rome")',
        '<|tool_call|>[{"name": "weather", "arguments": {"city": "Rome"}}]<|/tool_call|>',
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>"
        '{"city": "Rome"}<|tool_call_end|><|tool_calls_section_end|>',
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n"
        '{"city": "Rome"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{"city": "Rome"}'
        "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        '<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{"city": "Rome"}<|call|>',
        '```json\n{"name": "weather", "arguments": {"city": "Rome"}}\n```',
        '```tool_code\nprint(weather(city="Rome"))\n```',
        '{"name": "weather", "parameters": {"city": "Rome"}}',
        '[{"function": {"name": "weather", "arguments": {"city": "Rome"}}}]',
        '<think>I need the weather.</think>{"name": "weather", "arguments": {"city": "Rome"}}',
        '<function(weather)>{"city": "Rome"}</function>',
        '<function=weather{"city": "Rome"}</function>',
        '<function name="weather">{"city": "Rome"}</function>',
        """<functioncall> {"name": "weather", "arguments": '{"city": "Rome"}'} <|endoftext|>""",
        '<tools>{"name": "weather", "arguments": {"city": "Rome"}}</tools>',
        '[weather(city="Rome")]',
        'weather(city="Rome")',
        'functools[{"name": "weather", "arguments": {"city": "Rome"}}]',
        'commentary to=functions.weather json{"city": "Rome"}',
        '<tool_use><name>weather</name><arguments>{"city": "Rome"}</arguments></tool_use>',
        '<｜DSML｜function_calls><｜DSML｜invoke name="weather"><｜DSML｜parameter name="city" string="true">Rome'
        "</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜function_calls>",
        "<start_function_call>call:weather{city:<escape>Rome<escape>}<end_function_call>",
        '<|tool_call>call:weather{city:<|"|>Rome<|"|>}<tool_call|>',
        '<|action_start|><|plugin|>{"name": "weather", "parameters": {"city": "Rome"}}<|action_end|>',
        '{"type": "function", "function": {"name": "weather", "arguments": "{\\"city\\": \\"Rome\\"}"}}',
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_call_written_as_text_is_a_call_and_not_said(text: str, size: int) -> None:
    parts = parts_of([text[at : at + size] for at in range(0, len(text), size)])

    assert (calls(parts), said(parts).strip()) == ([("weather", {"city": "Rome"})], "")


@pytest.mark.parametrize(
    "text",
    [
        'Let me see. <tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>',
        'Let me see. <tool_call>{"name": "unknown", "arguments": {}}</tool_call>',
        "Let me see. <tool_call>nonsense",
        "Let me see. [TOOL_CALLS] ???",
    ],
)
def test_a_call_that_nobody_offered_is_removed(text: str) -> None:
    assert said(parts_of([text], tools=())) == "Let me see. "


def test_two_calls_and_the_words_around_them_stay_apart() -> None:
    text = (
        'One moment. <tool_call>{"name":"weather","arguments":{"city":"Rome"}}</tool_call>\n'
        '<tool_call>{"name":"time","arguments":{}}</tool_call>'
    )
    parts = parts_of([text])

    assert calls(parts) == [("weather", {"city": "Rome"}), ("time", {})]
    assert said(parts).strip() == "One moment."


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize("between", [" ", "\n", "\n\n"])
def test_a_call_that_is_written_behind_words_without_a_mark_is_a_call(between: str, size: int) -> None:
    text = "Let me look." + between + '{"name": "weather", "arguments": {"city": "Rome"}}'
    parts = parts_of([text[at : at + size] for at in range(0, len(text), size)])

    assert (calls(parts), said(parts).strip()) == ([("weather", {"city": "Rome"})], "Let me look.")


def test_two_calls_in_pythons_way_are_two() -> None:
    parts = parts_of(["[weather(city='Rome'), time()]"])

    assert (calls(parts), said(parts)) == ([("weather", {"city": "Rome"}), ("time", {})], "")


@pytest.mark.parametrize(
    "text", ["weather (bad) today", "time(s) fly", 'So {"name": "Rome"} it is', "commentary to follow", "[weather] ok"]
)
def test_words_that_begin_as_a_call_does_are_said(text: str) -> None:
    assert said(parts_of(list(text))) == text


def test_what_a_model_takes_for_a_result_is_not_said() -> None:
    assert said(parts_of(['<tool_response>{"sunny": true}</tool_response>Hi!'])) == "Hi!"


def test_json_that_is_no_call_is_said() -> None:
    assert said(parts_of(['{"answer": 42}'])) == '{"answer": 42}'


def test_a_thought_that_only_ends_is_taken_back_if_it_went_out() -> None:
    parts = parts_of(["My plan is this.", " More plan.\n</think>\n\n", "Hi!"])

    assert kept(parts) == "Hi!"
    assert Sign.RETRACTED in parts


@pytest.mark.parametrize("hold", [240, None])
def test_a_thought_that_only_ends_never_goes_out_while_text_is_held(hold: int | None) -> None:
    filter = TextFilter(hold=hold)
    parts = filter.push("My plan is this.\n</think>\n\nHi!") + filter.finish()

    assert (said(parts), Sign.RETRACTED in parts, filter.opened_by_template) == ("Hi!", False, True)


@pytest.mark.parametrize("hold", [0, 5, 240, None])
def test_held_text_without_a_thought_is_said_in_the_end(hold: int | None) -> None:
    filter = TextFilter(hold=hold)
    parts = filter.push("Good ") + filter.push("morning.") + filter.finish()

    assert (said(parts), filter.opened_by_template) == ("Good morning.", False)


def test_a_thought_that_never_ends_is_not_said() -> None:
    assert said(parts_of(["Yes. ", "<think>but"])) == "Yes. "


SPACED = (
    "\n",
    "```json\n",
    '{"name": "weather", "arguments": {}}',
    "assistant\n",
    "user\n",
    '<think a="b">',
    "< think>",
)
MARKS = """Hi 你好 < <b> [ x ``` analysis f <think> </think> [THINK] [/THINK] ◁think▷ ◁/think▷ <tool_call> </tool_call>
<|im_end|> <|im_start|> <|channel|> final <|message|> <|end|> <function=weather> </function> [TOOL_CALLS] <answer> </s>
<｜end▁of▁sentence｜> assistantfinal </ >"""
FRAGMENTS = st.sampled_from([*SPACED, *MARKS.split()])


@given(st.lists(FRAGMENTS, max_size=12), st.data(), st.sampled_from([0, 7, None]))
def test_where_the_text_is_cut_changes_nothing(fragments: list[str], data: st.DataObject, hold: int | None) -> None:
    text = "".join(fragments)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    whole, cut = parts_of([text], hold), parts_of(pieces, hold)

    assert (kept(cut), calls(cut)) == (kept(whole), calls(whole))
