"""The name that a person gives in what they say. Pure."""

from __future__ import annotations

import re

from pipeline.memory.words import HAN, plain

_NAME = r"([^\W\d_][^\W\d_'’-]{1,19}(?: (?-i:[A-Z])[^\W\d_'’-]{1,19})?)"
_SAYS_NAME = re.compile(
    rf"\b(?:my name is|my name['’]?s|name['’]s|(?:you can |please )?call me) {_NAME}", re.IGNORECASE
)
_IS_NAME = re.compile(r"\b(?:[Ii]['’]?m|[Ii] am|[Tt]his is) ([A-Z][^\W\d_'’-]{1,19})\b(?=\s*(?:[.,!?]|and\b|$))")
_HAN_NAME = re.compile(rf"(?:我叫|我的名字(?:是|叫)|我名字(?:是|叫)|叫我)\s*([{HAN}·]{{1,6}}|[A-Za-z]{{2,20}})")
_SURNAME = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_IS_HAN_NAME = re.compile(rf"我是\s*([{_SURNAME}][{HAN}]{{1,2}}|[A-Z][a-z]{{1,19}})(?=[，。！,.!\s]|$)")
_ONE_NAME = r"[^\W\d_][^\W\d_'’-]{1,19}"
_HAN_WRONG, _HAN_RIGHT = (
    rf"(?P<{which}>[{HAN}·]{{1,6}}?|[A-Za-z]{{2,20}})(?=[，。！,.!\s]|$|我|而|不|叫|是)" for which in ("wrong", "right")
)
_GOES_ON = re.compile("住在?|今年|来自|是一?[名个位]|我")
_TAIL = re.compile(r"(?:吧|就行|就好|好了|就可以|啊|呀|哦|呢|了|的)+$")
_NOT_NAMES = frozenset(
    """a an the not so just very really sorry fine good great okay ok sure here happy sad tired back well from in at on
    hungry lost what who when maybe your my that this later crazy stupid anything whatever again now names american
    british english chinese german french spanish italian japanese korean indian russian canadian australian mexican
    brazilian european asian african christian muslim""".split()
)
_NOT_HAN_NAME = re.compile(r"什么|啥|谁|怎么|名字|^[你您他她它们不人这那]|[生师员人的工]$")


_WRONG = rf"(?P<wrong>{_ONE_NAME})"
_RIGHT = rf"(?P<right>{_ONE_NAME})"
_CORRECTED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bmy name(?:['’]s| is|) ?(?:not|isn['’]?t) {_WRONG},? ?(?:but|it['’]?s|it is|my name is|i['’]?m|i am) {_RIGHT}\b",
        rf"\bi(?:['’]m| am) not (?:called |named )?{_WRONG},? ?"
        rf"(?:but|my name is|i['’]?m called|i am called|call me) {_RIGHT}\b",
        rf"\bmy name(?:['’]s| is) {_RIGHT},? (?:and )?not {_WRONG}\b",
        rf"\bcall me {_RIGHT},? (?:and )?not {_WRONG}\b",
        rf"我不叫{_HAN_WRONG}[，,\s]*(?:我)?(?:是)?叫{_HAN_RIGHT}",
        rf"我的?名字不(?:是|叫){_HAN_WRONG}[，,\s]*(?:而?是|叫|我叫){_HAN_RIGHT}",
        rf"我(?:的名字)?(?:叫|是){_HAN_RIGHT}[，,\s]*(?:而?不是|不叫){_HAN_WRONG}",
        rf"叫我{_HAN_RIGHT}[，,\s]*(?:不要|别)叫(?:我)?{_HAN_WRONG}",
    )
)


def corrected_name(said: str) -> tuple[str, str] | None:
    """The wrong name and the right one, where a person says that their name is not the one but the other."""
    text = plain(said)[:400]
    for pattern in _CORRECTED:
        if match := pattern.search(text):
            wrong, right = (_TAIL.sub("", match[name]) for name in ("wrong", "right"))
            if right.casefold() not in _NOT_NAMES and not _NOT_HAN_NAME.search(right):
                return _capital(wrong), _capital(right)
    return None


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def name_in(said: str) -> str:
    """The name a person gives in this message, or nothing. Recognisers drop capitals, so only some phrasings count."""
    text = plain(said)[:400]
    if corrected := corrected_name(text):
        return corrected[1]
    for pattern in (_HAN_NAME, _IS_HAN_NAME):
        if match := pattern.search(text):
            name = _TAIL.sub("", _GOES_ON.split(match[1])[0])
            if name and not _NOT_HAN_NAME.search(name):
                return name if not name.isascii() else name.capitalize()
    for pattern in (_SAYS_NAME, _IS_NAME):
        match = pattern.search(text)
        if match and match[1].split()[0].casefold() not in _NOT_NAMES:
            return " ".join(part[0].upper() + part[1:] for part in match[1].split())
    return ""
