"""What a person wants kept, forgotten or put right, told by the wording of what they say, in both languages. Pure.

Only orders count: "I forgot that…", "do you remember that film", "forget it" and "never mind" are none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.memory.fact import LONGEST_QUOTE, LONGEST_TEXT, Fact
from pipeline.memory.facts import facts_in
from pipeline.memory.names import corrected_name
from pipeline.memory.words import FUNCTION_WORDS, HAN, tokens, weight_of

LONGEST_ORDER = 300
"""Characters of an order: what is longer tells something."""

LONGEST_COMPARED = 500
"""Characters of a line that are compared with an order."""

LIKE_ENOUGH = 0.6
"""Which share of what is to be forgotten must stand in a fact, by the weight of the words."""

_POLITE = (
    r"^(?:(?:um|uh|er|erm|hmm|and|so|oh|ok|okay|well|hey|hi|yes|no|now|right|also|listen|look|wait|actually|but|then|please|kindly|just|"
    r"can you|could you|would you|will you|i want you to|i['’]?d like you to|i need you to|"
    r"you (?:should|must|can|may))\b[,.!]? ?)*+"
)
_HAN_POLITE = (
    "^(?:请你?|麻烦你?|拜托|帮我|帮忙|你|要|得|可以|能不能|能|那|好|嗯|对了|哦|以后|一定|把它|千万|[，,。！\\s])*+"
)
_REMEMBER = re.compile(
    rf"{_POLITE}(?:remember|do(?: not|n['’]?t) (?:you )?forget|keep in mind|bear in mind|make a note|take note|note|"
    r"memori[sz]e)"
    r"(?: this)?(?:,|:| that| of the fact that)? (?P<body>(?:that )?(?!i (?:told|asked|said|mentioned)\b)"
    r"(?:i|i['’]?m|i['’]?ve|i['’]?d|it['’]?s my|my|mine|we|our|"
    r"(?:on |next )?\w+day|tomorrow|the name of my)\b.{3,})$",
    re.IGNORECASE | re.DOTALL,
)
_HAN_REMEMBER = re.compile(
    rf"{_HAN_POLITE}(?:记住|记一下|记下来?|记得|记着|(?:别|不要)忘(?:了|记)?)(?:这件事|这个|一下|了)?[：:，,\s]*"
    r"(?P<body>(?:我|咱|下|明天|后天|周).{3,})$",
    re.DOTALL,
)
_FORGET = re.compile(
    rf"{_POLITE}(?:forget|delete|erase|un-?remember|do(?: not|n['’]?t) remember|stop remembering|remove from your memory)"
    r"(?: about)? (?P<body>.{2,})$",
    re.IGNORECASE | re.DOTALL,
)
_HAN_FORGET = re.compile(
    rf"{_HAN_POLITE}(?:(?:忘掉|忘了|忘记|(?:别|不要)记(?:得|住)?|删掉|删除|抹掉)(?P<body>.{{2,}})|"
    r"把(?P<before>.{2,}?)(?:全?都|全部)?(?:忘掉|忘了|忘记|删掉|删了|删除|抹掉))(?:吧|了|好吗|好不好)?[。！!？?]*$",
    re.DOTALL,
)
_HAN_FORGOT = re.compile(
    "^[嗯哦啊诶欸，,\\s]*(?:你(?:又|怎么|是不是|已经|都|该不会)*(?:把.{1,20})?忘[了记](?!.*吧[。！]*$)|"
    "忘[了记]了?(?!我|咱|关于|所有|刚|上一|这|那)|忘[了记].*(?<![好行以])[吗么][？?]*$)",
    re.DOTALL,
)
"""Somebody forgot something, or is asked whether they did: "忘了告诉你…", "你忘了我叫什么吗"."""

_HAN_TAG = re.compile("[，,]?\\s*(?:好|行|可以)(?:吗|么|不好|不行)?[？?。]*$")
_NO_OBJECT = re.compile(
    r"^(?:it|about it|this|me|him|her|them|to \w+|everything else|your (?:role|instructions|rules)|"
    r"all (?:previous|prior|your)|"
    r"(?:previous|prior) \w+)\b|^that[.!]*$|^(?:吧|它|这个|那个|算了|刚才的指令|之前的指令|你的)",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"^(?:everything|all|anything)(?: (?:that )?(?:you (?:know|remember|have)|i(?:['’]ve)? (?:ever )?(?:said|told you)))?"
    r"(?: about me)?[.!]*$|^what you (?:know|remember) about me[.!]*$|"
    r"^(?:(?:关于|所有关于)?我(?:的|说过的)(?:一切|所有)?(?:事情?|话|信息|记忆|东西)?)$",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"^(?:what i (?:just )?(?:said|told you)(?: just now)?|"
    r"(?:that )?i (?:ever )?(?:said|told you) (?:that|this|it|anything)|"
    r"(?:the )?last (?:thing|sentence|line)(?: (?:that )?i (?:said|told you))?)[.!]*$|"
    r"^(?:我?刚(?:才|刚)?(?:跟你)?说的(?:话|那句话?|事)?|上一句话?)$",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:that |about |what i (?:said|told you) about |"
    r"(?:everything|anything|all) (?:(?:that )?(?:i(?:['’]ve)? (?:ever )?(?:said|told you)|you (?:know|remember)) )?about |"
    r"the (?:fact|thing) (?:that |about )|"
    r"the name of |关于|我说过?的?|我告诉你的?)+|(?:这件事|这个事|的事情?)$",
    re.IGNORECASE,
)
_TOPICS = (
    (r"\bmy name\b|what i['’]?m called|我(?:的)?名字|我叫什么", "name"),
    (r"where i live|my (?:home )?address|我(?:家)?住(?:在)?哪|我的(?:地址|住址)", "home"),
    (r"where i(?:['’]m| am) from|我是哪里人", "origin"),
    (r"\bmy (?:job|work)\b|what i do for|我的(?:工作|职业)", "job"),
    (r"\bmy age\b|how old i am|我的年[龄纪]|我(?:几岁|多大)", "age"),
    (r"\bmy birthday\b|我的?生日", "birthday"),
)
_STOP = frozenset("的了吗呢啊吧呀哦我你事件话") | {"lik"}  # "likes", as it is compared

Wanted: TypeAlias = Literal["all", "last", "some"]


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep these facts."""

    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Forget:
    """Forget all, what was said in the line before, or what `about` names; `topic`: of what it is, if that is plain."""

    wanted: Wanted
    about: str = ""
    topic: str = ""

    def means_fact(self, text: str, topic: str = "") -> bool:
        """Whether a fact is to be forgotten; not which was told last."""
        if self.wanted == "all" or (self.topic and topic == self.topic):
            return True
        return stands_in(content(self.about), content(text))

    def means_line(self, line: str) -> bool:
        """Whether a line of the talk is to be forgotten: by its words, or by what it tells."""
        line = line[:LONGEST_COMPARED]
        told = facts_in(line) if self.topic else ()
        return self.means_fact(line) or any(self.means_fact(fact.text, fact.topic) for fact in told)


