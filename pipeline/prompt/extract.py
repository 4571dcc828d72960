"""A summary without a language model: the sentences of the person that tell most of them, in their own words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.conversation.summary import SummarySentence
from pipeline.text.tokens import tokens_of

_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
_READ, _LONGEST = 20_000, 300
"""Characters of what was said at once that are read, and of a sentence that are kept; a longer one is no sentence."""

_WORTH: tuple[tuple[int, re.Pattern[str]], ...] = (
    (8, re.compile(r"\b(?:remember|don't forget|do not forget)\b|记住|别忘|不要忘", re.I)),
    (6, re.compile(r"\b(?:my name(?:'s| is)|i(?:'m| am) called|call me)\b|我叫|我的名字|叫我|我姓", re.I)),
    (
        5,
        re.compile(
            r"\b(?:i|we)(?:'m| am| are)? (?:really |also |just |always )?(?:like|love|hate|prefer|enjoy|want|plan|hope|"
            r"dream|work|live|study|have (?:an?|no|two|three|four)|allergic|afraid|come from|grew up|was born|moved)\b|"
            r"\b(?:favou?rite|allergic)\b|"
            r"喜欢|最爱|讨厌|不爱|不吃|过敏|害怕|希望|打算|想要|梦想|住在|来自|出生|老家|工作|上班|学习|毕业",
            re.I,
        ),
    ),
    (
        5,
        re.compile(
            r"\bmy (?:\w+ )?(?:wife|husband|partner|mother|mum|mom|father|dad|sister|brother|son|daughter|child|children|"
            r"friend|boss|dog|cat|job|birthday|wedding)\b|我(?:的)?(?:妻子|老婆|丈夫|老公|妈妈|爸爸|母亲|父亲|姐姐|妹妹|"
            r"哥哥|弟弟|儿子|女儿|孩子|朋友|老板|狗|猫|生日)",
            re.I,
        ),
    ),
    (
        2,
        re.compile(
            r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:january|february|march|april|june|july|august|september|"
            r"october|november|december|tomorrow|birthday|wedding|next (?:week|month|year))\b|"
            r"星期|周[一二三四五六日]|[一二三四五六七八九十\d]+[月号日点岁年]|明天|后天|下周|下个?月|明年|生日|婚礼",
            re.I,
        ),
    ),
    (
        2,
        re.compile(
            r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|"
            r"thousand|million|first|second|third)\b|[一二两三四五六七八九十百千万]+[个只条位岁年次天块]",
            re.I,
        ),
    ),
    (2, re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+")),
    (1, re.compile(r"\b(?:I|my|me|mine|we|our)\b|我")),
    (-4, re.compile(r"[?？]\s*$|[吗呢][。！]?\s*$")),
)
"""What makes a sentence worth keeping, each once: what is asked for, names, likes and plans, people, dates, numbers."""

LEAST = 3
"""Worth from which on a sentence is kept at all: "I see" and "my turn" are not."""


def worth_of(sentence: str) -> int:
    """How much a sentence tells of who said it."""
    return sum(worth for worth, pattern in _WORTH if pattern.search(sentence))


def sentences_of(text: str, item_id: str) -> list[SummarySentence]:
    """The sentences of what was said in an item."""
    parts = (part.strip() for part in _END.split(text[:_READ]))
    return [SummarySentence(part[:_LONGEST], (item_id,)) for part in parts if part]


def extracted(sentences: Sequence[SummarySentence], tokens: int, least: int = LEAST) -> list[SummarySentence]:
    """Those of the sentences that are worth most, and at least so much, and fit into the tokens: in order, each once."""
    whole = _each_once(sentences)
    ranked = sorted(((-worth_of(each.text), place) for place, each in enumerate(whole)))
    kept = set[int]()
    for worth, place in ranked:
        if -worth >= least and (needed := size_of(whole[place])) <= tokens:
            kept.add(place)
            tokens -= needed
    return [whole[place] for place in sorted(kept)]


def size_of(sentence: SummarySentence) -> int:
    """Tokens of a sentence as a line of the summary."""
    return tokens_of(sentence.text) + 2


def _each_once(sentences: Sequence[SummarySentence]) -> list[SummarySentence]:
    """What was said several times, as said last, with all the items that it comes from."""
    found = dict[str, SummarySentence]()
    for sentence in sentences:
        key = "".join(filter(str.isalnum, sentence.text.lower()))
        before = found.pop(key, None)
        items = dict.fromkeys((*(before.items if before else ()), *sentence.items))
        found[key] = SummarySentence(sentence.text, tuple(items))
    return list(found.values())
