"""What was said wrong, said right: whole where all of it is right then, else only the words in question."""

from __future__ import annotations

import pytest

from pipeline.practice.director.recast import echoed
from pipeline.practice.mistakes.mistakes import mistakes_in


@pytest.mark.parametrize(
    ("text", "language", "echo"),
    [
        ("um, Yesterday I go to the market. And you?", "en", "You mean: Yesterday I went to the market."),
        ("我要三个咖啡，谢谢。", "zh", "你是说：我要三杯咖啡，谢谢。"),
        ("我要三个咖啡，我昨天买了两个书。", "zh", "你是说：三杯咖啡。"),
        ("She go home " + "and I like to walk by the sea " * 3, "en", "You mean: She goes."),
    ],
)
def test_a_sentence_is_said_again_only_where_nothing_else_in_it_is_wrong(text: str, language: str, echo: str) -> None:
    assert echoed(mistakes_in(text, language, "en")[0], text, language) == echo
