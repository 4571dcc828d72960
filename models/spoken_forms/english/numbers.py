"""Numbers in English words."""

from __future__ import annotations

import re

from num2words import num2words

from models.spoken_forms.rules import Match, rule

NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!,?\d)|\d+)(?:\.\d+)?"
SIGNED = rf"(?<![\w.%°℃℉])[-−+]?(?:{NUMBER}|\.\d+)"
LONGEST = 18
"""Digits; longer numbers are read digit by digit, and those of more than `UNREADABLE` are left as they are."""
UNREADABLE = 40
DIGITS = "zero one two three four five six seven eight nine".split()
SCALES = {
    "k": "thousand",
    "K": "thousand",
    "m": "million",
    "M": "million",
    "B": "billion",
    "b": "billion",
    "bn": "billion",
    "T": "trillion",
}
SCALES |= {word: word for word in ("thousand", "million", "billion", "trillion", "hundred")}
VULGAR = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5)}
VULGAR |= {"⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8), "⅐": (1, 7)}
VULGAR |= {"⅑": (1, 9), "⅒": (1, 10)}
DENOMINATORS = {*range(2, 11), 12, 16, 20, 32, 64, 100, 1000}
"""What is a fraction; 9/11, 24/7 and 50/50 are two numbers."""
DASH = r" ?[–—~] ?|-"


def cardinal(number: int | str) -> str:
    """ "1,234" is "one thousand two hundred thirty-four"; leading zeros, as in "007", are digits."""
    text = str(number).replace(",", "")
    if (len(text) > 1 and text[0] == "0") or len(text) > LONGEST:
        return digits(text)
    return str(num2words(int(text))).replace(",", "").replace(" and ", " ")


def ordinal(number: int | str) -> str:
    """ "21" is "twenty-first"."""
    text = str(number).replace(",", "")
    if len(text) > LONGEST:
        return digits(text)
    return str(num2words(int(text), to="ordinal")).replace(",", "").replace(" and ", " ")


def year(number: int | str) -> str:
    """ "1905" is "nineteen oh-five", "2008" "two thousand eight"."""
    return str(num2words(int(number), to="year")).replace(" and ", " ")


def digits(text: str) -> str:
    """Each digit by itself."""
    return " ".join(DIGITS[int(digit)] for digit in text if digit.isascii() and digit.isdigit())


def number(text: str) -> str:
    """ "-1,234.5" is "minus one thousand two hundred thirty-four point five"."""
    sign = {"-": "minus ", "−": "minus ", "+": "plus "}.get(text[:1], "")
    whole, _, part = text.lstrip("-−+").partition(".")
    said = cardinal(whole) if whole else "zero"
    return sign + said + (" point " + digits(part) if part else "")


def is_fraction(above: str, below: str) -> bool:
    """Whether "2/3" is two thirds, as "9/11" and "50/50" are not."""
    return above[0] != "0" and int(above) < int(below) and int(below) in DENOMINATORS


def is_improper(above: str, below: str) -> bool:
    """Whether "22/3" is twenty-two thirds, as "24/7", "20/20" and what may be a day of a month are not."""
    upper, lower = int(above), int(below)
    return 1 < lower <= 10 and lower < upper and upper % lower != 0 and upper > 12 and upper != 24


def fraction(above: int, below: int) -> str:
    """ "2/3" is "two thirds"."""
    if below == 2:
        return "one half" if above == 1 else f"{cardinal(above)} halves"
    name = "quarter" if below == 4 else ordinal(below)
    return f"{cardinal(above)} {name}{'s' if above > 1 else ''}"


def mixed(whole: str, above: int, below: int) -> str:
    """ "1½" is "one and a half"."""
    if not whole:
        return fraction(above, below)
    part = fraction(above, below)
    return f"{cardinal(whole)} and " + ("a" + part.removeprefix("one") if above == 1 else part)


def _vulgar(match: Match) -> str:
    return mixed(match[1] or "", *VULGAR[match[2]])


IS_PART = re.compile(r" of (?:an?|the|it|its|my|your|this|that|them)\b| ?[=+×*]| (?:cups?|inch(?:es)?|miles?)\b")
"""What shows that even 5/4 is five quarters."""


def _fraction(match: Match) -> str | None:
    whole, above, below = match[1] or "", match[2], match[3]
    if is_fraction(above, below) or (
        not whole and (is_improper(above, below) or IS_PART.match(match.string, match.end()))
    ):
        return mixed(whole.strip(), int(above), int(below))
    return None if whole else f"{cardinal(above)} {cardinal(below)}"  # 50/50, 24/7


def _range(match: Match) -> str | None:
    low, high = match[1], match[2]
    years = all(re.fullmatch(r"1[0-9]\d\d|20\d\d", end) for end in (low, high)) and int(low) < int(high)
    if len(high) == 2 and re.fullmatch(r"(?:19|20)\d\d", low):
        return f"{year(low)} to {cardinal(high)}"  # 2019-20
    return f"{year(low)} to {year(high)}" if years else f"{number(low)} to {number(high)}"


def _plain(match: Match) -> str | None:
    return None if len(match[0]) > UNREADABLE else number(match[0])


def _scaled(match: Match) -> str:
    return f"{number(match[1])} {SCALES[match[2]]}"


RULES = [
    rule(r"(?<![\w.-])(50-50|24-7)(?![\w-])", lambda match: " ".join(cardinal(part) for part in match[1].split("-"))),
    rule(r"(?<![\w.])(\d{1,6})?[  ]?([½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅐⅑⅒])", _vulgar),
    rule(r"(?<![\w./])(\d{1,6} )?(\d{1,3})[/⁄](\d{1,4})(?:th|rd|ths|rds)?(?![\w/]|\.\d)", _fraction),
    rule(rf"(?<![\w.$€£¥-])({NUMBER})(?:{DASH})({NUMBER})(?![\w-]|\.\d| ?=)", _range),
    rule(r"(?<!\w)(\d{1,18}(?:,\d{3})*)(?:st|nd|rd|th)\b", lambda match: ordinal(match[1])),
    rule(r"(?<=[%°℃℉CF]) ?[–—-] ?(?=\d)|(?<=\d(?:st|nd|rd|th))[–—-](?=\d+(?:st|nd|rd|th))", " to "),
    rule(r"(?<![\d.])\d{1,3}\.\d{1,2}(?P<it>/)(?=\d{1,3}(?![\d.]))", " out of "),
    rule(rf"({SIGNED})(k|M|bn)\b", _scaled),
    rule(rf"({SIGNED}) ?%", lambda match: number(match[1]) + " percent"),
    rule(rf"({SIGNED}) ?(?:{DASH}) ?({NUMBER}) ?%", lambda m: f"{number(m[1])} to {number(m[2])} percent"),
    rule(rf"({NUMBER}) ?% ?(?:{DASH}) ?({NUMBER}) ?%", lambda m: f"{number(m[1])} to {number(m[2])} percent"),
    rule(
        r"(?<=[A-Za-z])-?(?P<it>\d{1,18})(?!\.?\d)", lambda m: cardinal(m["it"]) if len(m["it"]) < 3 else digits(m[0])
    ),
    rule(r"(?<![\w.])-?(?P<it>\d{1,4})(?=[A-Za-z])", lambda match: cardinal(match["it"])),
    rule(r"(?<![\w:])(\d{1,3}):(\d{1,3})(?![\w:])", lambda match: f"{cardinal(match[1])} to {cardinal(match[2])}"),
    rule(SIGNED, _plain),
    rule(NUMBER, _plain),
    rule(r"[₀-₉]+", lambda match: digits(match[0].translate({0x2080 + n: str(n) for n in range(10)}))),
]
