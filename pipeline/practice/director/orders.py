"""What a person orders in the middle of a practice, told by the wording: slower, again, "how do I say …", skip.

Precise rather than complete: a whole utterance must be an order, with nothing around it but politeness. An answer that is
taken for an order is lost, while an order that is missed is answered by the model, or said again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.practice.director.conditions import length
from pipeline.text.language import is_han

OrderKind: TypeAlias = Literal[
    "again", "slower", "rephrase", "explain", "translate", "how_to_say", "hint", "skip", "stop", "time"
]

LONGEST = 160
"""Characters of an utterance that may be an order."""

MOST_BEFORE = 12
"""Words that may be said before "How do I say …?" without its being part of a story."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted. about: of "how do I say …" the words in question, of "what does … mean" likewise; often empty."""

    kind: OrderKind
    about: str = ""


_LEAD = (
    r"(?:(?:um+|uh+|er+m?|hm+|oh|ok(?:ay)?|well|so|wait|hey|hi|hello|sorry|i'?m sorry|excuse me|pardon me|pardon|please|"
    r"no|yes|yeah|actually|maybe|but|and) )*"
)
_ASK = (
    r"(?:(?:can|could|would|will|may|might|shall) (?:you|we|i) |would you mind |do you mind |"
    r"i(?:'?d| would)? (?:like|want|need) (?:you )?to |let'?s |let us |you can |you could )?"
    r"(?:(?:please|just|maybe|possibly|kindly) )*"
)
_TAIL = (
    r"(?: (?:please|thanks|thank you|for me|to me|now|then|sorry|here|ok(?:ay)?|instead|a (?:little )?bit|a little|"
    r"if (?:you can|you could|you don'?t mind|possible|that'?s ok(?:ay)?)))*"
)
_IT = r"(?:that|it|this)"
_LINE = (
    rf"(?:{_IT}|(?:that|this|the|your)(?: (?:last|first|whole|previous))? (?:question|sentence|line|part|"
    rf"phrase|word|one|bit)|"
    r"what you (?:just )?said)"
)
_TONGUE = r"(?:english|chinese|mandarin)"

