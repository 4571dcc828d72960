"""Which of the languages of a conversation a text is in. Pure."""

from __future__ import annotations

import re

_LATIN_WORD = re.compile("[A-Za-z]+")


def is_han(character: str) -> bool:
    """Whether a character is a Chinese ideograph."""
    return "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf"


def language_of(text: str, default: str = "en") -> str:
    """ "zh" when Chinese characters carry the text, "en" when Latin letters do, `default` when neither does.

    An ideograph weighs as much as three letters, about the length of the word that it stands for. In a Chinese
    conversation as many ideographs as Latin words carry it: the words in "用Python" are a name's.
    """
    han = sum(map(is_han, text))
    latin = sum(character.isascii() and character.isalpha() for character in text)
    if not han and not latin:
        return default
    if not han:
        return default if default != "zh" else "en"
    if default == "zh" and han >= len(_LATIN_WORD.findall(text)):
        return "zh"
    return "zh" if 3 * han >= latin else "en"
