"""Roman numerals in English words, where they are numbers."""

from __future__ import annotations

import re

from models.spoken_forms.english.numbers import cardinal, ordinal
from models.spoken_forms.rules import Match, rule

REGNAL = (
    "Henry Louis Elizabeth Charles George Edward James William Richard Philip Ferdinand Frederick Napoleon Alexander"
    " Nicholas Peter Catherine Paul Pius Benedict Gregory Leo Innocent Clement John Francis Ramses Otto Ivan Mary Gustav"
    " Christian Carlos Alfonso Pedro Ptolemy Wilhelm Victor Darius Xerxes Philippe Juan Felipe Margaret Robert Baldwin"
    " Christina Leopold Albert Haakon Olav Umberto Emmanuel Boniface Urban Sixtus Julius Adrian Stephen Malcolm Harald"
).split()
BEFORE_ROMAN = (
    "Chapter Part Volume Vol Act Scene Book Section Phase Type Level War Article Appendix Step"
    " Class Stage Episode Season Unit"
    " Lesson Figure Table Title Grade Bowl Symphony Sonata Division Group Column Category Mark Page Canto Verse Round Game"
    " Amendment Form Schedule Annex Tier chapter part volume act scene book section phase type level article stage"
).split()
BEFORE_ROMAN += [word.upper() for word in "Chapter Part Volume Act Scene Book Section".split()]
NO_NAMES = (
    "The My An A Your His Her Our Their This That No On By With If As At To Of For In Is And Or But Some One I".split()
)
ROMAN = r"(?=[IVXLCDM])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?<=[IVXLCDM])"
ROMANS = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}


def roman(text: str) -> int:
    """ "XIV" is 14."""
    values = [ROMANS[letter] for letter in text]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))


KING_GOES_ON = re.compile(r"$|[^ \w]| (?:of|was|is|who|and|had|ruled|reigned|died|became|with|in|from)\b| [A-Z]")


def _regnal(match: Match) -> str | None:
    if match["it"] == "I" and not KING_GOES_ON.match(match.string, match.end()):
        return None  # "to Henry I say"
    return "the " + ordinal(roman(match["it"]))


def _roman_range(match: Match) -> str:
    return " to ".join(cardinal(roman(end)) for end in re.split("[–-]", match["it"]))


def _numbered(match: Match) -> str | None:
    return None if match[1] in NO_NAMES else cardinal(roman(match["it"]))


BEFORE_ROMANS = "Chapters|Parts|Volumes|Acts|Scenes|Books|Sections|Phases|Articles|Levels|Types"
RULES = [
    rule(rf"\b(?:{'|'.join(REGNAL)}) (?P<it>{ROMAN})\b(?!['’.]\w)", _regnal),
    rule(rf"\b({'|'.join(BEFORE_ROMAN)})\.? (?P<it>{ROMAN})\b(?!['’])", _numbered),
    rule(rf"\b([A-Z][\w.]*) (?P<it>(?=[IVX]{{2}}){ROMAN})\b", _numbered),
    rule(rf"\b(?:{BEFORE_ROMANS}) (?P<it>{ROMAN}[–-]{ROMAN})\b", _roman_range),
    rule(rf"\b(?P<it>{ROMAN})(?= (?:century|centuries)\b)", lambda match: ordinal(roman(match["it"]))),
    rule(r"[Ⅰ-Ⅻ]", lambda match: " " + cardinal(ord(match[0]) - 0x215F)),
]
