"""What is left of a small model's answer: its own words, however the text arrives, and no more than the first of a loop."""

from __future__ import annotations

from time import process_time

import pytest

from pipeline.text.in_character import InCharacter

NAMES = ("Detective Marlowe", "马洛侦探")

ANSWERS = [
    ("Hello there.", "Hello there."),
    ("Detective: Hello there.", "Hello there."),
    ("Detective Marlowe: Hello: you.", "Hello: you."),
    ("**Marlowe:** Hello.", "Hello."),
    ("[Detective] : Hello.", "Hello."),
    ("马洛侦探：你好。", "你好。"),
    ("Assistant: Hi.\nAssistant: And more.", "Hi.\nAnd more."),
    ("Note: this stays. Detective: this too.", "Note: this stays. Detective: this too."),
    ("Determined people win.", "Determined people win."),
    ("Detective", "Detective"),
    ("You are right.\nYou know it.", "You are right.\nYou know it."),
    ("[cheerful] Detective: Hello.", "[cheerful] Hello."),
    ('[sad] "Oh." She left.', "[sad] Oh. She left."),
    ("[laughs]", "[laughs]"),
    ("Marlowe (smiling): Hello.", "Hello."),
    ("Marlowe *smiling*: Hello.", "Hello."),
    ("*smiles* Marlowe: Hello.", "*smiles* Hello."),
    ("（微笑）马洛侦探：你好。", "（微笑）你好。"),
    ("### Response:\nHello.", "\nHello."),
    ("A: Hello.", "Hello."),
    ("(It is late.) Well: sit down.", "(It is late.) Well: sit down."),
    # Lines of the person.
    ("Hello.\n### User: What now?", "Hello.\n"),
    ("Hello.\n### Instruction:\nBe brief.", "Hello.\n"),
    ("Hello.\nPlayer: What now?", "Hello.\n"),
    ("Hello.\nMe: What now?", "Hello.\n"),
    ("Hello.\nQ: What now?", "Hello.\n"),
    ("你好。\n玩家：然后呢？", "你好。\n"),
    ("Hello.\nUser: What now?\nDetective: Well.", "Hello.\n"),
    ("Hello.\n\nYou: What now?", "Hello.\n"),
    ("你好。\n用户：然后呢？\n马洛侦探：好。", "你好。\n"),
    ("User: Who are you?\nDetective: Marlowe, at your service.", "Marlowe, at your service."),
    # Quotation marks round the answer.
    ('"Good evening. Sit down."', "Good evening. Sit down."),
    ("Detective: “Good evening.”", "Good evening."),
    ("「你好。」", "你好。"),
    ("『你好。』", "你好。"),
    ('He said "no".', 'He said "no".'),
    ("", ""),
]


def streamed(text: str, size: int, names: tuple[str, ...] = NAMES) -> tuple[str, bool]:
    reply = InCharacter(names)
    said = "".join(reply.push(text[at : at + size]) for at in range(0, len(text), size)) + reply.finish()
    return said, reply.over


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("text", "expected"), ANSWERS)
def test_only_the_characters_own_words_are_left(text: str, expected: str, size: int) -> None:
    assert streamed(text, size)[0] == expected


def test_plain_speech_passes_at_once() -> None:
    reply = InCharacter(NAMES)

    assert [reply.push(token) for token in ["Good", " evening", ".", " Det", "ective work"]] == [
        "Good",
        " evening",
        ".",
        " Det",
        "ective work",
    ]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "unit", ["I will always be with you. ", "我会一直陪着你的，", "I am sure that I know you, ", "ha "]
)
def test_a_loop_ends_the_answer(unit: str, size: int) -> None:
    said, over = streamed("Well, listen to me now. " + unit * 200, size)

    assert over
    assert len(said) < (400 if size < 1000 else 10_000)


@pytest.mark.parametrize(
    "text",
    [
        "One and two and three and four and five and six and seven and eight and nine and ten.",
        "No, no, no, no, no. That is not what I meant at all, not at all, and you know that I did not.",
        "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily, life is but a dream. "
        * 2,
        "一闪一闪亮晶晶，满天都是小星星。挂在天上放光明，好像许多小眼睛。一闪一闪亮晶晶，满天都是小星星。",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
    ],
)
def test_what_is_said_again_for_a_reason_is_no_loop(text: str) -> None:
    assert streamed(text, 4) == (text, False)


@pytest.mark.parametrize("unit", ["a", "ha", "!", ".", "😀", "-"])
def test_what_goes_on_without_an_end_ends_the_answer(unit: str) -> None:
    said, over = streamed("Well. " + unit * 3000, 3)

    assert over
    assert len(said) < 500


def test_a_long_word_is_no_loop() -> None:
    text = (
        "https://example.com/"
        + "/".join(f"page{n}abcdefghijkl" for n in range(20))
        + " and Donaudampfschifffahrtsgesellschaft"
    )

    assert streamed(text, 5) == (text, False)


@pytest.mark.parametrize("unit", ["*", "(", "[", "* ", "#", "_", "**Well ", "（"])
def test_marks_without_an_end_take_no_longer_than_words(unit: str) -> None:
    reply = InCharacter(NAMES)
    began = process_time()
    for _ in range(1_000):
        reply.push(unit)

    assert process_time() - began < 2.0
