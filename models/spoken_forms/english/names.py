"""Titles, streets and other abbreviations in English words, and signs between words."""

from __future__ import annotations

from models.spoken_forms.english.numbers import number, year
from models.spoken_forms.rules import Match, rule, table

TITLES = {
    "Dr.": "Doctor", "Dr": "Doctor", "Mr.": "Mister", "Mr": "Mister", "Mrs.": "Missus", "Mrs": "Missus", "Ms.": "Miz",
    "Ms": "Miz", "Prof.": "Professor", "St.": "Saint", "Mt.": "Mount", "Ft.": "Fort", "Gen.": "General", "Col.": "Colonel",
    "Capt.": "Captain", "Lt.": "Lieutenant", "Sgt.": "Sergeant", "Sen.": "Senator", "Rep.": "Representative",
    "Gov.": "Governor", "Rev.": "Reverend", "Hon.": "Honorable", "Pres.": "President", "Messrs.": "Messieurs",
}  # fmt: skip
"""Before a name."""
BEHIND_NAMES = {
    "St.": "Street", "Ave.": "Avenue", "Blvd.": "Boulevard", "Rd.": "Road", "Dr.": "Drive", "Ln.": "Lane", "Jr.": "Junior",
    "Sr.": "Senior", "Inc.": "Incorporated", "Ltd.": "Limited", "Corp.": "Corporation",
    "Co.": "Company", "Bros.": "Brothers", "Jr": "Junior",
}  # fmt: skip
BEFORE_NUMBERS = {
    "No.": "Number", "no.": "number", "Nos.": "Numbers", "Vol.": "Volume", "vol.": "volume", "pp.": "pages", "p.": "page",
    "Ch.": "Chapter", "ch.": "chapter", "Sec.": "Section", "Fig.": "Figure", "fig.": "figure", "Eq.": "Equation",
    "Art.": "Article", "ca.": "circa", "№": "number ",
}  # fmt: skip
ANYWHERE = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "etcetera", "etc": "etcetera", "vs.": "versus", "vs": "versus",
    "approx.": "approximately", "Approx.": "Approximately", "dept.": "department", "Dept.": "Department",
    "est.": "estimated",
    "max.": "maximum", "govt.": "government", "cf.": "compare", "et al.": "and others", "w/o": "without",
    "w/": "with ", "b/c": "because", "viz.": "namely", "a.k.a.": "also known as", "E.g.": "For example", "I.e.": "That is",
    "p.a.": "per annum", "w/out": "without", "incl.": "including", "excl.": "excluding", "misc.": "miscellaneous",
    "temp.": "temperature", "tel.": "telephone",
}  # fmt: skip

STREETS = {
    "St": "Street",
    "Ave": "Avenue",
    "Rd": "Road",
    "Dr": "Drive",
    "Blvd": "Boulevard",
    "Ln": "Lane",
    "Ct": "Court",
}
ANY_STREET = "|".join(STREETS)
HOUSE = r"\d{1,5}[A-Za-z]? (?:[NSEW]\.? )?(?:[A-Z][a-z]+ |\d+(?:st|nd|rd|th) ){1,3}"
EITHER = "he/she|she/he|him/her|his/her|her/his|s/he|yes/no|true/false|on/off|either/or|male/female|win/lose"


def _times(match: Match) -> str:
    return number(match["it"].removesuffix("x")) + " times"


RULES = [
    rule(rf"\b{HOUSE}(?P<it>(?:{ANY_STREET})\b\.?)", lambda match: STREETS[match["it"].rstrip(".")]),
    rule(
        rf"\b(?P<it>[1-9]\d(?!00)\d\d)(?= (?:[A-Z][a-z]+ ){{1,3}}(?:{ANY_STREET}|{'|'.join(STREETS.values())})\b)",
        lambda match: year(match["it"]),
    ),
    rule(r"(?<![\w.])Ph\.D\b\.?", "P.H.D"),
    rule(r"(?<![\w.])(?:[A-Z]\.){1,5}[A-Z](?P<it>\.)(?= [a-z])", ""),
    rule(
        r"(?<![\w.])[A-Z](?P<it>\.)(?= (?:[A-Z][a-z]|[A-Z]\.))(?! (?:The|It|He|She|We|You|They|But|And|This|That)\b)",
        "",
    ),
    table(TITLES, r"(?<!\w)", r"(?= (?:[A-Z]|and M))"),
    table(BEHIND_NAMES, r"(?<=[a-z0-9] )(?<!\. )", r"(?!\w)"),
    table(BEFORE_NUMBERS, r"(?<!\w)", r"(?= ?\d)"),
    table(ANYWHERE, r"(?<![\w.])", r"(?!\w)"),
    table({"w/": "with"}, r"(?<!\w)", r"(?= \w)"),
    rule(r"(?<!\w)w/(?=[a-z]{2})", "with "),
    rule(rf"\b(?:{EITHER})\b", lambda match: match[0].replace("/", " or ")),
    rule(r"(?<=[CF°] )/(?= \d)|(?<=[CF°])/(?=\d)", " or "),
    rule(r"(?<=[a-z])/(?=[a-z])", " "),
    rule(r"(?<!\S)--(?=[a-z])", "dash dash "),
    rule(
        r"(?<![\w.])(?P<it>\d{1,3}(?:\.\d{1,2})?x)(?= (?:as|the|\w{1,9}er|more|less)\b)",
        _times,
    ),
]
