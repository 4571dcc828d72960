"""Words of English and Chinese as they are compared: tokens that survive a recogniser's mistakes, plain text. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

HAN = r"㐀-䶿一-鿿"

_HAN = re.compile(f"[{HAN}]")
_MARKUP = re.compile(r"[*_#`~^|<>{}\[\]\\]+|https?://\S+|(?<!\w)[-–—•]+(?=\s)")

_UNSPOKEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Zl", "Zp"))
"""Unicode categories that no voice can read: control, format, symbols, separators of lines."""

_LONG_FORMS = {"'m": " am", "'re": " are", "'s": " is", "'ll": " will", "'ve": " have", "'d": " would"}
_LONG_FORMS |= {"im": "i am", "youre": "you are", "whats": "what is", "thats": "that is"}
_LONG_FORMS |= {"hows": "how is", "whos": "who is"}
_SHORT_FORM = re.compile(r"(?<=[a-z])'(?:m|re|s|ll|ve|d)\b|\b(?:im|youre|whats|thats|hows|whos)\b")
_HAN_STRESS = re.compile(
    "到底|特别|非常|有点儿?|觉得|感觉|感到|其实|就是|最近|今天|现在|真的|请问|那个|[很太挺吧啊呢呀哦嘛]|"
    "好(?=[累孤寂无紧怕想难烦饿困高激疲大])"
)
"""Chinese words that only add stress or time; people put them in freely."""

LONGEST_WORD = 40

FUNCTION_WORDS = frozenset(
    """a about after again all also am an and any are as at be because been but by can cannot could did do does doing
    done dont for from get go got had has have he her here him his how i if im in into is isnt it its ive just
    know let like me more most much my no not now of off ok okay on one only or our out please really s say she
    should so some still t tell than that thats the their them then there they thing think this to too up us
    very want was we well were what whats when where which who why will with would yes you your youre""".split()
)
"""English words that say little alone. They weigh less, and their presence marks speech that was understood."""

_HAN_FUNCTION = frozenset("的了吗呢啊吧呀哦嗯我你他她它们是在有不也都就还很这那个一和跟")


def tokens(text: str) -> list[str]:
    """Stemmed words, contractions opened; a run of Chinese becomes its characters and their pairs."""
    found: list[str] = []
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    text = _SHORT_FORM.sub(lambda match: _LONG_FORMS[match[0]], text)
    for word in re.findall(rf"[{HAN}]+|[^\W_{HAN}]+(?:'[^\W\d_]+)*", _HAN_STRESS.sub("", text)):
        if _HAN.match(word):
            found.extend(word)
            found.extend(word[at : at + 2] for at in range(len(word) - 1))
        else:
            found.append(stem(word.replace("'", "")[:LONGEST_WORD]))
    return found


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """An English word without its commonest endings; enough for matching, not linguistics."""
    if word in FUNCTION_WORDS:
        return word
    for ending, least in (("ies", 5), ("ing", 6), ("ed", 5), ("es", 5), ("ly", 5), ("s", 4)):
        if len(word) >= least and word.endswith(ending) and not word.endswith(("ss", "us", "is")):
            bare = word[: -len(ending)] + ("y" if ending == "ies" else "")
            doubled = len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] not in "lsz"
            return bare[:-1] if doubled else bare.removesuffix("e")
    return word.removesuffix("e") if len(word) > 3 else word


def weight_of(token: str) -> float:
    """How much a token says apart from its rarity, 0 to 1."""
    if _HAN.match(token):
        return 0.15 if token in _HAN_FUNCTION else 1.0 if len(token) > 1 else 0.4
    return 0.45 if token in FUNCTION_WORDS else 1.0


def squash(text: str) -> str:
    """Letters and digits only, so that a line is known again whatever happened to its punctuation."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def plain(text: str) -> str:
    """`text` as it can be read aloud: no markup, emoji or control characters, white space collapsed."""
    kept = (letter if unicodedata.category(letter) not in _UNSPOKEN else " " for letter in _MARKUP.sub(" ", text))
    return " ".join("".join(kept).split())
