"""What can honestly be said about one answer by counting: the conditions of follow-ups, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pipeline.memory.words import HAN

SHORT_ANSWER = 12
"""Words below which an answer in an interview is short."""

LONG_ANSWER = 220
"""Words above which it is long: some ninety seconds of talking."""

FILLER = re.compile(
    r"\b(?:um+|uh+|er+m?|you know|i mean|sort of|kind of|basically)\b|嗯+|呃+|那个，|就是说|然后呢", re.IGNORECASE
)

_HAN = re.compile(f"[{HAN}]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|thousands?|"
    r"million|percent|half|twice|double[d]?)\b|[二两三四五六七八九十百千万]+[个年月天周人次倍名万元分]|百分之|一半|翻倍",
    re.IGNORECASE,
)
_STORY = re.compile(
    r"\b(?:once|when (?:i|we)|one (?:day|time)|for (?:example|instance)|last (?:year|month|week|summer|spring)|ago)\b|"
    r"有一次|比如|当时|去年|上个?月|那时|例如|前年",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:things?|stuff|various|etc(?:etera)?|somehow|whatever|and so on)\b|之类|等等|一些|各种|差不多", re.IGNORECASE
)
_WE = re.compile(r"\b(?:we|our|us)\b|我们|咱们", re.IGNORECASE)
_I = re.compile(r"\b(?:i|my|me|i['’]\w+)\b|我(?!们)", re.IGNORECASE)


def length(text: str) -> int:
    """How much was said: words, with Chinese counted as two characters to a word and a half-word rounded up."""
    han = len(_HAN.findall(text))
    return len(_WORD.findall(_HAN.sub(" ", text))) + (han + 1) // 2


def often_we(text: str) -> bool:
    """Whether it tells what "we" did, rather than "I"."""
    return len(_WE.findall(text)) > max(1, len(_I.findall(text)))


_OF_ANSWER: Mapping[str, Callable[[str], bool]] = {
    "always": lambda text: True,
    "short": lambda text: length(text) < SHORT_ANSWER,
    "long": lambda text: length(text) > LONG_ANSWER,
    "vague": lambda text: bool(_VAGUE.search(text)),
    "numbers": lambda text: bool(_NUMBER.search(text)),
    "no_numbers": lambda text: not _NUMBER.search(text),
    "we": often_we,
    "fillers": lambda text: len(FILLER.findall(text)) >= 2,
    "story": lambda text: bool(_STORY.search(text)),
    "no_story": lambda text: not _STORY.search(text),
}


def holds(when: str, answer: str) -> bool:
    """Whether a condition holds of one answer; those that are not known here never do."""
    return when in _OF_ANSWER and _OF_ANSWER[when](answer)
