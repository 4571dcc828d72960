"""Dates, times of day and ranges of years in Chinese words."""

from __future__ import annotations

from models.spoken_forms.chinese.numbers import cardinal, counted, digits
from models.spoken_forms.rules import Match, rule

SAID_HALVES = ("上午", "下午", "早上", "晚上", "中午", "凌晨", "傍晚", "夜里", "清晨")
LASTED = ("用时", "历时", "耗时", "时长", "纪录", "记录", "成绩")


def _date(match: Match) -> str | None:
    month, day = int(match[2]), int(match[3])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{digits(match[1])}年{cardinal(month)}月{cardinal(day)}日"


def _month(match: Match) -> str:
    return f"{digits(match['year'])}年{cardinal(int(match['month']))}月"


def _month_day(match: Match) -> str | None:
    if "0" not in (match["month"][0], match["day"][0]):
        return None  # a difference or a range
    return f"{cardinal(int(match['month']))}月{cardinal(int(match['day']))}日"


def _half_of_day(match: Match) -> str:
    """What "a.m." and "p.m." are before the hour, where it is not said already."""
    half = match["half"]
    if not half or match.string.endswith(SAID_HALVES, 0, match.start()):
        return ""
    return "上午" if half[0] in "Aa" else "下午"


def _time(match: Match) -> str | None:
    hour, minute = int(match[1]), match[2]
    if hour > 24:
        return None
    said = _half_of_day(match) + counted(hour) + "点"
    if minute == "00":
        return said
    return said + ("零" if minute[0] == "0" else "") + cardinal(int(minute)) + "分"


def _duration(match: Match) -> str:
    hours, minutes, seconds = (int(match[group]) for group in (1, 2, 3))
    if match.string.endswith(LASTED, 0, match.start()):
        return f"{counted(hours)}小时{counted(minutes)}分{cardinal(seconds)}秒"
    return f"{_half_of_day(match)}{counted(hours)}点{'零' if minutes < 10 else ''}{cardinal(minutes)}分{cardinal(seconds)}秒"


def _years(match: Match) -> str:
    return f"{digits(match['low'])}{match['named']}到{digits(match['high'])}"


RULES = [
    rule(r"(?<![\d.])(?P<low>(?:19|20)\d\d)(?P<named>)/(?P<high>(?:19|20)?\d\d)(?=赛季|学年|财年|年度)", _years),
    rule(
        r"(?:今年|明年|去年|后年|前年|本届|年份)(?:是|为|：)?(?P<it>(?:19|20)\d\d)(?!\d)",
        lambda match: digits(match["it"]),
    ),
    rule(r"(?<![\d.])((?:1[89]|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?![\d.])", _date),
    rule(r"(?<![\d:.])(\d{1,2})[:：]([0-5]\d)(?: ?(?P<half>[AaPp]\.?[Mm]\b\.?))?(?![\d:])", _time),
    rule(r"(?<![\d:.])(\d{1,2}):([0-5]\d):([0-5]\d)(?: ?(?P<half>[AaPp]\.?[Mm]\b\.?))?(?![\d:])", _duration),
    rule(r"(?<!\d)(?P<low>\d{4})(?P<named>年?) ?[-–—~] ?(?P<high>\d{4})(?=年)", _years),
    rule(r"(?<!\d)(?P<it>\d{4})(?=年)(?!年[前后])", lambda match: digits(match["it"])),
    rule(r"(?<!\d)(?P<it>\d{1,2})(?=月)", lambda match: cardinal(int(match["it"]))),
    rule(r"(?<![\d./-])(?P<year>(?:19|20)\d\d)[-/.](?P<month>0[1-9]|1[0-2])(?![\d./:-])", _month),
    rule(r"(?<![\d./-])(?P<month>0[1-9]|1[0-2])[-/.](?P<year>(?:19|20)\d\d)(?![\d./:-])", _month),
    rule(r"(?<![\d./-])(?P<month>0[1-9]|1[0-2])[-/](?P<day>0[1-9]|[12]\d|3[01])(?![\d./:-])", _month_day),
    rule(
        r"(?<![\d./-])(?P<day>1[3-9]|2\d|3[01])[-/.](?P<month>0?[1-9]|1[0-2])[-/.](?P<year>(?:19|20)\d\d)(?![\d./-])",
        lambda m: f"{_month(m)}{cardinal(int(m['day']))}日",
    ),
    rule(r"['’‘](?P<it>\d\d)(?=年)", lambda match: digits(match["it"])),
    rule(
        r"(?<![\d./-])(?P<month>0[1-9]|1[0-2])[-/](?P<day>0[1-9]|[12]\d|3[01])[-/](?P<year>(?:19|20)\d\d)(?![\d./-])",
        lambda m: f"{_month(m)}{cardinal(int(m['day']))}日",
    ),
    rule(r"(?<!\d)((?:1[89]|20)\d0)s(?![A-Za-z])", lambda match: digits(match[1]) + "年代"),
    rule(r"(?<![\d.第])(?P<it>2)(?=年(?!级))", "两"),
    rule(r"(?<=月)(?P<it>\d{1,2})(?=[日号])", lambda match: cardinal(int(match["it"]))),
]
