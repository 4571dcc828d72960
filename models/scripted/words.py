"""Words as the scripted model sees them: language, tokens that survive a recogniser's mistakes, clean quotes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pipeline.memory.words import HAN, plain, squash
from pipeline.practice.director.conditions import length
from pipeline.text.language import language_of

_HAN = re.compile(f"[{HAN}]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
_FILLER = re.compile(r"^(?:(?:um+|uh+|er+|hmm+|well|so|yeah|okay|ok|like|oh)\b[\s,]*)+", re.IGNORECASE)
_HESITATION = re.compile(r"\b(?:um+|uh+|er+m?)\b,? ?", re.IGNORECASE)
_HAN_FILLER = re.compile(r"^(?:嗯+|呃+|啊+|哦+|那个|就是|然后|其实|这个)[，、\s]*")

QUOTE_WORDS = 14
QUOTE_HAN = 24
_JOINTS = frozenset("and but so because which where who when then while".split())
_HAN_DIGITS = "两三四五六七八九十百千万"


def answer_language(said: str, languages: Sequence[str], current: str) -> str:
    """Which of `languages` to answer a message in; `current` where its script does not say."""
    found = language_of(said, current)
    if found in languages or current != "zh":
        return found if found in languages else current
    return next((language for language in languages if language != "zh"), current)


@lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """How an English word roughly sounds: consonant classes without vowels. "phone" and "fawn" agree."""
    for spelt, heard in (("ph", "f"), ("ght", "t"), ("kn", "n"), ("wr", "r"), ("ck", "k"), ("sh", "x"), ("ch", "x")):
        word = word.replace(spelt, heard)
    word = re.sub(r"c(?=[eiy])", "s", word).translate(str.maketrans("cqgzvdb", "kkksftp"))
    head = "a" if word[:1] in tuple("aeiou") else word[:1]
    return re.sub(r"(.)\1+", r"\1", head + re.sub(r"[aeiouywh]", "", word[1:]))


def alike(one: str, other: str) -> float:
    """How alike two words are in their pairs of letters, 0 to 1 (Dice)."""
    pairs, others = ({f"^{word}$"[at : at + 2] for at in range(len(word) + 1)} for word in (one, other))
    return 2 * len(pairs & others) / (len(pairs) + len(others))


def said_within(phrase: str, text: str) -> bool:
    """Whether `phrase` was said in `text`: as whole words in English, as a run of characters in Chinese."""
    if not phrase.isascii():
        return squash(phrase) in squash(text)
    bare, within = (" ".join(map(squash, _WORD.findall(words))) for words in (phrase, text))
    return f" {bare} " in f" {within} "


def quote(text: str, *, numbers: bool = False) -> str:
    """A short piece of what was said, fit to be said back; with `numbers`, a piece that has one. May be empty."""
    sentences = [piece.strip() for piece in re.split(r"(?<=[.!?。！？；;])\s*", plain(text)) if piece.strip()]
    sentences = [_HAN_FILLER.sub("", _FILLER.sub("", sentence)) for sentence in sentences]
    if numbers:
        sentences.sort(key=lambda sentence: not re.search(rf"\d|[{_HAN_DIGITS}]", sentence))
    chosen = next((sentence for sentence in sentences if length(sentence) >= 3), "")
    clipped = _clipped(_HESITATION.sub("", chosen)).strip(" ,.;:!?，。；：！？、\"“”'")
    return re.sub(r"\bi\b", "I", clipped)


def _clipped(sentence: str) -> str:
    """At most `QUOTE_WORDS` words or `QUOTE_HAN` characters, cut where a clause ends if one does."""
    if _HAN.search(sentence):
        cut = sentence[:QUOTE_HAN]
        comma = max(cut.rfind(mark) for mark in "，、,")
        return cut if len(sentence) <= QUOTE_HAN or comma < QUOTE_HAN // 3 else cut[:comma]
    words = sentence.split()
    cut_words = words[:QUOTE_WORDS]
    if len(words) > QUOTE_WORDS:
        ends = (at for at in range(4, QUOTE_WORDS) if words[at - 1].endswith((",", ";")) or words[at] in _JOINTS)
        cut_words = words[: max(ends, default=QUOTE_WORDS)]
    return " ".join(word[:24] for word in cut_words)
