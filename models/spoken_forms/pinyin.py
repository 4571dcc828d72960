"""Pinyin whose tones are digits, with the marks that voices and people read: "ni3 hao3" is "nǐ hǎo"."""

from __future__ import annotations

import re

from models.spoken_forms.rules import Match, Rule, rule

_INITIAL = "(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])"
_FINAL = (
    "(?:iang|iong|uang|iao|ian|ing|ang|eng|ong|uai|uan|[uü]e|üan|ai|ei|ao|ou|an|en|er|ia|ie|iu|in|ua|uo|ui|un|ün|u:e|u:|ve"
    "|[aeiouüv])"
)
_SYLLABLE = rf"{_INITIAL}?{_FINAL}[1-5]"
_NUMBERED = re.compile("([a-zü:]+)([1-5])")
_MARKS = dict(zip("aeiouü", ("āáǎàa", "ēéěèe", "īíǐìi", "ōóǒòo", "ūúǔùu", "ǖǘǚǜü"), strict=True))


def _marked(match: Match) -> str:
    """Its tone stands over a or e, over the o of "ou", else over the last vowel."""
    letters, tone = match[1].replace("u:", "ü").replace("v", "ü"), int(match[2])
    at = next((letters.index(part) for part in ("a", "e", "ou") if part in letters), -1)
    at = at if at >= 0 else max(letters.rfind(vowel) for vowel in _MARKS)
    return letters[:at] + _MARKS[letters[at]][tone - 1] + letters[at + 1 :]


def spelt(match: Match) -> str:
    """A run of syllables with their marks."""
    return _NUMBERED.sub(_marked, match[0])


SEVERAL: Rule = rule(rf"(?<![\w:])(?:{_SYLLABLE}[ '’-]?)+{_SYLLABLE}(?!\w)", spelt)
"""Two or more, which nothing else looks like."""
ONE: Rule = rule(rf"(?<![\w:-]){_INITIAL}{_FINAL}[1-5](?![\w.])", spelt)
"""One by itself, in Chinese text."""
