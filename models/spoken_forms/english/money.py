"""Money in English words."""

from __future__ import annotations

from dataclasses import dataclass

from models.spoken_forms.english.numbers import DASH, NUMBER, SCALES, cardinal, number
from models.spoken_forms.rules import Match, rule


@dataclass(frozen=True, slots=True)
class Currency:
    """What one and several of it are called, and the same of its hundredth."""

    one: str
    many: str
    cent: str = ""
    cents: str = ""


DOLLAR = Currency("dollar", "dollars", "cent", "cents")
CURRENCIES = {
    "$": DOLLAR,
    "€": Currency("euro", "euros", "cent", "cents"),
    "£": Currency("pound", "pounds", "penny", "pence"),
    "¥": Currency("yen", "yen"),
    "￥": Currency("yuan", "yuan"),
    "₹": Currency("rupee", "rupees"),
    "₩": Currency("won", "won"),
    "₽": Currency("rouble", "roubles"),
    "₿": Currency("bitcoin", "bitcoins"),
    "฿": Currency("baht", "baht"),
}
COUNTRIES = {
    "US": "US ",
    "HK": "Hong Kong ",
    "A": "Australian ",
    "AU": "Australian ",
    "C": "Canadian ",
    "CA": "Canadian ",
}
COUNTRIES |= {"NZ": "New Zealand ", "S": "Singapore ", "NT": "Taiwan ", "CN": "", "": ""}
CODES = {
    "USD": "US dollars",
    "EUR": "euros",
    "GBP": "pounds",
    "RMB": "yuan",
    "CNY": "yuan",
    "JPY": "yen",
    "INR": "rupees",
}
CODES |= {"BRL": "reais", "KRW": "won", "SGD": "Singapore dollars"}
CODES |= {"HKD": "Hong Kong dollars", "CAD": "Canadian dollars", "AUD": "Australian dollars", "CHF": "Swiss francs"}
SYMBOL = r"(?<![A-Za-z])(?P<country>US|HK|AU|CA|NZ|NT|CN|A|C|S|)(?P<symbol>[$€£¥￥₹₩₽₿฿]) ?"
SCALE = r"(?: ?(?P<scale>hundred|thousand|million|billion|trillion|bn)\b|(?P<letter>[kKmMBbT])\b)"
NOT_NOUNS = r"(?!(?:a|per|each|for|in|on|at|to|or|and|of|from|by|is|was|as|with|this|that|today|more|less)\b)"


def _money(match: Match) -> str:
    currency, country = CURRENCIES[match["symbol"]], COUNTRIES[match["country"]]
    minus = "minus " if match["minus"] else ""
    if scale := match["scale"] or match["letter"]:
        return f"{minus}{number(match['amount'])} {SCALES.get(scale, scale)} {country}{currency.many}"
    return minus + _said(match["amount"], currency, country)


def _said(amount: str, currency: Currency, country: str) -> str:
    whole, _, part = amount.partition(".")
    if len(part) != 2 or not currency.cents:
        return f"{number(amount)} {country}{currency.one if whole == '1' and not part else currency.many}"
    units = f"{cardinal(whole or 0)} {country}{currency.one if whole == '1' else currency.many}"
    hundredths = f"{cardinal(int(part))} {currency.cent if part == '01' else currency.cents}"
    if part == "00":
        return units
    return hundredths if whole in ("0", "") else f"{units} and {hundredths}"


def _adjective(match: Match) -> str:
    """ "A $5 bill" is a five dollar bill."""
    currency, scale = CURRENCIES[match["symbol"]], match["scale"] or match["letter"]
    amount = number(match["amount"]) + (f" {SCALES.get(scale, scale)}" if scale else "")
    return f"{amount} {COUNTRIES[match['country']]}{currency.one}"


def _range(match: Match) -> str:
    currency = CURRENCIES[match["symbol"]]
    scale = match["scale"] or match["letter"]
    if "." in match["low"] + match["high"] and not scale:
        return " to ".join(_said(match[end], currency, COUNTRIES[match["country"]]) for end in ("low", "high"))
    name = COUNTRIES[match["country"]] + currency.many
    return (
        f"{number(match['low'])} to {number(match['high'])} " + (f"{SCALES.get(scale, scale)} " if scale else "") + name
    )


def _trailing(match: Match) -> str:
    """ "5 €", as it is written elsewhere."""
    currency = CURRENCIES[match[2]]
    return f"{number(match[1])} {currency.one if match[1] == '1' else currency.many}"


RULES = [
    rule(
        rf"(?<=\b[Aa] )(?P<it>{SYMBOL}(?P<amount>{NUMBER}){SCALE}?)(?=[ -]{NOT_NOUNS}[a-z]|/[a-z])",
        _adjective,
    ),
    rule(rf"(?P<minus>[-−])?{SYMBOL}(?P<amount>{NUMBER}|\.\d+){SCALE}?", _money),
    rule(rf"{SYMBOL}(?P<low>{NUMBER})(?:{DASH})[$€£¥￥₹₩]?(?P<high>{NUMBER}){SCALE}?", _range),
    rule(rf"(?<![\w.])({NUMBER}) ?({'|'.join(CODES)})\b", lambda match: f"{number(match[1])} {CODES[match[2]]}"),
    rule(rf"(?<!\w)({'|'.join(CODES)}) ?({NUMBER})(?![\w.]\w)", lambda match: f"{number(match[2])} {CODES[match[1]]}"),
    rule(rf"(?<![\w.$€£¥])({NUMBER}) ?([$€£])(?![\w])", _trailing),
    rule(rf"(?<![\w.])({NUMBER}) ?¢", lambda match: number(match[1]) + (" cent" if match[1] == "1" else " cents")),
]
