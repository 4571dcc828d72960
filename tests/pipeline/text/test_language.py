from __future__ import annotations

import pytest

from pipeline.text.language import is_foreign, is_han, language_of


@pytest.mark.parametrize(
    ("character", "han"),
    [
        ("一", True),
        ("龥", True),
        ("㐀", True),
        ("a", False),
        ("。", False),
        ("か", False),
        ("カ", False),
        ("한", False),
    ],
)
def test_ideographs_are_told_from_everything_else(character: str, han: bool) -> None:
    assert is_han(character) == han


@pytest.mark.parametrize(
    ("text", "default", "language"),
    [
        ("How are you?", "en", "en"),
        ("How are you?", "zh", "en"),
        ("你好吗？", "en", "zh"),
        ("你好吗？", "zh", "zh"),
        ("", "zh", "zh"),
        ("123, 456!", "zh", "zh"),
        ("…", "en", "en"),
        ("Wie geht es dir?", "de", "de"),
        ("用Python写。", "zh", "zh"),
        ("访问example.com。", "zh", "zh"),
        ("The word 你好 means hello.", "zh", "en"),
    ],
)
def test_a_text_in_one_script_is_in_its_language_else_in_the_conversations(
    text: str, default: str, language: str
) -> None:
    assert language_of(text, default) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我用 Python 写代码", "zh"),
        ("我爱 banana", "zh"),
        ("我爱 bananas", "en"),
        ("The word 你好 means hello", "en"),
    ],
)
def test_in_a_mixture_an_ideograph_weighs_as_much_as_three_letters(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "person", "foreign"),
    [
        ("", "Good morning.", None),
        ("你好", "Good morning.", None),
        ("你好，很高兴", "Good morning.", True),
        ("你好 means hello", "Good morning.", False),
        ("Hello", "Good morning.", False),
        ("你好，很高兴", "How do you say hello in Chinese?", False),
        ("Python is", "你好吗", None),
        ("Hello there, my dear friend of mine", "你好吗", True),
        ("Python是", "你好吗", False),
        ("Hello there, my dear friend of mine", "你会说英语吗", False),
        ("Hello there, my dear friend of mine", "你用Python吗", False),
        ("東京都内は", "こんにちは", False),
        ("你好，很高兴", "42?", False),
    ],
)
def test_an_answer_in_another_script_than_the_persons_is_foreign(text: str, person: str, foreign: bool | None) -> None:
    assert is_foreign(text, person) is foreign