@dataclass(frozen=True, slots=True)
class CorrectName:
    """The name is not `wrong`, but that of the fact."""

    wrong: str
    fact: Fact


Command: TypeAlias = Remember | Forget | CorrectName


def command_in(line: str) -> Command | None:
    """What a line orders, if it orders something of the kind."""
    said = line.strip()
    if len(said) > LONGEST_ORDER:
        return None
    if corrected := corrected_name(said):
        wrong, right = corrected
        return CorrectName(wrong, Fact("name", right, said, "name"))
    if body := _body(said, _REMEMBER, _HAN_REMEMBER):
        return _remember(said, body)
    if (body := _body(said, _FORGET, _HAN_FORGET)) and not _HAN_FORGOT.match(said):
        return _forget(body)
    return None


def _body(said: str, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        if match := pattern.match(said):
            groups = match.groupdict()
            return (groups["body"] or groups.get("before") or "").strip(" ,，。.!！")
    return ""


def _remember(said: str, body: str) -> Remember | None:
    body = re.sub(
        r"^that\s+|[，,]?\s*(?:好吗|好不好|please|ok(?:ay)?|will you|would you)?[?？]*$", "", body, flags=re.IGNORECASE
    )
    if _questions(said, body):
        return None
    return Remember(tuple(facts_in(body)) or (Fact("other", body[:LONGEST_TEXT], body[:LONGEST_QUOTE]),))


def _questions(said: str, body: str) -> bool:
    """Whether it asks for what is known: "remember my birthday?", "记得我叫什么吗"."""
    asks_in_chinese = re.search("[吗么][？?]*$|什么|谁|哪|还记得", _HAN_TAG.sub("", said))
    few = len(body.split()) < 3 and not re.search(f"[{HAN}]{{4}}", body)
    return bool(asks_in_chinese) or few


def _forget(body: str) -> Forget | None:
    if _NO_OBJECT.match(body):
        return None
    if _ALL.match(body):
        return Forget("all")
    if _LAST.match(body):
        return Forget("last")
    about = _LEAD.sub("", body)
    topic = next((topic for pattern, topic in _TOPICS if re.search(pattern, about, re.IGNORECASE)), "")
    personal = re.search(r"\b(?:i|i['’]?m|i['’]?ve|my|me|mine|we|our)\b|我|咱", body, re.IGNORECASE)
    return Forget("some", about, topic) if topic or personal or body != about else None


def content(text: str) -> frozenset[str]:
    """The tokens of a text that say something."""
    return frozenset(token for token in tokens(text) if token not in FUNCTION_WORDS and token not in _STOP)


def stands_in(wanted: frozenset[str], text: frozenset[str]) -> bool:
    """Whether most of what is wanted stands in a text, each as `content` has it."""
    weight = sum(map(weight_of, wanted))
    return bool(weight) and sum(map(weight_of, wanted & text)) >= LIKE_ENOUGH * weight
