"""Measures in English words."""

from __future__ import annotations

import re

from models.spoken_forms.english.numbers import DASH, NUMBER, SIGNED, VULGAR, cardinal, is_fraction, mixed, number
from models.spoken_forms.rules import Match, behind, rule

PLURALS = {"foot": "feet", "inch": "inches", "hertz": "hertz", "kelvin": "kelvin", "horsepower": "horsepower"}
UNITS = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "nm": "nanometer", "µm": "micrometer",
    "μm": "micrometer", "μg": "microgram", "μs": "microsecond", "mi": "mile", "yd": "yard", "ft": "foot",
    "kg": "kilogram", "g": "gram", "mg": "milligram", "µg": "microgram", "mcg": "microgram", "lb": "pound", "lbs": "pound",
    "oz": "ounce",
    "l": "liter", "L": "liter", "ml": "milliliter", "mL": "milliliter", "cl": "centiliter", "dl": "deciliter",
    "gal": "gallon",
    "qt": "quart", "pt": "pint", "tbsp": "tablespoon", "tsp": "teaspoon",
    "h": "hour", "hr": "hour", "hrs": "hour", "min": "minute", "mins": "minute",
    "s": "second", "sec": "second", "secs": "second", "ms": "millisecond", "µs": "microsecond",
    "ns": "nanosecond", "yr": "year", "yrs": "year", "mo": "month", "wk": "week", "wks": "week",
    "W": "watt", "kW": "kilowatt", "MW": "megawatt", "GW": "gigawatt", "Wh": "watt hour", "kWh": "kilowatt hour",
    "V": "volt", "kV": "kilovolt", "mV": "millivolt", "mA": "milliamp", "mAh": "milliamp hour", "Ω": "ohm", "kΩ": "kiloohm",
    "MΩ": "megaohm",
    "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "hp": "horsepower",
    "KG": "kilogram", "KM": "kilometer",
    "J": "joule", "kJ": "kilojoule", "cal": "calorie", "kcal": "kilocalorie", "Pa": "pascal", "kPa": "kilopascal",
    "dB": "decibel", "K": "kelvin", "px": "pixel", "ha": "hectare", "psi": "P S I",
    "KB": "kilobyte", "kB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte", "PB": "petabyte",
    "Mb": "megabit", "Gb": "gigabit", "kbps": "kilobit per second", "Mbps": "megabit per second",
    "mbps": "megabit per second", "Gbps": "gigabit per second", "mph": "mile per hour", "kph": "kilometer per hour",
    "rpm": "revolution per minute",
    "fps": "frame per second",
    "sq ft": "square foot", "sq. ft": "square foot", "sq m": "square meter", "sq. m": "square meter",
    "sq km": "square kilometer",
    "sq mi": "square mile", "sq. mi": "square mile", "cu ft": "cubic foot", "sq in": "square inch",
}  # fmt: skip
"""What one of it is called. A single letter counts only right behind the number, or before a space and a word."""
DOTTED = "in ft lb lbs oz tbsp tsp hr hrs min mins sec secs yd mi gal qt pt yr yrs mo wk wks".split()
"""May be written with a dot. Inches always are, but behind feet."""
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
ANY_PER = "|".join(sorted(PER, key=len, reverse=True))
UNIT = (
    rf"(?:(?P<dotted>{'|'.join(sorted(DOTTED, key=len, reverse=True))})\.|"
    rf"(?P<unit>{'|'.join(map(re.escape, sorted(UNITS, key=len, reverse=True)))})(?P<power>²|³|\^2|\^3)?(?![\w'’]))"
    rf"(?:/(?P<per>{ANY_PER})(?!\w))?"
)
PART = rf"[{''.join(VULGAR)}]|\d{{1,2}}/\d{{1,2}}"
AMOUNT = (
    rf"(?:(?P<low>{SIGNED})(?:(?:{DASH})(?P<high>{NUMBER}))?(?P<scale_word> (?:hundred|thousand|million|billion|trillion))?"
    rf"(?: ?(?P<part>[{''.join(VULGAR)}])| (?P<parts>\d{{1,2}}/\d{{1,2}}))?"
    rf"|(?<![\w./])(?P<only>{PART}))"
)
DEGREES = {"C": " Celsius", "F": " Fahrenheit", "℃": " Celsius", "℉": " Fahrenheit", "": ""}
ARTICLE = re.compile(r"\b(?:[Aa]n?|[Bb]y) $")
NOUN = re.compile(r"[ -][a-z]")


