"""The numbers that a text names, as digits, however they are written: 25, "twenty-five", 二十五, "half", 六成. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
_SMALL += "seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: number for number, word in enumerate(_SMALL)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_WORDS |= {"double": 2, "doubled": 2, "twice": 2, "triple": 3, "tripled": 3}
_SCALES: dict[str, int] = {
    "dozen": 12,
    "hundred": 100,
    "hundreds": 100,
    "thousand": 1_000,
    "thousands": 1_000,
    "k": 1_000,
}
_SCALES |= {"million": 1_000_000, "billion": 1_000_000_000}
_HALF = frozenset(("half", "halved"))
_SAID_WITHOUT_COUNT = frozenset(("one", "zero"))
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()

LONGEST = 20
"""Figures of a number; a longer one is compared as it is written, and so is what has two points in it."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[A-Za-z]+|[^\s\w-]")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b", re.IGNORECASE)

_HAN_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_DIGITS_AND_UNIT = re.compile(r"(\d+(?:[.,]\d+)*)\s*([百千万亿]+)")
_HAN_NUMBER = re.compile(
    r"百分之[零一二两三四五六七八九十百千万点]+|[一二两三四五六七八九](?=成(?![为功立本都就果长员绩熟交不]))|[零一二两三四五六七八九十百千万亿]{2,}"
    r"|[二两三四五六七八九](?=[倍十百千万个名年月天周人次种])"
)
_TENTHS = "成"


def numbers_in(text: str) -> Sequence[str]:
    """The numbers that a text names, each in one form and once, in order. "One" alone is none."""
    text = unicodedata.normalize("NFKC", text)
    with_units = _DIGITS_AND_UNIT.sub(lambda found: f" {_scaled(found[1], found[2])} ", text)
    numbers = [*_english(_ORDINAL.sub(r"\1 ", with_units)), *_chinese(with_units)]
    return list(dict.fromkeys(numbers))


def same_as(numbers: Sequence[str], text: str) -> frozenset[str]:
    """The numbers of `text`, with what says the same in other words: a half is 50 (percent), "first" is 1st."""
    same = set(numbers)
    if same & {"0.5", "50"}:
        same |= {"0.5", "50"}
    words = set(re.findall("[a-z]+", text.casefold()))
    return frozenset(same | {str(n) for n, word in enumerate(_ORDINALS, 1) if word in words})


def _english(text: str) -> Iterator[str]:
    """Digits and English words; those that follow each other are one number, where they can be: "two hundred and five"."""
    whole, part, last = Decimal(0), Decimal(0), ""
    for token in [*_TOKEN.findall(text), "."]:
        word = token.casefold()
        value = Decimal(token.replace(",", "")) if _is_number(token) else _value(word)
        if word in _SCALES and (last or word != "k"):
            if _SCALES[word] <= 100:
                part = (part or Decimal(1)) * _SCALES[word]
            else:
                whole, part = whole + (part or Decimal(1)) * _SCALES[word], Decimal(0)
            last = word
        elif value is not None and last and _goes_on(part, value, last):
            part = part * 100 + value if _is_year(part, value) else part + value
            last = word
        elif word == "and" and last in _SCALES:
            continue
        else:
            if last and not (last in _SAID_WITHOUT_COUNT and whole + part <= 1):
                yield _written(whole + part)
            whole, part, last = Decimal(0), value or Decimal(0), word if value is not None else ""
            if word in _HALF:
                yield "0.5"
            elif value is None and token[:1].isdecimal():
                yield token


def _value(word: str) -> Decimal | None:
    return Decimal(_WORDS[word]) if word in _WORDS else None


def _is_number(token: str) -> bool:
    return token[:1].isdecimal() and token.count(".") <= 1 and len(token) <= LONGEST


def _goes_on(part: Decimal, value: Decimal, last: str) -> bool:
    if last[:1].isdecimal():
        return False
    return (
        (last in _SCALES and value < (100 if part else 1_000))
        or (last in _TENS and 0 < value < 10)
        or _is_year(part, value)
    )


def _is_year(part: Decimal, value: Decimal) -> bool:
    """Whether both are the halves of a year: nineteen ninety."""
    return part in (18, 19, 20) and 10 <= value < 100


def _written(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _scaled(digits: str, units: str) -> str:
    if not _is_number(digits) or len(units) > 3:
        return digits
    value = Decimal(digits.replace(",", ""))
    for unit in units:
        value *= _HAN_UNITS[unit]
    return _written(value)


def _chinese(text: str) -> Iterator[str]:
    for found in _HAN_NUMBER.finditer(text):
        number = _han(found[0])
        yield str(10 * int(number)) if text[found.end() : found.end() + 1] == _TENTHS and len(found[0]) == 1 else number


def _han(number: str) -> str:
    """A number in Chinese characters as digits."""
    whole, _, fraction = number.removeprefix("百分之").partition("点")
    if len(whole) > 1 and not set(whole) & set(_HAN_UNITS):
        return str(int("".join(str(_HAN_DIGITS[one]) for one in whole)))  # 二零一九
    total = section = digit = 0
    last = 1
    for character in whole:
        if character in _HAN_DIGITS:
            digit = _HAN_DIGITS[character]
            last = 1 if character == "零" else last
            continue
        last = _HAN_UNITS[character]
        if last < 10_000:
            section, digit = section + (digit or 1) * last, 0
        else:
            here = section + digit
            total, section, digit = total + here * last if here else total * last, 0, 0
    short = last // 10 if last >= 100 else 1  # 一百五 is 150
    value = str(total + section + digit * short)
    return f"{value}.{''.join(str(_HAN_DIGITS.get(one, 0)) for one in fraction)}" if fraction else value