_ENGLISH: Mapping[OrderKind, str] = {
    "again": (
        rf"(?:repeat|repeating)(?: (?:{_LINE}|yourself))?(?: (?:again|once more|one more time))?|"
        rf"(?:say|saying|read|ask|tell me) {_LINE} (?:again|once more|one more time|another time)|"
        r"what(?:'?s| is| was) (?:the|your) question(?: again)?|what did you (?:just )?(?:say|ask)|what was that|"
        r"come again|once more|one more time|again|pardon|pardon me|(?<!no )(?<!yes )(?<!yeah )sorry|what|"
        rf"i (?:didn'?t|did not|couldn'?t|could not|can'?t) (?:quite |really )?(?:catch|hear) (?:{_LINE}|you)(?: well)?|"
        r"i missed (?:that|(?:that|this|the|your)(?: last)? (?:question|sentence|line|part|word)|what you (?:just )?said)"
    ),
    "slower": (
        rf"(?:(?:speak|talk|go|read|say)(?: {_LINE})?(?: again)? )?(?:a (?:little )?bit |a little |a lot |more |much )?"
        r"(?:slower|slowly|more slowly)|(?:slow|slowing) (?:it )?down|"
        r"(?:you(?:'?re| are)|you) (?:speak(?:ing)? |talk(?:ing)? |go(?:ing)? )?(?:too|so|very) fast(?: for me)?|"
        r"(?:that|it)(?:'?s| is| was) too fast(?: for me)?|too fast|not so fast"
    ),
    "rephrase": (
        rf"(?:say|saying|put|putting|ask|asking) {_LINE} (?:in another way|another way|differently|more simply|"
        r"in (?:a )?(?:other|another|different|simpler|easier|simple) (?:words?|way))|"
        rf"rephrase(?: {_LINE})?|rephrasing(?: {_LINE})?|(?:in|use) (?:other|simpler|easier|different) words"
    ),
    "explain": (
        rf"(?:explain|explaining)(?: (?:{_LINE}|what (?:you mean|{_IT} means)))?(?: again)?|"
        rf"what do you mean(?: by {_IT})?|what does {_LINE} mean|"
        r"what does (?:the word )?(?P<about>\S+(?: \S+){0,3}) mean|what(?:'?s|"
        r" is) the meaning of (?P<about2>\S+(?: \S+){0,3})|"
        rf"i (?:don'?t|do not|didn'?t|did not) (?:really |quite )?(?:understand|get)(?: (?:{_LINE}|you|what you mean))?"
    ),
    "translate": (
        rf"(?:translate|translating)(?: {_LINE})?(?: (?:in)?to {_TONGUE})?|"
        rf"(?:say|what(?:'?s| is)|what does|put|tell me) {_LINE}(?: mean)? in {_TONGUE}|in {_TONGUE}"
    ),
    "hint": (
        r"(?:give me |have |get |i need |i want |show me )?(?:a |one |some |another )?(?:hint|tip|clue)|"
        r"(?:give me )(?:an? |some )?(?:help|example|idea)|i need (?:some )?help|"
        r"help(?: me)?(?: out)?(?: with (?:that|it|this))?|"
        r"i(?:'?m| am) stuck|what (?:should|can|could|do) i (?:say|answer)|i (?:don'?t|do not) know what to (?:say|answer)"
    ),
    "how_to_say": (
        rf"how (?:do|would|can|could|should) (?:you|i|we|one) (?:say|call|express|put) "
        rf"(?!{_IT}\b(?! in {_TONGUE}))(?P<about>.+?)(?: in {_TONGUE})?|"
        rf"how to (?:say|call|express) (?P<about2>.+?)(?: in {_TONGUE})?|"
        rf"what(?:'?s| is) (?:the )?(?:{_TONGUE}|{_TONGUE} word|word) for (?P<about3>.+)|"
        rf"what(?:'?s| is| do you call) (?P<about4>(?!(?:that|it|this)\b).+?) in {_TONGUE}"
    ),
    "skip": (
        r"(?:skip|skipping)(?: (?:it|(?:this|that)(?: one| question)?|the question|to the next(?: one| question)?))?|pass|"
        r"next|(?:the )?next (?:question|one)|move on(?: to (?:the|another) (?:next )?(?:question|one))?|"
        r"(?:go|do)(?: on)?(?: to)? (?:the next|another) (?:question|one)|"
        r"i(?:'?d| would) (?:rather|prefer to|like to) (?:not answer(?: that)?|skip(?: (?:it|this|"
        r"that)(?: one| question)?)?)"
    ),
    "stop": (
        r"(?:stop|finish|end|quit)(?: (?:the |this )(?:interview|practice|lesson|exercise|conversation|"
        r"session)| here| now| it)?"
        r"(?: (?:here|now|there))?|that'?s enough for (?:today|now)|i(?:'?m| am) done (?:for today|practi[sc]ing)"
    ),
    "time": (
        r"how (?:much (?:more )?time|many (?:more )?(?:minutes|questions))"
        r"(?: (?:do|have) (?:we|i)(?: still)?(?: (?:have|got))?| is| are(?: there)?)?(?: still)? left|"
        r"how long (?:do we have|have we got|is) left"
    ),
}

_LEAD_ZH = (
    r"(?:不好意思|对不起|抱歉|那个|嗯+|呃+|哦+|啊|喂|请问|请|麻烦|等等|等一下|老师|"
    r"你好|您好|但是|可是|我想|我要|我们|咱们|先)*"
)
_ASK_ZH = r"(?:(?:你|您)?(?:能不能|可不可以|可以|能|可否|帮我|给我|请|麻烦|再)?(?:你|您)?(?:帮我|给我|请|麻烦)?)?"
_TAIL_ZH = r"(?:好吗|行吗|可以吗|好不好|行不行|可不可以|谢谢|一下|一遍|吗|吧|呢|啊|呀|了|哈|好)*"
_LINE_ZH = r"(?:这|那|刚才那|刚才这|你的|刚才的|上一)?(?:个|句|道)?(?:问题|话|句话|句|题)"
_TONGUE_ZH = r"(?:英语|英文|中文|汉语|普通话)"

