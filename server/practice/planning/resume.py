"""Sentences of a CV that are worth asking about: what somebody did, with numbers or verbs of doing. By rules, pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

SHORTEST, LONGEST = {"en": 20, "zh": 8}, {"en": 160, "zh": 60}
"""Characters of a quote that can be said aloud and still be remembered."""

MOST_READ = 20_000

ACTIONS = {
    "en": re.compile(
        r"\b(?:achiev|automat|built|build|creat|cut|deliver|design|develop|doubl|establish|found|grew|halv|implement|"
        r"improv|increas|introduc|launch|led\b|lead|manag|mentor|migrat|negotiat|optimi|organi|own|raised|redesign|reduc|"
        r"rewrote|saved|scal|shipp|sold|speed|sped|start|taught|train|tripl|won\b|wrote)\w*",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"负责|主导|带领|领导|搭建|建立|设计|开发|实现|优化|提升|提高|降低|减少|增长|推动|完成|创建|策划|组织|培训|获得|节省|上线|重构"
    ),
}

NUMBER = re.compile(r"\d")
MEASURED = re.compile(
    r"\d[\d.,]*\s*(?:%|％|percent|x\b|k\b|m\b|million|users|people|customers|倍|万|亿|人|个|名|天)|[$€£¥]\s?\d"
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

CONTACT = re.compile(
    r"@|https?:|www\.|(?<!\d)\+?\d[\d\s()-]{8,}\d|linkedin|github\.com|电话|手机|邮箱|微信", re.IGNORECASE
)
"""Of addresses nobody is asked, and nothing is spoken aloud."""

BULLET = re.compile(r"^[\s•·*\-–—‣▪●○◦>#\d.)(]*(?=\S)")
SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])")
CLAUSE = re.compile(r"[,;:，；：]|\s[-–—]\s|\band\b")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def achievements_in(resume: str, language: str, most: int) -> Sequence[str]:
    """At most so many quotes of a CV, those that say most first; each stands in it exactly so.

    language: that they are read aloud in; what is written in another is left to a language model.
    """
    found = [(-_weight(quote, language), number, quote) for number, quote in enumerate(_quotes(resume, language))]
    best = [quote for weight, _, quote in sorted(found) if weight <= -2]
    return list(dict.fromkeys(quote for quote in best if quote in resume))[:most]


def _quotes(resume: str, language: str) -> Iterator[str]:
    for line in resume[:MOST_READ].splitlines():
        for sentence in SENTENCE.split(line):
            text = _shortened(BULLET.sub("", sentence).rstrip(" .。;；"), LONGEST[language])
            if len(text) >= SHORTEST[language] and _written_in(text, language) and not CONTACT.search(text):
                yield text


def _shortened(text: str, longest: int) -> str:
    """As much of a sentence as can be quoted: up to its last clause that fits."""
    if len(text) <= longest:
        return text
    ends = [clause.start() for clause in CLAUSE.finditer(text) if clause.start() <= longest]
    return text[: ends[-1]].rstrip() if ends else ""


def _written_in(text: str, language: str) -> bool:
    chinese = len(CHINESE.findall(text))
    return chinese >= len(text) * 0.3 if language == "zh" else chinese == 0


def _weight(text: str, language: str) -> int:
    """How much it says of what somebody did: two for a verb of doing, one for a number, two for a measured one."""
    undated = YEAR.sub("", text)
    number = 2 if MEASURED.search(undated) else 1 if NUMBER.search(undated) else 0
    return number + 2 * bool(ACTIONS[language].search(text))