def many(name: str) -> str:
    """The plural: "kilometer per hour" gives "kilometers per hour"."""
    head, per, rest = name.partition(" per ")
    first, space, last = head.rpartition(" ")
    plural = PLURALS.get(last) or (last if last.endswith("hertz") or head == "P S I" else last + "s")
    return first + space + plural + per + rest


def _amount(match: Match) -> str:
    part = match["only"] or match["part"] or match["parts"]
    if part:
        above, below = VULGAR.get(part) or map(int, part.split("/"))
        return "half a" if (match["only"], above, below) == (part, 1, 2) else mixed(match["low"] or "", above, below)
    return (
        number(match["low"]) + (f" to {number(match['high'])}" if match["high"] else "") + (match["scale_word"] or "")
    )


def _is_single(match: Match) -> bool:
    """Whether the unit is named in the singular: "a 5 ft wall", "1 km", "½ tsp"."""
    if match["only"] or (
        match["low"] == "1" and not (match["scale_word"] or match["high"] or match["part"] or match["parts"])
    ):
        return True
    return behind(match, ARTICLE) and bool(NOUN.match(match.string, match.end()))


def _measure(match: Match) -> str | None:
    unit = match["unit"] or match["dotted"]
    part = match["only"] or match["parts"]
    if (unit in SPACED_ONLY and not match["gap"]) or (part and "/" in part and not is_fraction(*part.split("/"))):
        return None
    name = SQUARES.get(match["power"] or "", "") + UNITS.get(unit, "inch")
    per = f" per {PER[match['per']]}" if match["per"] else ""
    return f"{_amount(match)} {name if _is_single(match) else many(name)}{per}"


def _temperature(match: Match) -> str:
    degrees = "degree" if match["low"] == "1" and not match["high"] else "degrees"
    return f"{_amount(match)} {degrees}{DEGREES[match['scale'] or match['sign'] or '']}"


def _height(match: Match) -> str:
    return f"{cardinal(match[1])} foot {cardinal(match[2])}"


def _feet_and_inches(match: Match) -> str:
    return f"{cardinal(match[1])} {'foot' if match[1] == '1' else 'feet'} {cardinal(match[2])} inches"


def _inches(match: Match) -> str | None:
    if match[2] == '"' and match.string.count('"', 0, match.start()) % 2:
        return None  # it closes a quotation
    single = match[1] == "1" or (behind(match, ARTICLE) and NOUN.match(match.string, match.end()))
    return f"{number(match[1])} {'inch' if single else 'inches'}"


def _part_of_an_inch(match: Match) -> str:
    return f"{mixed(match[1] or '', int(match[2]), int(match[3]))} {'inches' if match[1] else 'inch'}"


def _feet(match: Match) -> str | None:
    if behind(match, re.compile(r"(?<!\w)['‘]")):
        return None  # it closes a quotation
    return f"{number(match[1])} {'foot' if match[1] == '1' else 'feet'}"


def _alone(match: Match) -> str:
    return many(UNITS[match[1]]) + " per " + PER[match[2]]


RULES = [
    rule(rf"{AMOUNT}(?P<gap>[  ]?){UNIT}", _measure),
    rule(rf"{AMOUNT} ?(?:°(?: ?(?P<scale>[CF])\b)?|(?P<sign>[℃℉]))", _temperature),
    rule(r"(?<![\w.])(\d{1,2})['′’] ?(\d{1,2})(?:[\"″”]|''|(?!\w))", _height),
    rule(r"(?<![\w.])(\d{1,3}) ?(?:ft|feet|foot)\.? (\d{1,2}) ?(?:in\b\.?|inches)", _feet_and_inches),
    rule(r"(?<![\w./])(?:(\d{1,3}) )?(\d{1,2})/(\d{1,2})[\"″]", _part_of_an_inch),
    rule(rf"(?<![\w.])({NUMBER})([\"″])(?!\w)", _inches),
    rule(rf"(?<![\w.'’‘])({NUMBER})['′](?= |[.,]|$)", _feet),
    rule(rf"(?<=\w)/({ANY_PER})(?!\w)", lambda match: f" per {PER[match[1]]}"),
    rule(rf"(?<!\w)(k?m|mi|ft|[km]?g|MB|GB)/({ANY_PER})(?!\w)", _alone),
]
