"""Money, temperatures, percentages, fractions and measures in Chinese words: what wetext reads otherwise."""

from __future__ import annotations

import re

from models.spoken_forms.chinese.numbers import NUMBER, cardinal, counted, digits, number
from models.spoken_forms.english.numbers import VULGAR
from models.spoken_forms.rules import Match, rule

CURRENCIES = {
    "US$": "美元", "HK$": "港元", "NT$": "新台币", "A$": "澳元", "C$": "加元", "S$": "新加坡元", "$": "美元", "€": "欧元",
    "£": "英镑", "¥": "元", "￥": "元", "₩": "韩元", "₹": "卢比", "₽": "卢布", "RMB": "元", "USD": "美元", "EUR": "欧元",
    "CNY": "元", "HKD": "港元", "JPY": "日元", "GBP": "英镑", "AUD": "澳元", "CAD": "加元",
}  # fmt: skip
SCALES = {"K": "千", "M": "百万", "B": "十亿"}
UNITS = {
    "kWh": "千瓦时", "kW": "千瓦", "MW": "兆瓦", "mAh": "毫安时", "GHz": "吉赫兹", "MHz": "兆赫兹", "kHz": "千赫兹",
    "Hz": "赫兹",
    "dB": "分贝", "mph": "英里每小时", "km/h": "公里每小时", "m/s": "米每秒", "ft": "英尺", "in": "英寸", "lb": "磅",
    "lbs": "磅",
    "oz": "盎司", "gal": "加仑", "mi": "英里", "kg": "公斤", "g": "克", "mg": "毫克", "km": "公里", "m": "米", "cm": "厘米",
    "mm": "毫米", "ml": "毫升", "mL": "毫升", "L": "升", "W": "瓦", "V": "伏", "ms": "毫秒", "s": "秒",
    "min": "分钟", "h": "小时",
    "km²": "平方公里", "m²": "平方米", "cm²": "平方厘米", "m³": "立方米", "kcal": "千卡", "cal": "卡", "Mbps": "兆比特每秒",
    "kPa": "千帕", "rpm": "转每分钟", "fps": "帧每秒", "m2": "平方米", "m3": "立方米",
    "t": "吨", "m/s²": "米每二次方秒",
}  # fmt: skip
DEGREES = {"℃": "摄氏度", "°C": "摄氏度", "℉": "华氏度", "°F": "华氏度", "°": "度"}
SYMBOL = "|".join(map(re.escape, sorted(CURRENCIES, key=len, reverse=True)))
TO = "[-–—~～]"
UNIT = "|".join(map(re.escape, sorted(UNITS, key=len, reverse=True)))


def _money(match: Match) -> str:
    minus = "负" if match[1] else ""
    whole, _, part = match[3].partition(".")
    amount = number(whole + ("." + part.rstrip("0") if part.rstrip("0") else ""))
    amount = "两" if amount == "二" else amount
    return minus + amount + SCALES.get(match[4] or "", match[4] or "") + CURRENCIES[match[2]]


def _price_range(match: Match) -> str:
    """ "￥20~30": the currency is said once, at the end."""
    return f"{number(match[2])}到{number(match[3])}{CURRENCIES[match[1]]}"


def _vulgar(match: Match) -> str:
    above, below = VULGAR[match[2]]
    return (f"{cardinal(match[1])}又" if match[1] else "") + f"{cardinal(below)}分之{cardinal(above)}"


def _fraction(match: Match) -> str | None:
    above, below = match["above"], match["below"]
    improper = 2 <= int(below) <= 10 and int(above) < 100
    minus = "负" if match["minus"] else ""
    return f"{minus}{cardinal(below)}分之{cardinal(above)}" if 0 < int(above) < int(below) or improper else None


def _temperature(match: Match) -> str:
    name = DEGREES[match[3].replace(" ", "")]
    below = "零下" if match[1] and name != "度" else "负" if match[1] else ""
    return below + number(match[2]) + name


