"""What a rewritten answer has in it that the person never said: numbers and names. Pure.

A stronger version of somebody's answer may be put better, and may not be more than they told. Numbers are compared as
digits, also where they are written as words; names are words with a capital inside a sentence, and Latin words in Chinese.
What stands in square brackets is a gap that the person is to fill, and no claim.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pipeline.practice.answers.quotes import words_of

_GAP = re.compile(r"\[[^\]]{0,80}\]")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<![.!?…:。！？\n\"“])(?<=\s)[A-Z][\w’'-]+|\b[A-Z]{2,}\b")
_LATIN = re.compile(r"[A-Za-z][A-Za-z’'-]+")
_HAN = re.compile(r"[一-鿿]")
_HAN_NUMBER = re.compile(
    r"百分之[零一二两三四五六七八九十百千万点]+|[零一二两三四五六七八九十百千万亿]{2,}"
    r"|[二两三四五六七八九](?=[成倍十百千万个名年月天周人次种])"
)

_COUNT = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_COUNT += " seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {word: str(number) for number, word in enumerate(_COUNT.split())}
NUMBERS |= {word: str(10 * number) for number, word in enumerate(_TENS.split(), 2)}
NUMBERS |= {"hundred": "100", "hundreds": "100", "thousand": "1000", "thousands": "1000", "million": "1000000"}
NUMBERS |= {"double": "2", "doubled": "2", "twice": "2", "triple": "3", "tripled": "3", "half": "1/2", "halved": "1/2"}
SMALL = frozenset(("one", "zero"))
"""Said without a count being meant."""

_NO_NAMES = frozenset(("i", "i'm", "i’m", "i've", "i’ve", "i'd", "i’d", "i'll", "i’ll", "ok"))


def invented_in(text: str, said: Sequence[str]) -> Sequence[str]:
    """Numbers and names of `text` that are in none of the texts that were `said`."""
    told = _GAP.sub(" ", text)
    known_numbers = {number for one in said for number in numbers_in(one)}
    known_words = {word.plain for one in said for word in words_of(one)}
    found = [number for number in numbers_in(told) if number not in known_numbers]
    return [*found, *(name for name in _names(told) if not _known(name, known_words))]


def numbers_in(text: str) -> Collection[str]:
    """The numbers that a text names, each in one form."""
    found = {digits.replace(",", "") for digits in _DIGITS.findall(text)}
    found |= {NUMBERS[w.plain] for w in words_of(text) if w.plain in NUMBERS and w.plain not in SMALL}
    return found | {_han(number) for number in _HAN_NUMBER.findall(text)}


def _names(text: str) -> Sequence[str]:
    pattern = _LATIN if _HAN.search(text) else _NAME
    return [name for name in pattern.findall(text) if name.casefold() not in _NO_NAMES]


def _known(name: str, known: Collection[str]) -> bool:
    return all(word.plain in known or word.plain.removesuffix("s") in known for word in words_of(name))


_HAN_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}


def _han(number: str) -> str:
    """A number in Chinese characters as digits."""
    whole, _, fraction = number.removeprefix("百分之").partition("点")
    total = section = digit = 0
    for character in whole:
        if character in _HAN_DIGITS:
            digit = _HAN_DIGITS[character]
            continue
        unit = _HAN_UNITS.get(character, 1)
        if unit < 10_000:
            section, digit = section + (digit or 1) * unit, 0
        else:
            total, section, digit = total + (section + digit) * unit, 0, 0
    value = str(total + section + digit)
    return f"{value}.{''.join(str(_HAN_DIGITS.get(one, 0)) for one in fraction)}" if fraction else value