_CHINESE: Mapping[OrderKind, str] = {
    "again": (
        rf"(?:再|重新)?(?:说|讲|问|来|念|读)(?:一[遍次下])(?:{_LINE_ZH})?|再(?:说|讲|问)(?:一[遍次下])?|"
        rf"重复(?:一[下遍次])?(?:{_LINE_ZH})?|我?(?:刚才)?没(?:有)?听(?:清楚?|见|到|清你说什么)(?:{_LINE_ZH})?|"
        r"你?(?:刚才|刚刚)?(?:说|讲|问)(?:的是)?了?(?:什么|啥)|问题是(?:什么|啥)(?:来着)?|什么|啥"
    ),
    "slower": (
        r"(?:说|讲)?得?再?慢(?:一)?(?:点|些)儿?(?:说|讲)?|你?(?:说|讲|语速)?得?太快|慢慢(?:说|讲)|"
        r"别(?:说|讲)?(?:那么|这么)快"
    ),
    "rephrase": (
        rf"换(?:一)?(?:个|种)(?:说法|方式|问法)(?:说|问)?(?:{_LINE_ZH})?|(?:说|讲)得?简单(?:一)?点儿?|"
        r"用?(?:更)?简单(?:一点)?的(?:话|词)(?:说|讲)?"
    ),
    "explain": (
        rf"解释(?:一下)?(?:{_LINE_ZH}|这个|那个)?|(?:{_LINE_ZH}|这个词|那个词|这个|那个|这|那|它)?是?什么意思|"
        r"(?P<about>[^，。！？、]{1,12}?)是什么意思|"
        rf"我?(?:没有?|不太?|不是很|听不)(?:听)?(?:懂|明白|理解)(?:你的意思|你说的|{_LINE_ZH}|这个)?"
    ),
    "translate": (
        rf"翻译(?:一下)?(?:成{_TONGUE_ZH})?(?:{_LINE_ZH}|它)?|把?(?:{_LINE_ZH}|它)翻译(?:成{_TONGUE_ZH})?|"
        rf"用{_TONGUE_ZH}(?:再)?(?:说|讲)(?:{_LINE_ZH})?|(?:{_LINE_ZH}|这个)?用?{_TONGUE_ZH}(?:是什么意思)"
    ),
    "hint": (
        r"给?(?:我)?(?:一)?(?:个|点)?提示(?:一下)?|提示(?:我)?一?下?|帮(?:帮|一下)?我|我?(?:该|应该|要)(?:怎么|如何)(?:说|回答)|"
        r"我?卡住|我?不知道(?:该|要|应该)?(?:怎么)?(?:说|回答)(?:什么|啥|好)?|给我(?:举)?(?:一)?个例子"
    ),
    "how_to_say": (
        rf"(?P<about>.+?)(?:用|在)?{_TONGUE_ZH}里?面?(?:该|应该|要)?(?:怎么|如何)(?:说|讲|表达)|"
        rf"(?:用)?{_TONGUE_ZH}(?:该|应该|要)?(?:怎么|如何)(?:说|讲|表达)(?P<about2>.+?)|"
        r"怎么说(?![呢吧啊呀服话])(?P<about3>.+?)|(?P<about4>(?!(?:我|你|您|他|她|该|应该|要|这|那|这个|那个)(?:该|要)?怎).+?)怎么说"
    ),
    "skip": (
        rf"跳过(?:{_LINE_ZH}|它|这个)?|下一(?:题|个|道)(?:问题|题)?|换(?:一)?(?:个|道)(?:题|问题)|过|"
        rf"我?不(?:想)?回答(?:{_LINE_ZH}|这个)"
    ),
    "stop": (
        r"(?:结束|停止)(?:面试|练习|对话)?|就?到(?:这里|这儿|此为止)|我?不想?练(?:习)?|(?:今天)?先?(?:停|结束|练)到这(?:里|儿)|别练"
    ),
    "time": (r"还?(?:剩下?|有)(?:多少|多长)时间|还?剩(?:下)?(?:几|多少)(?:个问题|分钟|道?题)|时间还(?:剩|有)多少"),
}