def _temperatures(match: Match) -> str:
    """A range: "零下十到零下五摄氏度"."""
    low, high = (("零下" if match[end][0] in "-−" else "") + number(match[end].lstrip("-−")) for end in ("low", "high"))
    return f"{low}到{high}{DEGREES[match['unit'].replace(' ', '')]}"


def _measure(match: Match) -> str:
    amount = "两" if match[2] == "2" and not match[1] else number(match[2])
    return ("负" if match[1] else "") + amount + UNITS[match[3]]


def _feet(match: Match) -> str:
    return f"{counted(match[1])}英尺{counted(match[2])}英寸"


RULES = [
    rule(r"(?<!\d)24/7(?!\d)", "七天二十四小时"),
    rule(rf"([-−])?(?<![A-Za-z])({SYMBOL}) ?({NUMBER}) ?([百千]?万|千|[百千]?万?亿|[KMB](?![A-Za-z]))?", _money),
    rule(r"(?<![\d.])(\d{1,9})?([½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅐⅑⅒])", _vulgar),
    rule(r"(?:(?<![\w)])(?P<minus>[-−]))?(?<![\d./])(?P<above>\d{1,4})/(?P<below>\d{1,4})(?![\d/]|\.\d)", _fraction),
    rule(rf"(?<![\d.A-Za-z℃℉°])([-−])?({NUMBER}) ?(℃|℉|° ?[CF](?![A-Za-z])|°)", _temperature),
    rule(rf"(?<![\d.A-Za-z])([-−])?({NUMBER}) ?({UNIT})(?![A-Za-z\d²³/])", _measure),
    rule(
        rf"(?<![\d.A-Za-z])(?P<low>[-−]?{NUMBER}) ?[-–—~～] ?(?P<high>[-−]?{NUMBER}) ?(?P<unit>℃|℉|° ?[CF](?![A-Za-z]))",
        _temperatures,
    ),
    rule(rf"(?<![\d.A-Za-z])({SYMBOL}) ?({NUMBER}) ?{TO} ?(?:{SYMBOL})?({NUMBER})(?![\d.%])", _price_range),
    rule(r"(?<=\d[%％])~(?=\d)|(?<=[\d万千百])[~～](?=\d)", "到"),
    rule(r"(?<![\d.])(\d)米(?P<it>\d\d)(?![\d.万千百米厘毫])", lambda match: digits(match["it"])),
    rule(rf"(?<![\d.])({NUMBER}) ?‰", lambda match: "千分之" + number(match[1])),
    rule(rf"(?<![\d.%])([-−])?({NUMBER}) ?%", lambda m: ("负" if m[1] else "") + "百分之" + number(m[2])),
    rule(r"(?<!\d)(\d{1,2})['′’] ?(\d{1,2})(?:[\"″”]|''|(?!\w))", _feet),
    rule(
        rf"(?<![\d.])({NUMBER})[\"″](?![A-Za-z])",
        lambda m: None if m.string.count('"', 0, m.start()) % 2 else number(m[1]) + "英寸",
    ),
    rule(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])", lambda match: number(match[0])),
    rule(r"(?<![\d.])(?P<whole>\d{1,12})\.00?(?=[元块])", lambda match: number(match["whole"])),
    rule(r"(?<=\d)[xX×](?=\d{1,3}小时)", "乘"),
    rule(r"(?<=\d)w(?![A-Za-z])", "万"),
    rule(r"(?<![\d.])(?P<it>\d{1,9})(?=分之)", lambda match: cardinal(match["it"])),
    rule(rf"(?<![\d.])({NUMBER}) ?¢", lambda match: number(match[1]) + "美分"),
    rule(rf"(?<=[\u3400-\u9fff\d])/({UNIT})(?![A-Za-z\d])", lambda match: "每" + UNITS[match[1]]),
    rule(r"(?<=[元块毛角分钱时次个米克升斤里秒\d])/(?=[\u3400-\u9fff])", "每"),
    rule(r"(?<![A-Za-z])(km/h|m/s)(?![A-Za-z])", lambda match: UNITS[match[1]]),
    rule(r"(?<![\d.])(?P<it>2)(?=毛(?!笔|衣|巾))", "两"),
]
