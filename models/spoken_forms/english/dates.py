"""Dates and times of day in English words."""

from __future__ import annotations

import re

from models.spoken_forms.english.numbers import DASH, cardinal, ordinal, year
from models.spoken_forms.rules import Match, rule

MONTHS = "January February March April May June July August September October November December".split()
SHORT_MONTHS = {name[:3]: name for name in MONTHS} | {"Sept": "September"}
WEEKDAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
    "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
MONTH = rf"(?P<month>{'|'.join(MONTHS)}|(?:{'|'.join(SHORT_MONTHS)})\b\.?)"
DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
YEAR = r"(?P<year>1[0-9]\d\d|20\d\d)(?![\w/]|[.:,]\d)"
BEFORE_YEAR = (
    r"\b(?:[Ii]n|[Ss]ince|[Bb]y|[Uu]ntil|[Tt]ill|[Yy]ear|[Bb]efore|[Aa]fter|[Dd]uring|[Cc]irca|[Aa]round|[Ee]arly|[Ll]ate"
    r"|[Ff]rom|[Oo]f|[Ss]pring|[Ss]ummer|[Aa]utumn|[Ww]inter|[Bb]orn|[Cc]opyright) "
)
VERBS = "was is has does goes comes begins starts ends this his its always perhaps".split()
HALF = r" ?(?P<half>[AaPp]\.?[Mm]\b\.?)"


def _month(name: str) -> str:
    return SHORT_MONTHS.get(name.rstrip("."), name)


def _month_day(match: Match) -> str:
    said = f"{_month(match['month'])} {ordinal(match['day'])}"
    return said + (f", {year(match['year'])}" if match["year"] else "")


def _day_month(match: Match) -> str:
    the = "" if match.string[: match.start()].lower().endswith("the ") else "the "
    of = f"{the}{ordinal(match['day'])} of {_month(match['month'])}"
    return of + (f" {year(match['year'])}" if match["year"] else "")


def _numeric(match: Match) -> str | None:
    month, day = int(match["m"]), int(match["d"])
    if month > 12 >= day:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{MONTHS[month - 1]} {ordinal(day)}, {year(match['y'])}"


def _year(match: Match) -> str | None:
    noun = re.match(r" ([a-z]+)s\b", match.string[match.end() :])
    counts = noun and noun[1] + "s" not in VERBS
    return None if counts else year(match["year"])


def _time(match: Match) -> str | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 24:
        return None
    half = _half(match["half"])
    if (hour, minute, half) == (0, 0, ""):
        return "midnight"
    if not minute:
        return cardinal(hour) + (half or (" o'clock" if hour < 13 else " hundred"))
    return f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}{half}"


def _half(written: str | None) -> str:
    return f" {written[0].upper()} M" if written else ""


def _hour(match: Match) -> str:
    return cardinal(match["hour"]) + _half(match["half"])


def _hours(match: Match) -> str:
    """A range of hours."""
    ends = ((match["h1"], match["m1"]), (match["h2"], match["m2"]))
    low, high = (
        cardinal(int(h)) + ("" if not m or m == "00" else f" {'oh ' if m < '10' else ''}{cardinal(int(m))}")
        for h, m in ends
    )
    return f"{low} to {high}{_half(match['half'])}"


def _duration(match: Match) -> str:
    parts = [(int(match[name]), name) for name in ("hour", "minute", "second")]
    *most, last = [f"{cardinal(count)} {name if count == 1 else name + 's'}" for count, name in parts if count] or [
        "zero"
    ]
    return f"{' '.join(most)} and {last}" if most else last


def _spans(match: Match) -> str:
    hours, minutes = int(match[1]), int(match[2])
    return f"{cardinal(hours)} hour{'s' * (hours != 1)} {cardinal(minutes)} minute{'s' * (minutes != 1)}"


RULES = [
    rule(rf"\b{MONTH} {DAY}\b(?:,? {YEAR})?", _month_day),
    rule(rf"(?<![\w.,])\b{DAY} (?:of )?{MONTH}(?![a-z])(?:,? {YEAR})?", _day_month),
    rule(rf"\b{MONTH} {YEAR}", lambda match: f"{_month(match['month'])} {year(match['year'])}"),
    rule(
        rf"\b(?P<it>{'|'.join(name for name in SHORT_MONTHS if name not in ('May', 'Mar', 'Jan', 'Jun'))})\. (?=\d)",
        lambda m: _month(m["it"]),
    ),
    rule(r"(?<![\w./-])(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})(?![\w/-])", _numeric),
    rule(r"(?<![\w./-])(?P<m>\d{1,2})[/](?P<d>\d{1,2})[/](?P<y>\d{4})(?![\w/-])", _numeric),
    rule(rf"{BEFORE_YEAR}(?P<it>{YEAR})(?!-)", _year),
    rule(rf"(?P<it>{YEAR}) ?(?=BC|AD|CE|BCE)", lambda match: year(match["year"])),
    rule(rf"\b(?P<it>{'|'.join(WEEKDAYS)})(?:\.|(?=,? (?:{'|'.join(SHORT_MONTHS)}|\d)))", lambda m: WEEKDAYS[m["it"]]),
    rule(rf"(?<![\w:.])(?P<hour>\d{{1,2}}):(?P<minute>[0-5]\d)(?:{HALF})?(?![\w:]|\.\d)", _time),
    rule(rf"(?<![\w:.])(?P<hour>1[0-2]|[1-9]){HALF}", _hour),
    rule(
        rf"(?<![\w:.])(?P<h1>\d\d?)(?::(?P<m1>[0-5]\d))?(?:{DASH})(?P<h2>\d\d?):(?P<m2>[0-5]\d)(?:{HALF})?(?![\w:])",
        _hours,
    ),
    rule(rf"(?<![\w:.])(?P<h1>\d\d?)(?P<m1>)(?:{DASH})(?P<h2>\d\d?)(?P<m2>){HALF}", _hours),
    rule(r"(?<![\w:])(?P<hour>\d{1,2}):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)(?![\w:])", _duration),
    rule(r"(?<![\w.])(\d{1,3}) ?h(?:rs?)? ?(\d{1,2}) ?m(?:ins?)?\b", _spans),
]
