"""Telephone numbers, versions and codes in English words: digit by digit, or part by part."""

from __future__ import annotations

import re

from models.spoken_forms import pinyin
from models.spoken_forms.english.numbers import cardinal, digits
from models.spoken_forms.rules import Match, rule

CODE = (
    r"(?:[Cc]ode|PIN|[Pp]in|ZIP|[Zz]ip|[Pp]assword|[Pp]asscode|[Ee]xtension|[Ff]light|[Aa]gent|[Ee]xt\.)"
    r"(?: (?:is|number))?:? "
)


def _telephone(match: Match) -> str:
    plus = "plus " if match[0].startswith("+") else ""
    return plus + ", ".join(digits(group) for group in re.findall(r"\d+", match[0]))


def _dotted(match: Match) -> str:
    return ("version " if match[1] else "") + " point ".join(cardinal(part) for part in match[2].split("."))


RULES = [
    rule(r"\b401\(?k\)?(?!\w)", "four oh one k"),
    pinyin.SEVERAL,
    rule(r"(?<![\w.])(?:\+?\d[- ])?\(\d{3}\)[- ]?\d{3}[- ]\d{4}\b", _telephone),
    rule(r"(?<![\w.+-])(?:\+?\d[- ])?\d{3}[-. ]\d{3}[-. ]\d{4}(?:-\d{1,4})?\b(?!-)", _telephone),
    rule(r"(?<![\w.-])\d{3}-\d\d-\d{4}\b(?!-)", _telephone),
    rule(r"(?<![\w.-])\d{3}-\d{4}\b(?!-)", _telephone),
    rule(r"(?<![\w.-])\d{1,7}(?:-\d{1,7}){3,7}(?:-[\dX])?(?![\w-])", _telephone),
    rule(r"(?<![\w.])([vV]\.?)(\d{1,4}(?:\.\d{1,4}){0,4})\b", _dotted),
    rule(r"(?<![\w.])()(\d{1,4}(?:\.\d{1,4}){2,4})(?!\w)", _dotted),
    rule(r"\+\d{1,3}(?:[ -]?\(?\d{2,5}\)?){2,5}\b", _telephone),
    rule(r"(?<![\w.-])0\d{2,4}(?:[ -]\d{3,8}){1,3}\b", _telephone),
    rule(
        r"(?<![\w.-])1-8\d\d-(?=[A-Z])",
        lambda match: f"one eight {'hundred' if match[0][3:5] == '00' else digits(match[0][3:5])} ",
    ),
    rule(r"(?<!\w)\(0\d{2,4}\) ?\d{3,4}[ -]?\d{3,4}\b", _telephone),
    rule(r"\b(?:[Cc]all|[Dd]ial|[Rr]ing|[Pp]hone|[Tt]ext) (?P<it>\d{3,12})\b", lambda match: digits(match["it"])),
    rule(r"\b[A-Z]{2} (?P<it>\d{5}(?:-\d{4})?)\b(?![.,-]?\d)", lambda match: digits(match["it"])),
    rule(rf"\b{CODE}(?P<it>\d{{3,12}}(?:-\d{{4}})?)\b(?![.,]\d)", lambda match: digits(match["it"])),
]
