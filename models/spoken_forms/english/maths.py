"""Signs of comparison and of simple formulas in English words."""

from __future__ import annotations

import re

from models.spoken_forms.english.numbers import SIGNED, cardinal, number
from models.spoken_forms.rules import Match, behind, rule, table

SIGNS = {
    "≥": "is greater than or equal to", ">=": "is greater than or equal to", "≤": "is less than or equal to",
    "<=": "is less than or equal to", ">": "is greater than", "<": "is less than", "≠": "is not equal to",
    "!=": "is not equal to", "≈": "is approximately", "=": "equals", "==": "equals", "×": "times", "÷": "divided by",
    "±": "plus or minus", "+": "plus", "∞": "infinity", "∑": "the sum of", "∫": "the integral of", "∈": "in", "∂": "partial",
    "∝": "is proportional to", "≡": "is equivalent to", "·": "times", "−": "minus", "∪": "union", "∩": "intersection",
}  # fmt: skip
GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho"
        " sigma tau upsilon phi chi psi"
        " omega gamma delta theta lambda xi pi sigma phi psi omega".split(),
        strict=True,
    )
)
SUPERSCRIPTS = {ord(sign): plain for sign, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+-ni", strict=True)}
POWERS = {"2": "squared", "3": "cubed"}
TERM = r"[\w)\]²³⁰-⁹ⁿ]"


def _power(match: Match) -> str:
    plain = match[0].translate(SUPERSCRIPTS).strip("^{()}")
    return " " + (POWERS.get(plain) or f"to the power of {_said(plain)}")


def _said(term: str) -> str:
    return number(term) if term.lstrip("-+").isdigit() else " ".join(term)


def _root(match: Match) -> str:
    return "the cube root of " if match[0] == "∛" else "the square root of "


def _scientific(match: Match) -> str:
    return f"{number(match[1])} times ten to the power of {number(match[2])}"


def _by(match: Match) -> str:
    return f"{cardinal(match[1])} by {cardinal(match[2])}"


def _spoken_sign(match: Match) -> str:
    around = match.string[match.start() - 1 : match.end() + 1]
    alone = not behind(match, A_TERM) or (around[:1] == " " != around[-1:])
    said = ALONE.get(match[0], SIGNS[match[0]]) if alone else SIGNS[match[0]]
    return f" {said.removeprefix('is ') if behind(match, A_VERB) else said} "


def _hexadecimal(text: str) -> list[str]:
    return [cardinal(sign) if sign.isdigit() else sign.upper() for sign in text]


ALONE = {"≈": "approximately", "<": "less than", ">": "more than", "≥": "at least", "≤": "at most"}
"""Where it belongs to the number behind it alone: "≈100 km"."""
A_TERM = re.compile(r"[\w)\]²³⁰-⁹ⁿ°%] ?$")
A_VERB = re.compile(r"\b(?:[Ii]s|[Aa]re|be|if it is)(?: [\w.]{1,8})? ?$")
ANY_SIGN = "|".join("".join("\\" + char for char in sign) for sign in sorted(SIGNS, key=len, reverse=True))
RULES = [
    rule(ANY_SIGN, _spoken_sign),
    rule(rf"(?<={TERM} )[-–−](?= (?:\d|[a-z](?!\w)))", "minus"),
    rule(r"(?<=\d)-(?= ?\d+(?:\.\d+)? ?=)", " minus "),
    rule(r"(?<=[²³⁴-⁹ⁿ])[-–−](?=[\w(])", " minus "),
    rule(r"(?<=[A-Za-z0-9)\]])\*(?=[A-Za-z0-9(\[])|(?<= )\*(?= \d)", " times "),
    rule(r"(?<=\w)\*\*(?=[\w(])", " to the power of "),
    rule(r"(?<![A-Za-z])d([a-z])/d([a-z])(?![A-Za-z])", lambda match: f"d {match[1]} over d {match[2]}"),
    rule(r"\b0x[0-9A-Fa-f]{1,16}\b", lambda match: "zero x " + " ".join(_hexadecimal(match[0][2:]))),
    rule(rf"({SIGNED}) ?‰", lambda match: number(match[1]) + " per mille"),
    rule(r"(?<=\d)x(?=\d)|(?<=[\d\'′\"″mt] )x(?= \d)", " by "),
    rule(r"(?<![\w.])(\d{3,5}) ?[x×] ?(\d{3,5})(?!\w)", _by),
    rule(r"(?<=[\w)])\^(?:\w|-?\d{1,6}|[({][\w+-]{1,12}[)}])(?!\w)|[⁰¹²³⁴-⁹⁺⁻ⁿⁱ]+", _power),
    rule(r"[√∛]", _root),
    rule(r"(?<=\b[A-F])-(?= |$|[.,;!?])", " minus"),
    rule(r"(?<=\bC)#", " sharp"),
    rule(r"(?<![\w)])[-−](?=[a-z√(](?!\w))", "minus "),
    rule(r"(?<=[\d)²³=+×÷√(] )/(?= [\d(])", "divided by"),
    rule(r"(?<![A-Za-z\d.])\d{1,4}(?P<it>[a-z]{2})(?![A-Za-z])", lambda match: " ".join(match["it"])),
    rule(r"(?<=[=+×÷±] )(?P<it>[b-df-hj-np-tv-z]{2,3})(?=²|³| [=+×÷±]|$)|\bmc(?=²)", lambda m: " ".join(m[0])),
    rule(r"(?<=\w)–(?=[a-z](?!\w))", " to "),
    rule(r"(?<![\w/])([A-Za-z])/([A-Za-z])(?![\w/])", lambda match: f"{match[1]} over {match[2]}"),
    rule(r"(?<=[^(]\))/(?=[\w(])|(?<=\w)/(?=\()", " over "),
    rule(rf"({SIGNED})e([-+]?\d{{1,3}})(?!\w)", _scientific),
    rule(r"(?<![\w.])(?P<it>≈|~) ?(?=\d)", "about "),
    table(GREEK, r"(?<![\u0370-\u03ff])", r"(?![\u0370-\u03ff])"),
]
