"""Measures in English words."""

from __future__ import annotations

import re

from models.spoken_forms.english.numbers import DASH, NUMBER, SIGNED, VULGAR, cardinal, mixed, number
from models.spoken_forms.rules import Match, rule

PLURALS = {"foot": "feet", "inch": "inches", "hertz": "hertz", "kelvin": "kelvin", "horsepower": "horsepower"}
UNITS = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "nm": "nanometer", "µm": "micrometer",
    "mi": "mile", "yd": "yard", "ft": "foot", "in.": "inch", "ft.": "foot",
    "kg": "kilogram", "g": "gram", "mg": "milligram", "µg": "microgram", "mcg": "microgram", "lb": "pound", "lbs": "pound",
    "lbs.": "pound", "oz": "ounce", "oz.": "ounce",
    "l": "liter", "L": "liter", "ml": "milliliter", "mL": "milliliter", "cl": "centiliter", "dl": "deciliter",
    "gal": "gallon",
    "qt": "quart", "pt": "pint", "tbsp": "tablespoon", "tbsp.": "tablespoon", "tsp": "teaspoon", "tsp.": "teaspoon",
    "h": "hour", "hr": "hour", "hrs": "hour", "hrs.": "hour", "min": "minute", "mins": "minute", "min.": "minute",
    "s": "second", "sec": "second", "secs": "second", "sec.": "second", "ms": "millisecond", "µs": "microsecond",
    "ns": "nanosecond", "yr": "year", "yrs": "year", "mo": "month", "wk": "week", "wks": "week",
    "W": "watt", "kW": "kilowatt", "MW": "megawatt", "GW": "gigawatt", "Wh": "watt hour", "kWh": "kilowatt hour",
    "V": "volt", "kV": "kilovolt", "mV": "millivolt", "mA": "milliamp", "mAh": "milliamp hour", "Ω": "ohm",
    "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "hp": "horsepower",
    "J": "joule", "kJ": "kilojoule", "cal": "calorie", "kcal": "kilocalorie", "Pa": "pascal", "kPa": "kilopascal",
    "N": "newton", "dB": "decibel", "K": "kelvin", "px": "pixel", "ha": "hectare", "psi": "P S I",
    "KB": "kilobyte", "kB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte", "PB": "petabyte",
    "Mb": "megabit", "Gb": "gigabit", "kbps": "kilobit per second", "Mbps": "megabit per second",
    "Gbps": "gigabit per second", "mph": "mile per hour", "kph": "kilometer per hour", "rpm": "revolution per minute",
    "fps": "frame per second",
}  # fmt: skip
"""What one of it is called. A single letter counts only right behind the number, or before a space and a word."""
SPACED_ONLY = {"K"}
PER = {
    "h": "hour", "hr": "hour", "hour": "hour", "s": "second", "sec": "second", "min": "minute", "minute": "minute",
    "day": "day",
    "week": "week", "wk": "week", "month": "month", "mo": "month", "year": "year", "yr": "year", "person": "person",
    "night": "night", "kg": "kilogram", "lb": "pound", "g": "gram", "km": "kilometer", "m": "meter", "l": "liter",
    "L": "liter",
    "ml": "milliliter", "gal": "gallon", "cup": "cup", "serving": "serving",
}  # fmt: skip
SQUARES = {"²": "square ", "³": "cubic ", "^2": "square ", "^3": "cubic "}
UNIT = rf"(?P<unit>{'|'.join(map(re.escape, sorted(UNITS, key=len, reverse=True)))})(?P<power>²|³|\^2|\^3)?(?![\w'’])"
PER_UNIT = rf"(?:/(?P<per>{'|'.join(sorted(PER, key=len, reverse=True))})(?!\w))?"
AMOUNT = rf"(?P<low>{SIGNED})(?:(?:{DASH})(?P<high>{NUMBER}))?(?P<vulgar>[{''.join(VULGAR)}])?"
DEGREES = {
    "C": "degrees Celsius",
    "F": "degrees Fahrenheit",
    "℃": "degrees Celsius",
    "℉": "degrees Fahrenheit",
    "": "degrees",
}


def many(name: str) -> str:
    """The plural: "kilometer per hour" gives "kilometers per hour"."""
    head, per, rest = name.partition(" per ")
    first, space, last = head.rpartition(" ")
    plural = PLURALS.get(last) or (last if last.endswith("hertz") or head == "P S I" else last + "s")
    return first + space + plural + per + rest


def _amount(match: Match) -> str:
    if match["vulgar"]:
        return mixed(match["low"], *VULGAR[match["vulgar"]])
    return number(match["low"]) + (f" to {number(match['high'])}" if match["high"] else "")


def _measure(match: Match) -> str | None:
    unit, gap = match["unit"], match["gap"]
    if unit in SPACED_ONLY and not gap:
        return None
    name = SQUARES.get(match["power"] or "", "") + UNITS[unit]
    before, after = match.string[: match.start()], match.string[match.end() :]
    adjective = re.search(r"\b(?:[Aa]n?|[Bb]y) $", before) and re.match(r"[ -][a-z]", after)
    single = adjective or (match["low"] == "1" and not match["high"])
    per = f" per {PER[match['per']]}" if match["per"] else ""
    return f"{_amount(match)} {name if single else many(name)}{per}"


def _temperature(match: Match) -> str:
    one = match["low"] == "1" and not match["high"]
    name = DEGREES[match["scale"] or match["sign"] or ""]
    return f"{_amount(match)} {name.replace('degrees', 'degree') if one else name}"


def _height(match: Match) -> str:
    feet, inches = match[1], match[2]
    return f"{cardinal(feet)} foot {cardinal(inches)}"


def _inches(match: Match) -> str | None:
    if match.string.count('"', 0, match.start()) % 2 and match[2] == '"':
        return None  # it closes a quotation
    before, after = match.string[: match.start()], match.string[match.end() :]
    adjective = re.search(r"\b[Aa]n? $", before) and re.match(r" [a-z]", after)
    return f"{number(match[1])} {'inch' if adjective or match[1] == '1' else 'inches'}"


def _feet(match: Match) -> str | None:
    if re.search(r"(?<!\w)['‘]", match.string[: match.start()]):
        return None  # it closes a quotation
    return f"{number(match[1])} {'foot' if match[1] == '1' else 'feet'}"


RULES = [
    rule(rf"{AMOUNT}(?P<gap>[  ]?){UNIT}{PER_UNIT}", _measure),
    rule(rf"{AMOUNT}(?P<gap> )(?P<unit>in)(?P<power>)(?P<per>)\.(?= [a-z])", lambda m: f"{_amount(m)} inches"),
    rule(rf"{AMOUNT} ?(?:°(?: ?(?P<scale>[CF])\b)?|(?P<sign>[℃℉]))", _temperature),
    rule(r"(?<![\w.])(\d{1,2})['′’] ?(\d{1,2})(?:[\"″”]|''|(?!\w))", _height),
    rule(rf"(?<![\w.])({NUMBER})([\"″])(?!\w)", _inches),
    rule(rf"(?<![\w.'’‘])({NUMBER})['′](?= |[.,]|$)", _feet),
    rule(rf"(?<=\w)/({'|'.join(sorted(PER, key=len, reverse=True))})(?!\w)", lambda match: f" per {PER[match[1]]}"),
]
