"""Numbers in Chinese words."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
PLACES = ("", "十", "百", "千")
SCALES = ("", "万", "亿", "万亿", "亿亿")
LONGEST = 20
NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!,?\d)|\d+)(?:\.\d+)?"


def digits(text: str) -> str:
    """Each digit by itself."""
    return "".join(DIGITS[int(digit)] for digit in text if digit.isascii() and digit.isdigit())


def cardinal(number: int | str) -> str:
    """ "1,250,000" is 一百二十五万, "2,000" 两千; leading zeros, as in "007", are digits."""
    text = str(number).replace(",", "")
    if (len(text) > 1 and text[0] == "0") or len(text) > LONGEST:
        return digits(text)
    said, gap = "", False
    for index, group in enumerate(groups := _in_fours(text)):
        if not int(group):
            gap = bool(said)
            continue
        padded = bool(said) and (gap or group[0] == "0")
        said += ("零" if padded else "") + _four(group) + SCALES[len(groups) - 1 - index]
        gap = False
    if said.startswith("一十"):
        return said[1:]
    return "两" + said[1:] if said.startswith(("二千", "二万", "二亿")) else said or "零"


def counted(number: int | str) -> str:
    """As `cardinal`, but two of something is 两."""
    return "两" if str(number) == "2" else cardinal(number)


def number(text: str) -> str:
    """ "-1,234.50" is 负一千二百三十四点五零."""
    sign = {"-": "负", "−": "负", "+": "正"}.get(text[:1], "")
    whole, _, part = text.lstrip("-−+").partition(".")
    return sign + cardinal(whole or "0") + ("点" + digits(part) if part else "")


def _in_fours(text: str) -> list[str]:
    padded = text.zfill(-(-len(text) // 4) * 4)
    return [padded[at : at + 4] for at in range(0, len(padded), 4)]


def _four(group: str) -> str:
    said, gap = "", False
    for digit, place in zip(group, reversed(PLACES), strict=True):
        if digit == "0":
            gap = bool(said)
            continue
        said += ("零" if gap else "") + DIGITS[int(digit)] + place
        gap = False
    return said
