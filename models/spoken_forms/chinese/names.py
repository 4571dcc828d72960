"""Telephone numbers, codes, addresses, abbreviations, Roman numerals and words with digits in Chinese words."""

from __future__ import annotations

import re

from models.spoken_forms import pinyin
from models.spoken_forms.chinese.numbers import cardinal, digits
from models.spoken_forms.english import roman as english_roman
from models.spoken_forms.english.addresses import DOMAINS, FILES, LABEL
from models.spoken_forms.english.names import TITLES
from models.spoken_forms.english.roman import ROMAN, roman
from models.spoken_forms.rules import Match, rule, table

ADDRESS_SIGNS = {".": "点", "-": "杠", "_": "下划线", "+": "加", "@": " at ", "/": "斜杠", ":": "冒号"}
ABBREVIATIONS = {
    "e.g.": "例如", "i.e.": "即", "etc.": "等等", "etc": "等等", "vs.": "对", "vs": "对", "No.": "第", "approx.": "大约",
    "VS": "对", "NO.": "第", "P.S.": "另外",
}  # fmt: skip
DIGITS_FOLLOW = (
    "验证码|密码|邮编|邮政编码|房号|房间|电话|手机号?|号码|账号|卡号|学号|工号"
    "|编号|尾号|转|QQ|微信|支付宝|客服|热线|车牌|代码|区号|分机|拨打?|致电|请打"
)
LATIN = r"A-Za-zà-öø-ɏÀ-ÖØ-Þ"


def _address(match: Match) -> str:
    parts = re.findall(r"[A-Za-z]+|\d|[^\W\d_]+|\S", match[0])
    return "".join(ADDRESS_SIGNS.get(part) or (digits(part) if part.isdigit() else part) for part in parts)


def _telephone(match: Match) -> str:
    groups = re.findall(r"\d+", match[0])
    return ("加" if match[0].startswith("+") else "") + "，".join(map(digits, groups))


def _dotted(match: Match) -> str:
    return match[1] + "点".join(map(cardinal, match[2].split(".")))


def _in_word(match: Match) -> str:
    return digits(match["it"]) if len(match["it"]) > 2 else cardinal(match["it"])


RULES = [
    rule(rf"[a-zA-Z0-9_.+-]{{1,64}}@{LABEL}(?:\.{LABEL}){{1,4}}", _address),
    rule(
        rf"(?<![A-Za-z0-9@.-])(?:{LABEL}\.){{1,4}}(?:{'|'.join(DOMAINS + FILES)})(?::\d{{2,5}})?(?![A-Za-z0-9@]|\.\w)",
        _address,
    ),
    rule(r"\blocalhost:\d{2,5}", _address),
    rule(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", lambda match: "点".join(map(digits, match[0].split(".")))),
    rule(r"(?<![A-Za-z\d.])([vV]?)(\d{1,4}(?:\.\d{1,4}){2,4})(?![\d.])", _dotted),
    rule(r"(?<![A-Za-z\d.])([vV])(\d{1,4}(?:\.\d{1,4})?)(?![\d.])", _dotted),
    rule(r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)", _telephone),
    rule(r"(?<!\d)(?:0\d{2,3}[- ]?\d{7,8}|[48]00[- ]?\d{3}[- ]?\d{4})(?!\d)", _telephone),
    rule(r"\+\d{1,3}(?:[ -]?\d{2,5}){2,5}(?!\d)", _telephone),
    rule(r"(?:号码?|码)(?:是|为|：|:)?(?P<it>\d{4,30})(?!\d)", lambda match: digits(match["it"])),
    rule(r"(?<![\d.])\d{4}(?: \d{4}){2,4}(?!\d)", _telephone),
    rule(r"(?<![\d.,第])\d{11,30}(?![\d.,])(?![多余]?[个人元块次年万亿])", lambda match: digits(match[0])),
    rule(r"(?:[栋幢座层]|单元)(?P<it>\d{1,4})(?=单元|层|室|号|[，。、]|$)", _in_word),
    rule(r"[\u4e00-\u9fff][A-Z] ?(?P<it>\d{5})(?!\d)", lambda match: digits(match["it"])),
    rule(r"(?<!\d)(?P<it>\d{3,4})(?=[pP](?![A-Za-z]))", lambda match: digits(match["it"])),
    rule(r"(?:歼|东风|长征|神舟|嫦娥|运|轰|直|苏|米格|图|巨浪|鹰击|红旗|北斗)(?P<it>-)(?=\d)", ""),
    rule(
        rf"(?:{DIGITS_FOLLOW})(?:号码?)?(?:是|为|：|:| )?(?P<it>\d{{3,12}})(?![\d.,:/年月个元块])",
        lambda match: digits(match["it"]),
    ),
    rule(r"(?<!\d)(?P<it>\d{3,4})(?=路(?:公交|车)|次列车|号航班|房间|室|教室|号房)", lambda match: digits(match["it"])),
    rule(rf"(?<=[{LATIN}])(?P<it>\d{{1,12}})(?![\d.])", _in_word),
    rule(rf"(?<=[{LATIN}]-)(?P<it>\d{{1,3}})(?![\d.])", _in_word),
    pinyin.SEVERAL,
    pinyin.ONE,
    rule(r"(?<![\d.])(?P<it>\d{1,4})(?=[A-Za-z])", lambda match: cardinal(match["it"])),
    rule(rf"第(?P<it>{ROMAN})(?=[\u3400-\u9fff])", lambda match: cardinal(roman(match["it"]))),
    rule(rf"(?<=[\u3400-\u9fff])(?P<it>(?=[IVX]{{2}}){ROMAN})(?![A-Za-z])", lambda match: cardinal(roman(match["it"]))),
    rule(
        rf"(?<![A-Za-z\d])(?P<it>(?=[IVX]{{2}}){ROMAN})(?=[级期类型世代章节部卷])", lambda m: cardinal(roman(m["it"]))
    ),
    rule("[Ⅰ-Ⅻ]", lambda match: cardinal(ord(match[0]) - 0x215F)),
    rule(r"第(?P<it>\d{1,12})", lambda match: cardinal(match["it"])),
    table(ABBREVIATIONS, r"(?<![A-Za-z.])", r"(?![A-Za-z])"),
    *english_roman.RULES,
    table(TITLES, r"(?<![A-Za-z])", r"(?= ?[A-Z])"),
]
