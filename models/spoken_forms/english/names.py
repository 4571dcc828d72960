"""Titles, streets and other abbreviations in English words, and signs between words."""

from __future__ import annotations

from models.spoken_forms.english.numbers import cardinal, number, year
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
    "Art.": "Article", "ca.": "circa", "№": "number ", "Eqs.": "Equations", "eq.": "equation", "eqs.": "equations",
    "Figs.": "Figures", "figs.": "figures", "Tab.": "Table", "Thm.": "Theorem", "Def.": "Definition", "Lem.": "Lemma",
    "Prop.": "Proposition", "Ex.": "Example", "Sect.": "Section", "sec.": "section", "Vols.": "Volumes", "c.": "circa",
    "Chs.": "Chapters", "chs.": "chapters", "nos.": "numbers", "§§": "sections ", "§": "section ", "¶": "paragraph ",
    "Ref.": "Reference", "Refs.": "References", "App.": "Appendix", "Alg.": "Algorithm", "Cor.": "Corollary",
}  # fmt: skip
ANYWHERE = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "etcetera", "etc": "etcetera", "vs.": "versus", "vs": "versus",
    "approx.": "approximately", "Approx.": "Approximately", "dept.": "department", "Dept.": "Department",
    "est.": "estimated",
    "max.": "maximum", "govt.": "government", "cf.": "compare", "et al.": "and others", "w/o": "without",
    "w/": "with ", "b/c": "because", "viz.": "namely", "a.k.a.": "also known as", "E.g.": "For example", "I.e.": "That is",
    "p.a.": "per annum", "w/out": "without", "incl.": "including", "excl.": "excluding", "misc.": "miscellaneous",
    "WWI": "World War One", "WWII": "World War Two", "ext.": "extension", "temp.": "temperature", "tel.": "telephone",
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
COMPASS = {
    "N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "NW": "Northwest", "SE": "Southeast",
    "SW": "Southwest",
}  # fmt: skip
DIRECTION = r"(?:[NS]\.?[EW]|[NSEW])\b\.?"
HOUSE = rf"\d{{1,5}}[A-Za-z]? (?:{DIRECTION} )?(?:[A-Z][a-z]+ |\d+(?:st|nd|rd|th) ){{1,3}}"
WAY = f"(?:{ANY_STREET}|{'|'.join(STREETS.values())}|Way|Place|Terrace|Square|Parkway|Highway|Pl|Ter|Sq|Pkwy|Hwy)"
STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho",
    "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine",
    "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi",
    "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "DC": "D.C",
}  # fmt: skip
WORDS_TOO = ("OK", "HI", "OH", "ME", "OR", "IN")
"""States whose letters are a word too: only before a post code, or behind a place that something is in, to or from."""
PLAIN_STATES = tuple("AK AZ CA FL IL KS KY MN NC ND NH NJ NM NV NY RI TN TX UT VT WA WI WV WY DC".split())
"""States that nothing else is called by: where a clause was cut behind the city, one may begin the next."""
CITY = r"(?:[A-Z][a-z.]+ ){0,2}[A-Z][a-z]+"
EITHER = "he/she|she/he|him/her|his/her|her/his|s/he|yes/no|true/false|on/off|either/or|male/female|win/lose"


def _times(match: Match) -> str:
    return number(match["it"].removesuffix("x")) + " times"


def _house(match: Match) -> str:
    house, direction = match["house"], COMPASS[match["to"].replace(".", "")]
    four = len(house) == 4 and not house.endswith("00")
    return f"{year(house) if four else cardinal(house)} {direction}"


RULES = [
    rule(
        rf"(?<![\w.,])(?P<it>(?P<house>\d{{1,5}}) (?P<to>{DIRECTION}))"
        rf"(?= (?:[A-Z][a-z]+ |\d+(?:st|nd|rd|th) ){{1,3}}{WAY}\b)",
        _house,
    ),
    rule(rf"\b{HOUSE}{WAY}\b\.?,? (?P<it>[NS][EW])(?!\w)", lambda match: COMPASS[match["it"]]),
    rule(
        r"\b(?:miles?|feet|kilometers?|meters?|yards|blocks?|just|\d k?m|\d mi) (?P<it>[NS]?[EW]|[NS])(?= of\b)",
        lambda m: COMPASS[m["it"]].lower(),
    ),
    rule(rf"(?:(?<=[a-z], )|\A)(?P<it>{'|'.join(STATES)})(?= \d{{5}}\b)", lambda match: STATES[match["it"]]),
    rule(rf"\A(?P<it>{'|'.join(PLAIN_STATES)})(?=[.,;!?]|\Z| [a-z])", lambda match: STATES[match["it"]]),
    rule(
        rf"\b{CITY}, (?P<it>{'|'.join(state for state in STATES if state not in WORDS_TOO)})(?![\w'’-])",
        lambda match: STATES[match["it"]],
    ),
    rule(
        rf"\b(?:in|to|from|near|of|at|for|through|around) {CITY}, (?P<it>{'|'.join(WORDS_TOO)})(?![\w'’-])",
        lambda match: STATES[match["it"]],
    ),
    rule(r"(?<=[(,;] )b\.(?= ?\d{4})|(?<=\()b\.(?= ?\d{4})", "born"),
    rule(r"(?<=[(,;] )d\.(?= ?\d{4})|(?<=\()d\.(?= ?\d{4})", "died"),
    rule(r"(?<![\w/])(?:A/B(?![\w/])|a/b(?= test))", "A B"),
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
    table(TITLES, r"(?<!\w)", r"(?= (?:[A-Z]|(?:and|&) M))"),
    table(BEHIND_NAMES, r"(?<=[a-z0-9] )(?<!\. )", r"(?!\w)"),
    table(BEFORE_NUMBERS, r"(?<!\w)", r"(?= ?[(\[]?\d)"),
    table(ANYWHERE, r"(?<![\w./])", r"(?!\w)"),
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
