"""Code and tables are shown, and one phrase is said in their place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.blocks import Block, Blocks, Part
from pipeline.text.clauses import Clauses

CODE = "Run this:\n```python\nprint('hi')\n\nx = 1\n```\nIt says hi."
TABLE = "Here:\n| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 | 4 |\nDone."
LINES = ["```\n", "| a | b |\n", "|---|---|\n", "| 1 | 2 |\n", "text\n", "\n", "  ", "| ", "a | b", "你好。"]


def parts(*pushes: str) -> list[Part]:
    """What comes of the text, neighbouring texts joined."""
    blocks = Blocks()
    joined: list[Part] = []
    for part in [*(part for text in pushes for part in blocks.push(text)), *blocks.finish()]:
        if joined and isinstance(part, str) and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def spoken(text: str, language: str = "en") -> list[tuple[str, str]]:
    clauses = Clauses(language=language)
    made = [clause for char in text for clause in clauses.push(char)] + clauses.finish()
    return [(clause.text, clause.spoken) for clause in made]


def test_a_block_of_code_and_a_table_come_as_a_whole() -> None:
    assert parts(CODE) == ["Run this:\n", Block("code", "print('hi')\n\nx = 1"), "It says hi."]
    assert parts(TABLE)[1] == Block("table", "| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 | 4 |", 2)


def test_code_is_shown_and_summarised_in_speech_once() -> None:
    assert spoken(CODE) == [
        ("Run this:", "Run this:"),
        ("\nprint('hi')\n\nx = 1", "Some code."),
        ("\nIt says hi.", "It says hi."),
    ]


def test_a_table_is_shown_and_summarised_in_speech_once() -> None:
    assert spoken(TABLE) == [("Here:", "Here:"), ("\na, b\n1, 2\n3, 4", "A table of 2 rows."), ("\nDone.", "Done.")]


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("运行：\n```\na\n```", "zh", "一段代码。"),
        ("```\na\n```", "zh", "一段代码。"),
        ("运行：\n```\na\n```", "en", "一段代码。"),
        ("见：\n| a |\n|---|\n| 1 |\n| 2 |", "zh", "一个2行的表格。"),
        ("见：\n| a |\n|---|\n| 1 |", "zh", "一个一行的表格。"),
        ("| a |\n|---|\n| 1 |", "en", "A table of one row."),
        ("```\na\n```", "fr", "Some code."),
    ],
)
def test_the_summary_is_in_the_language_of_the_text_around_it(text: str, language: str, said: str) -> None:
    assert spoken(text, language)[-1][1] == said


def test_what_only_looks_like_a_block_is_text() -> None:
    for text in ("| is a pipe.\n", "| a |\n| b |\n", "``` is a fence, `` is not.\n", "Use `x`.\n", "```\n```\n"):
        assert not any(isinstance(part, Block) for part in parts(text)), text


def test_a_block_that_is_never_closed_is_one_all_the_same() -> None:
    assert parts("```\na = 1") == [Block("code", "a = 1")]


def test_plain_text_is_not_held_back() -> None:
    blocks = Blocks()
    assert [blocks.push(text) for text in ("Hello", " there,\n", "you", "!")] == [
        *(["Hello"], [" there,\n"], ["you"], ["!"])
    ]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=12).map("".join), st.data())
def test_blocks_do_not_depend_on_how_the_text_was_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pushes = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert parts(*pushes) == parts(text) == parts(*text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=12).map("".join))
def test_nothing_of_the_text_is_lost(text: str) -> None:
    letters = lambda whole: [char for char in whole if char.isalnum()]  # noqa: E731
    shown = "".join(clause_text for clause_text, _ in spoken(text + "\nEnd."))
    assert letters(shown) == letters(text + "End")
