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
SHORT_MONTH, WEEKDAY = "|".join(SHORT_MONTHS), "|".join(sorted(WEEKDAYS, key=len, reverse=True))
LOWER_MONTHS = "|".join(name.lower() for name in MONTHS if name not in ("March", "May"))
MONTH = rf"(?P<month>{'|'.join(MONTHS)}|{LOWER_MONTHS}|{'|'.join(MONTHS).upper()}|(?:{'|'.join(SHORT_MONTHS)})\b\.?)"
ANY_MONTH = rf"(?P<month>(?i:{'|'.join([*MONTHS, *SHORT_MONTHS])})\b\.?)"
"""In any case; only where a day and a year show that "may" is one."""
DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
YEAR = r"(?P<year>1[0-9]\d\d|20\d\d)(?![\w/]|[.:,]\d|-\d\d-\d)"
BEFORE_YEAR = (
    r"\b(?:Q[1-4]|[Ii]n|[Ss]ince|[Bb]y|[Uu]ntil|[Tt]ill|[Yy]ear|[Bb]efore|[Aa]fter|[Dd]uring|[Cc]irca|[Cc]a?\.|[bd]\.|[Aa]round|[Ee]arly|[Ll]ate"
    r"|[Ff]rom|[Oo]f|[Ss]pring|[Ss]ummer|[Aa]utumn|[Ww]inter|[Bb]orn|[Cc]opyright) "
)
HALF = r" ?(?P<half>[AaPp]\.?[Mm]\b\.?)"
FROM_HOUR = rf"(?<![\w:.])(?P<h1>\d\d?)(?::(?P<m1>[0-5]\d))?(?: ?(?P<first>[AaPp]\.?[Mm]\.?))?(?:{DASH}| - )"
"""How a range of hours begins."""


def _month(name: str) -> str:
    name = name.rstrip(".").capitalize()
    return SHORT_MONTHS.get(name, name)


def _month_day(match: Match) -> str:
    said = f"{_month(match['month'])} {ordinal(match['day'])}"
    return said + (f", {year(match['year'])}" if match["year"] else "")


def _day_month(match: Match) -> str:
    the = "" if match.string[: match.start()].lower().endswith("the ") else "the "
    of = f"{the}{ordinal(match['day'])} of {_month(match['month'])}"
    return of + (f" {year(match['year'])}" if match["year"] else "")


def _full_year(written: str) -> str:
    """ "98" is 1998, "24" is 2024."""
    return year(written if len(written) == 4 else ("19" if written > "40" else "20") + written)


def _numeric(match: Match) -> str | None:
    month, day = int(match["m"]), int(match["d"])
    if month > 12 >= day:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{MONTHS[month - 1]} {ordinal(day)}, {_full_year(match['y'])}"


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
    # Every voice spells "a.m"; "A M" begins with an article, and a dot behind it is a pause.
    return f" {written[0].lower()}.m" if written else ""


def _hour(match: Match) -> str:
    return cardinal(match["hour"]) + _half(match["half"])


def _hours(match: Match) -> str:
    """A range of hours."""
    ends = ((match["h1"], match["m1"]), (match["h2"], match["m2"]))
    low, high = (
        cardinal(int(h)) + ("" if not m or m == "00" else f" {'oh ' if m < '10' else ''}{cardinal(int(m))}")
        for h, m in ends
    )
    return f"{low}{_half(match['first'])} to {high}{_half(match['half'])}"


def _duration(match: Match) -> str:
    parts = [(int(match[name]), name) for name in ("hour", "minute", "second")]
    *most, last = [f"{cardinal(count)} {name if count == 1 else name + 's'}" for count, name in parts if count] or [
        "zero"
    ]
    return f"{' '.join(most)} and {last}" if most else last


def _spans(match: Match) -> str:
    hours, minutes = int(match[1]), int(match[2])
    return f"{cardinal(hours)} hour{'s' * (hours != 1)} {cardinal(minutes)} minute{'s' * (minutes != 1)}"


def _minutes(match: Match) -> str:
    minutes, seconds = int(match[1]), int(match[2])
    return f"{cardinal(minutes)} minute{'s' * (minutes != 1)} {cardinal(seconds)} second{'s' * (seconds != 1)}"


def _decade(match: Match) -> str:
    name = year(match["it"][:4]) if match["it"][:4].isdigit() else cardinal(match["it"].strip("'’s"))
    return name.removesuffix("y") + "ies" if name.endswith("y") else name + "s"


def _alone(match: Match) -> str | None:
    """A number that stands where a year may."""
    return None if COUNTED.match(match.string, match.end()) else year(match["year"])


