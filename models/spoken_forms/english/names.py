"""Abbreviations, addresses, telephone numbers, versions and Roman numerals in English words."""

from __future__ import annotations

import re

from models.spoken_forms.english.numbers import DIGITS, cardinal, digits, number, ordinal, year
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

DOMAINS = (
    "com org net edu gov mil int info biz io ai app dev me tv cc co uk us eu de fr es it nl be ch"
    " at se no fi dk pl ru cn jp kr"
    " in au ca nz br mx hk tw sg xyz site online tech shop blog"
).split()
FILES = "py js ts json yaml yml toml md txt html css csv tsv pdf png jpg jpeg gif svg zip tar gz exe sh xml".split()
FILES += "doc docx xls xlsx ppt pptx mp3 mp4 wav ini cfg conf log sql rs go java cpp".split()
SPELT = {
    "io",
    "ai",
    "tv",
    "cc",
    "uk",
    "us",
    "eu",
    "de",
    "fr",
    "es",
    "nl",
    "be",
    "ch",
    "se",
    "fi",
    "dk",
    "pl",
    "ru",
    "cn",
}
SPELT |= {
    "jp",
    "kr",
    "au",
    "ca",
    "nz",
    "br",
    "mx",
    "hk",
    "tw",
    "sg",
    "py",
    "js",
    "ts",
    "md",
    "html",
    "css",
    "csv",
    "pdf",
    "png",
}
ADDRESS_SIGNS = {
    ".": "dot",
    "-": "dash",
    "_": "underscore",
    "+": "plus",
    "@": "at",
    "/": "slash",
    ":": "colon",
    "%": "percent",
}
LABEL = r"[A-Za-z0-9](?:[\w-]{0,62}[A-Za-z0-9])?"

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


def _address(match: Match) -> str:
    """Each label of an address, its signs named, its digits one by one."""
    labels = re.findall(r"[A-Za-z]+|\d|[^\W\d_]+|\S", match[0])
    last = len(labels) - 1
    words = []
    for index, label in enumerate(labels):
        spelt = label in SPELT and index and labels[index - 1] == "." and index >= last - 2
        words.append(ADDRESS_SIGNS.get(label) or (_spelt(label) if spelt else _digit(label)))
    return " ".join(words)


def _spelt(label: str) -> str:
    """Letter by letter; an "a" by itself would be an article."""
    return ".".join(label.upper()) if "a" in label else " ".join(label)


def _digit(label: str) -> str:
    return DIGITS[int(label)] if len(label) == 1 and label.isascii() and label.isdigit() else label


def _telephone(match: Match) -> str:
    plus = "plus " if match[0].startswith("+") else ""
    return plus + ", ".join(digits(group) for group in re.findall(r"\d+", match[0]))


def _path(match: Match) -> str:
    return _address(match).replace("~", "tilde")


def _or(match: Match) -> str:
    whole = match.string[max(0, match.start() - 3) : match.end() + 2]
    return " " if whole == "and/or" else " or "


def _times(match: Match) -> str:
    return number(match["it"].removesuffix("x")) + " times"


def _house(match: Match) -> str:
    return year(match["it"])


def _dotted(match: Match) -> str:
    return ("version " if match[1] else "") + " point ".join(cardinal(part) for part in match[2].split("."))


def _internet_address(match: Match) -> str:
    return " dot ".join(digits(part) for part in match[0].split("."))


CODE = (
    r"(?:[Cc]ode|PIN|[Pp]in|ZIP|[Zz]ip|[Pp]assword|[Pp]asscode|[Ee]xtension|[Ff]light|[Aa]gent|[Ee]xt\.)"
    r"(?: (?:is|number))?:? "
)
BEFORE_ROMANS = "Chapters|Parts|Volumes|Acts|Scenes|Books|Sections|Phases|Articles|Levels|Types"
ROMAN_RULES = [
    rule(rf"\b(?:{'|'.join(REGNAL)}) (?P<it>{ROMAN})\b(?!['’.]\w)", _regnal),
    rule(rf"\b({'|'.join(BEFORE_ROMAN)})\.? (?P<it>{ROMAN})\b(?!['’])", _numbered),
    rule(rf"\b([A-Z][\w.]*) (?P<it>(?=[IVX]{{2}}){ROMAN})\b", _numbered),
    rule(rf"\b(?:{BEFORE_ROMANS}) (?P<it>{ROMAN}[–-]{ROMAN})\b", _roman_range),
    rule(rf"\b(?P<it>{ROMAN})(?= (?:century|centuries)\b)", lambda match: ordinal(roman(match["it"]))),
    rule(r"[Ⅰ-Ⅻ]", lambda match: " " + cardinal(ord(match[0]) - 0x215F)),
]
PINYIN = r"(?<![A-Za-z])[a-zü]{1,6}[1-5](?: [a-zü]{1,6}[1-5])+(?!\w)"
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
RULES = [
    rule(rf"\b{HOUSE}(?P<it>(?:{ANY_STREET})\b\.?)", lambda match: STREETS[match["it"].rstrip(".")]),
    rule(
        rf"\b(?P<it>[1-9]\d(?!00)\d\d)(?= (?:[A-Z][a-z]+ ){{1,3}}(?:{ANY_STREET}|{'|'.join(STREETS.values())})\b)",
        _house,
    ),
    rule(r"\b401\(?k\)?(?!\w)", "four oh one k"),
    rule(PINYIN, lambda match: match[0]),
    rule(rf"[\w.+-]{{1,64}}@{LABEL}(?:\.{LABEL}){{1,4}}", _address),
    rule(
        rf"(?<![\w@.-])(?:{LABEL}\.){{1,4}}(?:(?:com|co|org|net|edu|gov)\.[a-z]{{2}}|{'|'.join(DOMAINS + FILES)})"
        r"(?::\d{2,5})?(?![\w@]|\.\w)",
        _address,
    ),
    rule(r"\blocalhost:\d{2,5}", _address),
    rule(r"(?<![\w.])@(?=\w)", "at "),
    rule(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\w)", _internet_address),
    rule(r"(?<![\w.])(?:\+?\d[- ])?\(\d{3}\)[- ]?\d{3}[- ]\d{4}\b", _telephone),
    rule(r"(?<![\w.+-])(?:\+?\d[- ])?\d{3}[-. ]\d{3}[-. ]\d{4}(?:-\d{1,4})?\b(?!-)", _telephone),
    rule(r"(?<![\w.-])\d{3}-\d\d-\d{4}\b(?!-)", _telephone),
    rule(r"(?<![\w.-])\d{3}-\d{4}\b(?!-)", _telephone),
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
    *ROMAN_RULES,
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
    rule(r"(?<![\w/])[a-z]{3,5}://", ""),
    rule(r"(?<![\w/:])~?(?:/[\w.-]{1,64}){2,12}/?", _path),
    rule(r"(?<=[a-z])/(?=[a-z])|(?<=[CF°] )/(?= \d)|(?<=[CF°])/(?=\d)", _or),
    rule(r"(?<!\S)--(?=[a-z])", "dash dash "),
    rule(
        r"(?<![\w.])(?P<it>\d{1,3}(?:\.\d{1,2})?x)(?= (?:as|the|\w{1,9}er|more|less)\b)",
        _times,
    ),
]
