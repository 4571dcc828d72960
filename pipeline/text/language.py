"""Which of the languages of a conversation a text is in. Pure."""

from __future__ import annotations

import re

_ENGLISH_WORD = re.compile(r"(?<![A-Za-z0-9])(?<!\d )[A-Za-z]?[a-z]{2,}(?![A-Za-z])")
"""Not a name such as iPhone or GDP, nor a unit behind its number."""
_WIDE_MARK = re.compile("[，。、；：！？]")


def is_han(character: str) -> bool:
    """Whether a character is a Chinese ideograph."""
    return "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf"


def language_of(text: str, default: str = "en") -> str:
    """ "zh" when Chinese characters carry the text, "en" when Latin letters do, `default` when neither does.

    An ideograph weighs as much as three letters, about the length of the word that it stands for. In a Chinese
    conversation it takes more English words than ideographs, and two for each Chinese mark: "用Python写" and "x=256GB"
    are Chinese there.
    """
    han = sum(map(is_han, text))
    latin = sum(character.isascii() and character.isalpha() for character in text)
    if not han and not latin:
        return default
    if default == "zh" and han + 2 * len(_WIDE_MARK.findall(text)) >= len(_ENGLISH_WORD.findall(text)):
        return "zh"
    if not han:
        return default if default != "zh" else "en"
    return "zh" if 3 * han >= latin else "en"