_PLAIN = re.compile(r"[^\w\s']|_")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*(?=\S)")

_ENGLISH_ORDERS = {
    kind: re.compile(f"{_LEAD}(?:{_ASK})(?:{pattern}){_TAIL}", re.IGNORECASE) for kind, pattern in _ENGLISH.items()
}
_CHINESE_ORDERS = {
    kind: re.compile(f"{_LEAD_ZH}{_ASK_ZH}(?:{pattern}){_TAIL_ZH}") for kind, pattern in _CHINESE.items()
}

_PRACTICE = re.compile(
    r"\b(?:practi[sc](?:e|ing)|interview|lesson|exercise|session|conversation|question|skip(?:ping)?|hint|today)\b|"
    r"练|面试|对话|问题|题|跳过|提示",
    re.IGNORECASE,
)

_STUCK = re.compile(
    rf"{_LEAD}(?:honestly )?(?:i (?:really |just )?(?:don'?t|do not) (?:really )?know|(?:i have )?no idea|"
    rf"(?:i'?m |i am )?not sure|"
    r"i can'?t (?:think of (?:anything|one|any)|remember)|i (?:don'?t|do not) remember)"
    r"(?: (?:sorry|honestly|really|about that|right now))*|"
    r"(?:嗯|呃|抱歉|对不起|不好意思|这个|我)*(?:真的?)?(?:不知道|不太?清楚|没(?:有)?(?:什么)?想法|想不(?:出来|起来|到)|不会说|说不好|不记得)[了啊呢吧]*",
    re.IGNORECASE,
)


def order_in(text: str, language: str, own_language: str) -> Order | None:
    """The order that `text` is, in the language that is practised or in the person's own; None for all else."""
    if not text.strip():
        return None
    known = {tag.partition("-")[0].lower() for tag in (language, own_language)}
    if len(text) <= LONGEST and (order := _order(text, known)):
        return order
    *before, last = _SENTENCE.split(text.strip())
    if before and len(last) <= LONGEST and length(" ".join(before)) <= MOST_BEFORE:
        order = _order(last, known)
        return order if order and order.kind == "how_to_say" else None
    return None


def names_practice(text: str) -> bool:
    """Whether an order speaks of the practice itself, as no line of a scene does."""
    return bool(_PRACTICE.search(text))


def is_stuck(text: str) -> bool:
    """Whether somebody says that they do not know, and nothing else."""
    return bool(_STUCK.fullmatch(_tidy(text))) or bool(_STUCK.fullmatch(_tidy(text).replace(" ", "")))


def _order(text: str, known: set[str]) -> Order | None:
    for patterns, said in _readings(text, known):
        for kind, pattern in patterns.items():
            if match := pattern.fullmatch(said):
                about = next(filter(None, match.groupdict().values()), "")
                return Order(kind, about.strip(' "“”，,：:'))
    return None


def _readings(text: str, known: set[str]) -> Iterator[tuple[Mapping[OrderKind, re.Pattern[str]], str]]:
    """The text as each of the languages has it: Chinese words may stand in an English order, and the other way round."""
    tidy = _tidy(text)
    if "en" in known:
        yield _ENGLISH_ORDERS, tidy
    if "zh" in known and any(map(is_han, text)):
        yield _CHINESE_ORDERS, re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", tidy)


def _tidy(text: str) -> str:
    return " ".join(_PLAIN.sub(" ", text.replace("’", "'")).split())
