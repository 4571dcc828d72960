from __future__ import annotations

import pytest

from pipeline.conversation.summary import SummarySentence
from pipeline.prompt.condense import Line, condense_request, condensed

LINES = [
    Line("My name is Ada.\nI live in Porto.", ("a",), ""),
    Line("How lovely! I will tell you a story tomorrow.", ("b",), "Socrates"),
    Line("Their sister is Mia.", ("x", "y")),
]


def test_the_model_is_asked_with_numbered_lines_and_the_question_of_the_file() -> None:
    request = condense_request(LINES, "Socrates", "en", 100)
    question, lines = (message.text for message in request.messages)

    assert "a person and Socrates" in question
    assert "at most 50 words" in question
    assert lines == (
        "1. Person: My name is Ada. I live in Porto.\n"
        "2. Socrates: How lovely! I will tell you a story tomorrow.\n"
        "3. Their sister is Mia."
    )
    assert (request.character, request.max_tokens) == (None, 200)


def test_in_chinese_the_question_is_chinese() -> None:
    request = condense_request([Line("我叫小林。", ("a",), "")], "苏格拉底", "zh", 100)

    assert "一方是一个人，另一方是苏格拉底" in request.messages[0].text
    assert request.messages[1].text == "1. 对方: 我叫小林。"


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ("Ada lives here. [1]\n- Socrates has a story. [2]", [("Ada lives here.", "a"), ("Socrates has a story.", "b")]),
        ("* Ada's sister is Mia [1, 3].", [("Ada's sister is Mia", "axy")]),
        ("1. 对方叫小林。【1-2】", [("对方叫小林。", "ab")]),
        ("Here are the notes:\nAda lives in Porto. [1]\nShe has a dog. [9]\nShe has a cat.", [("Ada lives in Porto.", "a")]),
        ("-", []),
        ("", None),
        ("I am fine, and how are you?", None),
        ("[1]", None),
    ],
)  # fmt: skip
def test_only_sentences_that_name_their_lines_are_believed(
    answer: str, sentences: list[tuple[str, str]] | None
) -> None:
    wanted = None if sentences is None else [SummarySentence(text, tuple(items)) for text, items in sentences]

    assert condensed(answer, LINES) == wanted


@pytest.mark.parametrize("piece", [" ", " *", "- ", "1. ", "[", "x [1", "\u3000", "] ["])
def test_an_answer_that_repeats_itself_without_end_tells_nothing_and_is_read_at_once(piece: str) -> None:
    lines = [Line("I live in Porto.", ("one",))]

    for _ in range(10):
        assert not condensed("\n".join([(piece * 500)[:499]] * 16), lines)
