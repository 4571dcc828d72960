"""The few questions of fact that can be answered by computing: the time, the date and simple arithmetic."""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction

LONGEST_QUESTION = 80

_EN_UNITS = {
    word: value
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split()
    )
} | {word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_HAN_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_PLACES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}

_NUMBER = r"(-?\d{1,9}(?:\.\d{1,6})?)"
_EN_SIGNS = (
    (r"\bmultiplied by\b|\btimes\b|×|\bx\b|乘以?", "*"),
    (r"\bdivided by\b|\bover\b|÷|除以", "/"),
    (r"\bplus\b|\badded to\b|加上?|＋", "+"),
    (r"\bminus\b|减去?|－", "-"),
    (r"\bpercent of\b", "%"),
)
_SUM = re.compile(rf"{_NUMBER}\s*([*/+%-])\s*{_NUMBER}")
_ASKS_SUM = re.compile(
    r"\b(?:what|whats|how much|calculate|compute|work out)\b|多少|等于|算一?下|^[\s\d.*/+%?=？-]+$",
    re.IGNORECASE,
)
_ASKS_TIME = re.compile(
    r"\bwhat(?:['’]?s the| is the)? time (?:is it|now)\b|\bwhat(?:['’]?s| is) the time\W*$|\btell me the time\b|"
    r"现在几点|几点了|现在(?:是)?什么时间",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(
    r"\bwhat(?:['’]?s| is) (?:the date|today['’]?s date)\b|\bwhat day is (?:it|today)\b|"
    r"今天(?:是)?(?:几号|几月几号|星期几|周几)|今天的日期",
    re.IGNORECASE,
)
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期天"),
}
_MONTHS = "January February March April May June July August September October November December".split()


def computed(said: str, language: str, now: datetime) -> str:
    """The answer to a question that can be computed, or nothing."""
    text = said.strip()
    if len(text) > LONGEST_QUESTION:
        return ""
    if _ASKS_TIME.search(text):
        return _time(now, language)
    if _ASKS_DATE.search(text):
        return _date(now, language)
    return _arithmetic(text, language)


def _time(now: datetime, language: str) -> str:
    hour = now.hour % 12 or 12
    if language == "zh":
        part = ("凌晨", "上午", "下午", "晚上")[now.hour // 6]
        return f"我这边的钟是{part}{hour}点{now.minute}分。" if now.minute else f"我这边的钟刚好{part}{hour}点整。"
    part = "in the morning" if now.hour < 12 else "in the afternoon" if now.hour < 18 else "in the evening"
    return f"My clock says {hour}:{now.minute:02d} {part}."


def _date(now: datetime, language: str) -> str:
    if language == "zh":
        return f"今天是{now.month}月{now.day}日，{_DAYS['zh'][now.weekday()]}。"
    return f"Today is {_DAYS['en'][now.weekday()]}, {_MONTHS[now.month - 1]} {now.day}."


def _arithmetic(text: str, language: str) -> str:
    if not _ASKS_SUM.search(text):
        return ""
    text = _han_numbers(_english_numbers(text.casefold()))
    text = re.sub(rf"百分之\s*{_NUMBER}", r"\1 % ", re.sub(rf"{_NUMBER}\s*的\s*百分之\s*{_NUMBER}", r"\2 % \1", text))
    for words, sign in _EN_SIGNS:
        text = re.sub(words, f" {sign} ", text)
    found = _SUM.search(text)
    if not found:
        return ""
    one, sign, other = Fraction(found[1]), found[2], Fraction(found[3])
    if sign == "/" and not other:
        return "零不能当除数。" if language == "zh" else "Nothing can be divided by zero, sadly."
    result = {
        "+": lambda: one + other,
        "-": lambda: one - other,
        "*": lambda: one * other,
        "/": lambda: one / other,
        "%": lambda: one * other / 100,
    }[sign]()
    exact = (result * 100).denominator == 1
    number = f"{float(result):.2f}".rstrip("0").rstrip(".") if result.denominator > 1 else str(result.numerator)
    if language == "zh":
        return f"{'' if exact else '大约'}等于{number}。"
    return f"That makes {'' if exact else 'about '}{number}."


def _english_numbers(text: str) -> str:
    """`text` with spelt-out numbers as digits: "two hundred and five" is 205."""
    words, out, at = text.replace("-", " - ").split(), [], 0
    while at < len(words):
        value, end = _english_number(words, at)
        if end > at:
            out.append(str(value))
            at = end
        else:
            out.append(words[at])
            at += 1
    return " ".join(out)


def _english_number(words: list[str], at: int) -> tuple[int, int]:
    total = current = 0
    start = at
    while at < len(words):
        word = words[at].strip("?.,!")
        if word in _EN_UNITS:
            current += _EN_UNITS[word]
        elif word == "hundred" and at > start:
            current *= 100
        elif word == "thousand" and at > start:
            total, current = total + current * 1000, 0
        elif not (word == "and" and at > start and words[at - 1] in ("hundred", "thousand") and at + 1 < len(words)):
            break
        at += 1
    return total + current, at


def _han_numbers(text: str) -> str:
    """`text` with Chinese numerals as digits: 一百二十三 is 123."""

    def value(match: re.Match[str]) -> str:
        total = section = digit = 0
        for letter in match[0]:
            if letter in _HAN_DIGITS:
                digit = _HAN_DIGITS[letter]
            elif letter == "万":
                total, section, digit = total + (section + digit) * 10_000, 0, 0
            else:
                section, digit = section + (digit or 1) * _HAN_PLACES[letter], 0
        return str(total + section + digit)

    return re.sub(r"[零〇一二两三四五六七八九十百千万]+", value, text)
