"""How a written word may be said: contractions, numbers in digits, abbreviations, words that sound like others. Pure.

A reading is its words run together, in lower case: "don't" is read "dont" or "donot", "20" is read "twenty" or "二十".
Two texts that say the same in other letters have a reading in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

_CONTRACTED = {
    "n't": ("not",),
    "'re": ("are",),
    "'m": ("am",),
    "'ll": ("will", "shall"),
    "'ve": ("have",),
    "'d": ("would", "had", "did"),
    "'s": ("is", "has", "us"),
}
_IRREGULAR = {
    "can't": ("cannot",),
    "won't": ("willnot",),
    "shan't": ("shallnot",),
    "gonna": ("goingto",),
    "wanna": ("wantto",),
    "gotta": ("gotto",),
    "ok": ("okay",),
    "mr": ("mister",),
    "mrs": ("missus",),
    "dr": ("doctor",),
    "tv": ("television",),
}
_ALIKE = [
    group.split()
    for group in (
        "there their they're",
        "to too two",
        "your you're",
        "its it's",
        "whose who's",
        "here hear",
        "by buy bye",
        "for four fore",
        "one won",
        "know no",
        "knew new",
        "right write",
        "see sea",
        "meet meat",
        "week weak",
        "ate eight",
        "son sun",
        "hour our",
        "where wear",
        "would wood",
        "piece peace",
        "weather whether",
        "wait weight",
        "whole hole",
        "road rode",
        "sale sail",
        "some sum",
        "through threw",
        "past passed",
        "plain plane",
        "mail male",
        "flour flower",
        "fair fare",
        "great grate",
        "brake break",
        "steak stake",
        "red read",
        "blue blew",
        "be bee",
        "i eye",
        "allowed aloud",
        "grey gray",
        "ton tonne",
    )
]
_HOMOPHONES = {word: group for group in _ALIKE for word in group}
"""Also words that are written in two ways."""

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
_TENS = ("", "", *"twenty thirty forty fifty sixty seventy eighty ninety".split())
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
_ORDINALS |= {"twelve": "twelfth"}
_UNITS = {"$": ("dollars", "dollar"), "€": ("euros", "euro"), "£": ("pounds", "pound"), "%": ("percent",)}
_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_ENDINGS = {"tre": "ter", "tres": "ters", "ise": "ize", "ised": "ized", "ising": "izing", "our": "or", "ours": "ors"}
_AMERICAN = re.compile(f"(?:{'|'.join(_ENDINGS)})$")
"""How words are written on the other side of the ocean."""
_NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?|(\d{1,2}):(\d\d)|(\d+)(?:st|nd|rd|th)")
LARGEST = 999_999


def readings(word: str, before: str = "", after: str = "") -> Set[str]:
    """How a word may be read; `before` and `after` are the characters beside it, of which signs of money and % are read."""
    plain = word.casefold().replace("’", "'")
    found = {key(plain)}
    if match := _NUMBER.fullmatch(plain):
        found |= set(_numbers(match))
        units = _UNITS.get(before, ()) or _UNITS.get(after, ())
        found |= {f"{one}{unit}" for one in found for unit in units}
        found |= {f"百分之{one}" for one in tuple(found)} if after == "%" else set()
        return found
    for other in _HOMOPHONES.get(plain, ()):
        found |= {key(other)}
    found |= set(_IRREGULAR.get(plain, ()))
    found |= {_AMERICAN.sub(lambda ending: _ENDINGS[ending[0]], one) for one in found}
    for ending, wholes in _CONTRACTED.items():
        if plain.endswith(ending):
            found |= {key(plain.removesuffix(ending)) + whole for whole in wholes}
    return found


def key(word: str) -> str:
    """The letters and digits of a word, in lower case."""
    return "".join(filter(str.isalnum, word.casefold()))


def _numbers(match: re.Match[str]) -> Iterator[str]:
    whole, decimals, hours, minutes, ordinal = match.groups()
    if ordinal is not None:
        yield from (_ordinal(words) for words in _cardinals(int(ordinal[:7])))
    elif hours is not None:
        for words in _cardinals(int(hours)):
            yield from (words + rest for rest in _minutes(minutes))
        yield f"{_chinese(int(hours))}点{_chinese(int(minutes)) if int(minutes) else ''}"
    else:
        digits = whole.replace(",", "")
        number = int(digits[:7])
        spelled = "".join(_SMALL[int(digit)] for digit in decimals or "")
        for words in (*_cardinals(number), *([] if "," in whole else _by_pairs(digits))):
            yield f"{words}point{spelled}" if decimals else words
            if not decimals and 0 < number < 32:
                yield _ordinal(words)
        yield "".join(_SMALL[int(digit)] for digit in digits)
        chinese = "".join(_DIGITS[int(digit)] for digit in decimals or "")
        for read in (_chinese(number), "".join(_DIGITS[int(digit)] for digit in digits)):
            yield f"{read}点{chinese}" if decimals else read
            yield f"{read}点{chinese}".replace("二", "两", 1) if decimals else read.replace("二", "两", 1)


def _cardinals(number: int) -> Iterator[str]:
    if number <= LARGEST:
        yield _cardinal(number, "")
        yield _cardinal(number, "and")


def _cardinal(number: int, joint: str) -> str:
    """In words that are run together; joint: what stands behind the hundreds."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        return _TENS[number // 10] + (_SMALL[number % 10] if number % 10 else "")
    if number < 1000:
        rest = number % 100
        return f"{_SMALL[number // 100]}hundred" + (joint + _cardinal(rest, joint) if rest else "")
    rest = number % 1000
    link = joint if 0 < rest < 100 else ""
    return f"{_cardinal(number // 1000, joint)}thousand" + (link + _cardinal(rest, joint) if rest else "")


def _by_pairs(digits: str) -> Iterator[str]:
    """As years are read: 1984, 1905, 1900."""
    if len(digits) == 4 and digits[0] != "0" and digits[1:3] != "00":
        first, last = int(digits[:2]), int(digits[2:])
        head = _cardinal(first, "")
        if last >= 10:
            yield head + _cardinal(last, "")
        elif last:
            yield f"{head}oh{_SMALL[last]}"
            yield f"{head}o{_SMALL[last]}"
        else:
            yield f"{head}hundred"


def _minutes(minutes: str) -> Iterator[str]:
    number = int(minutes)
    if number == 0:
        yield from ("", "oclock")
    elif number < 10:
        yield from (f"oh{_SMALL[number]}", f"o{_SMALL[number]}")
    elif number < 60:
        yield _cardinal(number, "")


def _ordinal(words: str) -> str:
    for ending, ordinal in _ORDINALS.items():
        if words.endswith(ending):
            return words.removesuffix(ending) + ordinal
    return f"{words[:-1]}ieth" if words.endswith("y") else f"{words}th"


def _chinese(number: int) -> str:
    """As it is said up to 九千九百九十九, and in ten thousands above."""
    if number >= 10_000:
        rest = number % 10_000
        gap = "零" if 0 < rest < 1_000 else ""
        return _chinese(number // 10_000) + "万" + (gap + _chinese_below(rest) if rest else "")
    return _chinese_below(number) or "零"


def _chinese_below(number: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
        gap = not digit
    return text.removeprefix("一") if text.startswith("一十") else text
