from collections.abc import AsyncGenerator

import pytest

from pipeline.answering.written import Unmarked, written
from pipeline.engines.protocols import ChatEvent, TextDelta, ToolCall, Usage
from pipeline.text.styles import STYLES

CASES = [
    ("[cheerful] Good morning!", "Good morning!"),
    ("Well. [ Sad ]I am not. [tired]", "Well. I am not. "),
    ("- a [link](x)\n- [dancing] `a[i]` [sadly]", "- a [link](x)\n- [dancing] `a[i]` [sadly]"),
    ("[cheer", "[cheer"),
    ("[[calm] x", "[x"),
    ("好。[calm]\n那么", "好。\n那么"),
]


@pytest.mark.parametrize(("text", "read"), CASES)
def test_marks_go_and_all_else_stays_however_the_text_was_cut(text: str, read: str) -> None:
    for step in (1, 2, 3, len(text)):
        unmarked = Unmarked()
        pieces = [unmarked.push(text[at : at + step]) for at in range(0, len(text), step)]
        assert "".join([*pieces, unmarked.finish()]) == read


@pytest.mark.parametrize("mark", STYLES)
def test_every_style_is_a_mark(mark: str) -> None:
    assert Unmarked().push(f"[{mark}] So.") == "So."


def test_plain_text_is_not_held_back() -> None:
    unmarked = Unmarked()

    assert [unmarked.push(piece) for piece in ("So", " it is", ".")] == ["So", " it is", "."]


async def test_calls_and_usage_keep_their_place() -> None:
    call = ToolCall("call_1", "look", "{}")

    async def events() -> AsyncGenerator[ChatEvent, None]:
        for event in (TextDelta("[sad] Let me see [c"), call, TextDelta("[calm"), TextDelta("] Done."), Usage(1, 2)):
            yield event

    assert [event async for event in written(events())] == [
        TextDelta("Let me see "),
        TextDelta("[c"),
        call,
        TextDelta("Done."),
        Usage(1, 2),
    ]
