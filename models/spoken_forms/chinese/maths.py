"""Signs between numbers: ranges, comparisons and simple formulas in Chinese words."""

from __future__ import annotations

from models.spoken_forms.chinese.numbers import cardinal, number
from models.spoken_forms.english.maths import SUPERSCRIPTS
from models.spoken_forms.rules import Match, rule, table

SIGNS = {
    "≥": "大于等于", ">=": "大于等于", "≤": "小于等于", "<=": "小于等于", ">": "大于", "<": "小于", "≠": "不等于",
    "!=": "不等于",
    "≈": "约等于", "=": "等于", "==": "等于", "×": "乘", "÷": "除以", "±": "正负", "+": "加", "∞": "无穷大", "√": "根号",
    "∛": "三次根号", "∑": "求和", "∫": "积分", "∈": "属于", "∝": "正比于",
}  # fmt: skip
GREEK = {
    "α": "阿尔法", "β": "贝塔", "γ": "伽马", "δ": "德尔塔", "ε": "艾普西隆", "θ": "西塔", "λ": "拉姆达", "μ": "缪",
    "π": "派",
    "ρ": "柔", "σ": "西格马", "τ": "陶", "φ": "斐", "χ": "凯", "ψ": "普西", "ω": "欧米伽", "Δ": "德尔塔",
    "Σ": "西格马", "Ω": "欧米伽",
}  # fmt: skip
POWERS = {"2": "的平方", "3": "的立方"}
SCORED = "比分|战绩|总分|以"
BEATEN = "战胜|击败|大胜|获胜|取胜|险胜|力克|赢|胜|输|负|落败|逆转|战平"


def _power(match: Match) -> str:
    plain = match[0].translate(SUPERSCRIPTS).strip("^()")
    said = number(plain) if plain.lstrip("-+").isdigit() else plain
    return POWERS.get(plain) or f"的{said}次方"


RULES = [
    table(SIGNS),
    rule(rf"(?:{SCORED})(?:是|为|：)?\d{{1,3}}(?P<it>-)(?=\d{{1,3}}(?!\d))", "比"),
    rule(rf"(?<=\d)-(?=\d{{1,3}}(?:{BEATEN}))", "比"),
    rule(r"(?<=\d) ?- ?(?=\d+(?:\.\d+)? ?=)|(?<=[²³⁴-⁹ⁿ)])-(?=[\w(])", "减"),
    rule(r"(?<=\d) ?/ ?(?=\d+(?:\.\d+)? ?=)", "除以"),
    rule(r"(?<=\d)/(?=\d)", "比"),
    rule(r"(?<=[A-Za-z)²³] )-(?= [A-Za-z\d(])", "减"),
    rule(r"(?<=[\d%‰℃点分时日号月元年]) ?[–—-] ?(?=[\d$€£¥￥])", "到"),
    rule(r"(?<=[A-Za-z0-9)\]])\*(?=[A-Za-z0-9(\[])", "乘"),
    rule(r"(?<=[\w)])\^(?:\([\w+-]{1,12}\)|\w)|[⁰¹²³⁴-⁹⁺⁻ⁿⁱ]+", _power),
    rule(r"(?<=[\u4e00-\u9fff])/(?=[\u4e00-\u9fff])(?!或)", "或"),
    rule(r"/(?=或)", ""),
    rule(
        r"(?<!\d)(\d{1,6}(?:\.\d{1,4})?)[:：∶](\d{1,6}(?:\.\d{1,4})?)(?!\d)",
        lambda m: f"{number(m[1])}比{number(m[2])}",
    ),
    rule(r"(?<![A-Za-z/])([a-z])/([a-z])(?![A-Za-z/])", lambda match: f"{match[2]}分之{match[1]}"),
    rule(r"[₀-₉]", lambda match: cardinal(ord(match[0]) - 0x2080)),
    table(GREEK),
]
