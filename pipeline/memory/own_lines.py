"""What a character said of itself, so that it can be held to it. Pure.

Only statements in the first person count, and none that is about the person who listens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.text.language import language_of

SHORTEST, LONGEST, LONGEST_LINE = 8, 160, 4_000

_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_TELLS = re.compile(
    r"\b(?:i (?:was|were|grew|lived?|have|had|once|never|always|used to|studied|work(?:ed)?|own(?:ed)?|love|hate|prefer|"
    r"came|come from|learn(?:ed|t)|travel+ed|married|play(?:ed)?|collect)|i['’]m from|"
    r"i['’]ve (?:been|had|lived|never|always)|"
    r"my (?:\w+ )?(?:mother|father|mum|dad|brother|sister|wife|husband|son|daughter|family|childhood|home|house|dog|cat|"
    r"teacher|name|birthday|favou?rite))\b",
    re.IGNORECASE,
)
_HAN_TELLS = re.compile(
    "我(?:是|在|有|小时候|从小|曾经?|以前|出生|长大|住|来自|喜欢|讨厌|爱|从来|一直|学过|养|去过|结)|"
    "我的?(?:妈妈|爸爸|母亲|父亲|哥哥|姐姐|弟弟|妹妹|妻子|丈夫|儿子|女儿|家|童年|老家|狗|猫|老师|名字|生日)"
)
_NOT_OF_ITSELF = re.compile(
    r"\b(?:you|your|yours|yourself|we|us|our|if|would|could|hear|sorry|think|see|understand|wonder|hope|guess|mean|"
    r"afraid|here)\b|[你您咱]|如果|要是|我觉得|我想|抱歉|在听|我在这",
    re.IGNORECASE,
)


def own_lines(said: str) -> Iterator[str]:
    """The sentences of a line in which the character tells of itself, as they were said."""
    for match in _SENTENCE.finditer(said[:LONGEST_LINE]):
        sentence = match[0].strip()
        if (
            sentence.endswith(("?", "？"))
            or not SHORTEST <= len(sentence) <= LONGEST
            or _NOT_OF_ITSELF.search(sentence)
        ):
            continue
        tells = _HAN_TELLS if language_of(sentence) == "zh" else _TELLS
        if tells.search(sentence):
            yield sentence
