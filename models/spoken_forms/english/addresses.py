"""Addresses of mail, pages, machines and files in English words."""

from __future__ import annotations

import re

from models.spoken_forms.english.numbers import DIGITS, digits
from models.spoken_forms.rules import Match, rule

DOMAINS = (
    "com org net edu gov mil int info biz io ai app dev me tv cc co uk us eu de fr es it nl be ch"
    " at se no fi dk pl ru cn jp kr"
    " in au ca nz br mx hk tw sg xyz site online tech shop blog"
).split()
FILES = "py js ts json yaml yml toml md txt html css csv tsv pdf png jpg jpeg gif svg zip tar gz exe sh xml".split()
FILES += "doc docx xls xlsx ppt pptx mp3 mp4 wav ini cfg conf log sql rs go java cpp".split()
SPELT = frozenset(
    "io ai tv cc uk us eu de fr es nl be ch se fi dk pl ru cn jp kr au ca nz br mx hk tw sg py js ts md html css csv pdf"
    " png".split()
)
"""Said letter by letter, at the end."""
SIGNS = {".": "dot", "-": "dash", "_": "underscore", "+": "plus", "@": "at", "/": "slash", ":": "colon", "~": "tilde"}
LABEL = r"[A-Za-z0-9](?:[\w-]{0,62}[A-Za-z0-9])?"


def _address(match: Match) -> str:
    """Each label of an address, its signs named, its digits one by one."""
    labels = re.findall(r"[A-Za-z]+|\d|[^\W\d_]+|\S", match[0])
    last = len(labels) - 1
    words = []
    for index, label in enumerate(labels):
        spelt = label in SPELT and index and labels[index - 1] == "." and index >= last - 2
        words.append(SIGNS.get(label) or (_spelt(label) if spelt else _digit(label)))
    return " ".join(words)


def _spelt(label: str) -> str:
    """Letter by letter; an "a" by itself would be an article."""
    return ".".join(label.upper()) if "a" in label else " ".join(label)


def _digit(label: str) -> str:
    return DIGITS[int(label)] if len(label) == 1 and label.isascii() and label.isdigit() else label


def _internet_address(match: Match) -> str:
    return " dot ".join(digits(part) for part in match[0].split("."))


RULES = [
    rule(rf"[\w.+-]{{1,64}}@{LABEL}(?:\.{LABEL}){{1,4}}", _address),
    rule(
        rf"(?<![\w@.-])(?:{LABEL}\.){{1,4}}(?:(?:com|co|org|net|edu|gov)\.[a-z]{{2}}|{'|'.join(DOMAINS + FILES)})"
        r"(?::\d{2,5})?(?![\w@]|\.\w)",
        _address,
    ),
    rule(r"\blocalhost:\d{2,5}", _address),
    rule(r"(?<![\w.])@(?=\w)", "at "),
    rule(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\w)", _internet_address),
    rule(r"(?<![\w/])[a-z]{3,5}://", ""),
    rule(r"(?<![\w/:])~?(?:/[\w.-]{1,64}){2,12}/?", _address),
]