COUNTED = re.compile(
    r"(?:[ -](?!(?:was|is|has|does|goes|comes|begins|starts|ends|this|his|its|always)\b)[a-z]+s\b| people| men| women)"
)
RULES = [
    rule(r"(?<!\w)(?P<it>1[1-9]\d0['’]?s|20\d0['’]?s|['’]\d0s)\b", _decade),
    rule(r"\b(?:[Tt]he|[Ee]arly|[Mm]id|[Ll]ate|[Hh]is|[Hh]er|[Mm]y|[Tt]heir)[ -](?P<it>[2-9]0['’]?s)\b", _decade),
    rule(r"(?<![\w.,:/$€£¥-])(?P<year>19\d\d|20[0-4]\d)(?![\w/%°½-]|[.:,]\d)", _alone),
    rule(rf"\b({WEEKDAY})\.?[–-]({WEEKDAY})\b\.?", lambda m: f"{WEEKDAYS[m[1]]} to {WEEKDAYS[m[2]]}"),
    rule(rf"\b({SHORT_MONTH})\.?[–-]({SHORT_MONTH})\b\.?", lambda m: f"{SHORT_MONTHS[m[1]]} to {SHORT_MONTHS[m[2]]}"),
    rule(rf"(?<=\d) ?[–-] ?(?={SHORT_MONTH})", " to "),
    rule(r"(?<![\w./-])(20\d\d)-(0[1-9]|1[0-2])(?![\w-])", lambda m: f"{MONTHS[int(m[2]) - 1]} {year(m[1])}"),
    rule(r"(?<=\d)T(?=\d\d:\d\d)", " at "),
    rule(rf"\b{MONTH} {DAY}\b(?:(?:,? |,){YEAR})?", _month_day),
    rule(rf"(?<![\w.,])\b{DAY} (?:of )?{MONTH}(?![a-z])(?:(?:,? |,){YEAR})?", _day_month),
    rule(rf"\b{ANY_MONTH} {DAY}(?:,? |,){YEAR}", _month_day),
    rule(rf"(?<![\w.,])\b{DAY} {ANY_MONTH}(?:,? |,){YEAR}", _day_month),
    rule(r"(?<=\d0s) ?[–-] ?(?=['’]?\d+0s)", " to "),
    rule(r"(?<=s[–-])(?P<it>[2-9]0s)\b", _decade),
    rule(rf"\b{MONTH} {YEAR}", lambda match: f"{_month(match['month'])} {year(match['year'])}"),
    rule(
        rf"\b(?P<it>{'|'.join(name for name in SHORT_MONTHS if name not in ('May', 'Mar', 'Jan', 'Jun'))})\. (?=\d)",
        lambda m: _month(m["it"]),
    ),
    rule(r"(?<![\w./-])(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})(?![\d/-]|[A-SU-Za-z])", _numeric),
    rule(r"(?<![\w./-])(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d\d)(?![\w/-])", _numeric),
    rule(r"(?<![\w./-])(?P<d>[0-3]?\d)\.(?P<m>[01]?\d)\.(?P<y>(?:19|20)\d\d)(?![\w/-]|\.\d)", _numeric),
    rule(
        r"(?<![\w./-])(?P<low>(?:19|20)\d\d)/(?P<high>\d\d)(?![\w/-]|\.\d)",
        lambda match: f"{year(match['low'])} {cardinal(match['high'])}",
    ),
    rule(r"(?<![\w.])(\d{1,2})m ?(\d{1,2})s\b", _minutes),
    rule(rf"{BEFORE_YEAR}(?P<it>{YEAR})(?!-)", _alone),
    rule(rf"(?P<it>{YEAR}) ?(?=BC|AD|CE|BCE)", lambda match: year(match["year"])),
    rule(rf"\b(?P<it>{'|'.join(WEEKDAYS)})(?:\.|(?=,? (?:{'|'.join(SHORT_MONTHS)}|\d)))", lambda m: WEEKDAYS[m["it"]]),
    rule(rf"(?:(?<![\w:.])|(?<=\dT))(?P<hour>\d{{1,2}}):(?P<minute>[0-5]\d)(?:{HALF})?(?![\w:]|\.\d)", _time),
    rule(rf"(?<![\w:.])(?P<hour>1[0-2]|0?[1-9])\.(?P<minute>[0-5]\d){HALF}", _time),
    rule(r"(?<![\w./-])(?P<y>\d{4})\.(?P<m>[01]\d)\.(?P<d>[0-3]\d)(?![\w.]\w)", _numeric),
    rule(rf"(?<![\w:.])(?P<hour>1[0-2]|[1-9]){HALF}", _hour),
    rule(
        rf"{FROM_HOUR}(?P<h2>\d\d?):(?P<m2>[0-5]\d)(?:{HALF})?(?![\w:])",
        _hours,
    ),
    rule(
        rf"{FROM_HOUR}(?P<h2>\d\d?)(?P<m2>){HALF}",
        _hours,
    ),
    rule(r"(?<![\w:])(?P<hour>\d{1,2}):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)(?![\w:])", _duration),
    rule(r"(?<![\w.])(\d{1,3}) ?h(?:rs?)? ?(\d{1,2}) ?m(?:ins?)?\b", _spans),
]
