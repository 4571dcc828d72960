"""Which of the languages of a conversation a text is in. Pure."""

from __future__ import annotations

import re

_ENGLISH_WORD = re.compile(r"(?<![A-Za-z0-9])(?<!\d )[A-Za-z]?[a-z]{2,}(?![A-Za-z])")
"""Not a name such as iPhone or GDP, nor a unit behind its number."""
_NAMES_CHINESE = re.compile("chinese|mandarin|cantonese|translat|中文|汉语|普通话|翻译", re.IGNORECASE)
_NAMES_ENGLISH = re.compile("english|translat|英文|英语|翻译|怎么说", re.IGNORECASE)
_KANA = re.compile("[\u3041-\u30ff]")
FEWEST_HAN, FEWEST_LETTERS = 4, 24
"""From so much of it on an answer's script is taken for its language: a name or a greeting may be foreign."""
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


def names_another(text: str, person: str) -> bool:
    """Whether a text speaks of a language that is not the person's, or of translating, so that the answer may be in it."""
    return bool((_NAMES_ENGLISH if any(map(is_han, person)) else _NAMES_CHINESE).search(text))


def is_foreign(text: str, person: str) -> bool | None:
    """Whether an answer begins in Chinese to a person who wrote none of it, or in letters to one who wrote only Chinese.

    None while too little of the answer is known to tell.
    """
    theirs = [is_han(character) for character in person if character.isalpha()]
    mine = [is_han(character) for character in text if character.isalpha()]
    if not theirs or any(theirs) != all(theirs) or _KANA.search(person) or names_another(person, person):
        return False
    if mine and (any(mine) if any(theirs) else not all(mine)):
        return False
    return len(mine) >= (FEWEST_LETTERS if any(theirs) else FEWEST_HAN) or None
