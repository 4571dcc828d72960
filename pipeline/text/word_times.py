"""When each word of a clause sounds: for captions, and to know what was heard when a reply is interrupted.

A visible text is cut into words that keep the space before them and the punctuation around them, so that joined they
are the text. In scripts without spaces every character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.text.speakable import ACTING, WIDE, speakable

_OPENING = r"(\[{“‘「『《〈（【¿¡$€£¥￥#"
_CLOSING = rf"(?:(?![-−]\d)[^\w\s{_OPENING}])*"
_ENDING = "，。；！？、"
"""Behind these a word ends without a space."""
_WORD = re.compile(
    rf"(?:\s*{ACTING.pattern})*\s*[{_OPENING}]*"
    rf"(?:[{WIDE}]{_CLOSING}|[^\s{WIDE}{_OPENING}{_ENDING}]+(?:[{_ENDING}]+[”’」』》〉）】\"]*)?|[{_ENDING}]+)?"
)
_PUNCTUATION = re.compile(_CLOSING)
_WIDE = re.compile(f"[{WIDE}]")
_VOWELS = re.compile(r"[aeiouyà-öø-ýа-яё]+", re.IGNORECASE)
_PAUSES = {",": 0.8, ";": 0.8, ":": 0.8, "—": 0.8, "，": 0.8, "；": 0.8, "：": 0.8, "、": 0.5}
_PAUSES |= dict.fromkeys(".!?…。！？", 1.5)
_QUOTES = "\"'”’」』)）"
_SEARCHED = 64


@dataclass(frozen=True, slots=True)
class WordTime:
    """Where a word sounds, in milliseconds from the start of the clause's, or the utterance's, audio."""

    text: str
    start_ms: int
    end_ms: int


def interpolate(text: str, duration_ms: int) -> list[WordTime]:
    """The visible words of `text`, spread over `duration_ms` by their syllables, letters and pauses."""
    return _spread(words_of(text), 0, duration_ms)


def align(text: str, words: Sequence[WordTime], duration_ms: int) -> list[WordTime]:
    """The visible words of `text` at the times of the spoken `words` that an engine reported.

    Words that have no equal there are spread between their neighbours; where most have none, all are interpolated.
    """
    visible = words_of(text)
    spoken = _in_order(words, duration_ms)
    blocks = SequenceMatcher(
        None, [_key(word) for word in visible], [_key(word.text) for word in spoken], autojunk=False
    ).get_matching_blocks()
    known = {mine + n: spoken[theirs + n] for mine, theirs, size in blocks for n in range(size)}
    if 2 * len(known) < len(visible):
        return interpolate(text, duration_ms)
    times: list[WordTime] = []
    done, since_ms = 0, 0
    for index, word in known.items():
        times += _spread(visible[done:index], since_ms, word.start_ms)
        times.append(WordTime(visible[index], word.start_ms, word.end_ms))
        done, since_ms = index + 1, word.end_ms
    return times + _spread(visible[done:], since_ms, duration_ms)


def heard_text(words: Sequence[WordTime], text: str, played_ms: float) -> str:
    """The beginning of `text` up to the last word of which at least half was heard by `played_ms`."""
    end = 0
    for word in words:
        if played_ms <= 0 or word.start_ms + word.end_ms > 2 * played_ms:
            break
        spelled = word.text.strip()
        found = text.find(spelled, end, end + len(spelled) + _SEARCHED)
        if found >= 0:
            end = found + len(spelled)
            punctuation = _PUNCTUATION.match(text, end)
            end = punctuation.end() if punctuation else end
    return text[:end]


def words_of(text: str) -> list[str]:
    """`text` in words that joined are the text; what holds no letter or digit belongs to the one before it."""
    words: list[str] = []
    for part in _WORD.findall(text):
        if words and not (_is_word(part) and _is_word(words[-1])):
            words[-1] += part
        else:
            words.append(part)
    return words if text else []


def _is_word(text: str) -> bool:
    return any(map(str.isalnum, ACTING.sub("", text)))


def _spread(words: Sequence[str], start_ms: int, end_ms: int) -> list[WordTime]:
    """The words one after the other from `start_ms` to `end_ms`, with pauses at punctuation between them."""
    sounds = [spoken_length(word) for word in words]
    pauses = [_PAUSES.get(word.rstrip(_QUOTES)[-1:], 0.0) for word in words[:-1]] + [0.0]
    scale = (end_ms - start_ms) / (sum(sounds) + sum(pauses) or 1.0)
    times: list[WordTime] = []
    at = 0.0
    for word, sound, pause in zip(words, sounds, pauses, strict=False):
        times.append(WordTime(word, round(start_ms + at * scale), round(start_ms + (at + sound) * scale)))
        at += sound + pause
    return times


def spoken_length(word: str) -> float:
    """How long a word sounds, in syllables of average length."""
    spoken = speakable(word)
    wide = len(_WIDE.findall(spoken))
    letters = sum(map(str.isalpha, spoken)) - wide
    syllables = letters if spoken.isupper() and letters < 5 else len(_VOWELS.findall(spoken))
    digits = sum(map(str.isdigit, spoken))
    return max(0.5, wide + digits + 0.6 * max(syllables, letters > 0) + 0.12 * letters)


def _in_order(words: Sequence[WordTime], duration_ms: int) -> list[WordTime]:
    """An engine's words cut as visible ones are, none before the one before it or after the end."""
    ordered: list[WordTime] = []
    since_ms = 0
    for word in words:
        start_ms = min(max(word.start_ms, since_ms), duration_ms)
        since_ms = min(max(word.end_ms, start_ms), duration_ms)
        ordered += _spread(words_of(word.text), start_ms, since_ms)
    return ordered


def _key(word: str) -> str:
    normal = unicodedata.normalize("NFKC", speakable(word)).casefold()
    return "".join(filter(str.isalnum, normal))
