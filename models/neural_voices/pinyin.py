"""How Chinese characters are read in context: words, pinyin with tone numbers, and the changes of tone in speech.

pypinyin's dictionary of phrases tells characters with several readings apart where a word does; the tables of
`models.neural_voices.chinese_words` add words that it lacks and contexts that are not words. The reading is as a word is
spoken: third tones in a row, 一 and 不 change, and weak syllables have tone 5.
"""

from __future__ import annotations

from functools import cache

from models.neural_voices.chinese_words import COMMON, CONTEXTS, FULL_ER, NEUTRAL, SYLLABLES, VERBS, WORDS
from pipeline.errors import EngineUnavailable

LONGEST_WORD = 8
DIGITS = frozenset("零〇一二三四五六七八九十百千万亿两")
COUNTED_NOT = frozenset("月号楼级班等")
"""After these, 一 is a name or an ordinal and keeps its tone: 一月, 一号, 一楼."""

Word = list[str]
"""The syllables of one word, each as pinyin with its tone as a digit: ["ni2", "hao3"]; ü is written v."""


def words(text: str) -> list[Word]:
    """The words of Chinese characters and nothing else, with their readings. Raises `EngineUnavailable`.

    Characters that no dictionary knows are left out.
    """
    cut = _cut(text)
    read = [_syllables(word) for word in cut]
    _read_in_context(text, cut, read)
    flat = [syllable for word in read for syllable in word]
    _change_yi_and_bu(text, flat)
    at, spoken = 0, list[Word]()
    for word in cut:
        syllables = _third_tones(flat[at : at + len(word)])
        at += len(word)
        spoken.append([syllable for syllable in syllables if syllable])
    return [word for word in _with_suffixes(cut, spoken) if word]


def _cut(text: str) -> list[str]:
    """The fewest words that make up the text; the later of two is the longer one, as people read."""
    known = _known()
    fewest = [0] + [len(text) + 1] * len(text)
    begins = [0] * (len(text) + 1)
    for end in range(1, len(text) + 1):
        for begin in range(max(0, end - LONGEST_WORD), end):
            is_word = end - begin == 1 or text[begin:end] in known
            if is_word and fewest[begin] + 1 < fewest[end]:
                fewest[end], begins[end] = fewest[begin] + 1, begin
    cut = list[str]()
    end = len(text)
    while end:
        cut.append(text[begins[end] : end])
        end = begins[end]
    return cut[::-1]


@cache
def _known() -> frozenset[str]:
    try:
        from pypinyin.constants import PHRASES_DICT
    except ImportError as error:
        raise EngineUnavailable("Chinese voices need pypinyin: pip install pypinyin.", engine="kokoro") from error
    return frozenset(PHRASES_DICT).union(WORDS, NEUTRAL, FULL_ER, COMMON)


@cache
def _dictionary_reading(word: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin

    found = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, errors=lambda rest: [""] * len(rest))
    return tuple(found) if len(found) == len(word) else ("",) * len(word)


def _syllables(word: str) -> Word:
    if word in WORDS:
        return WORDS[word].split()
    read = [SYLLABLES.get(word, "")] if word in SYLLABLES else list(_dictionary_reading(word))
    if word in NEUTRAL:
        read[-1] = _toned(read[-1], "5")
    return read


def _read_in_context(text: str, cut: list[str], read: list[Word]) -> None:
    """Characters that stand alone take their reading from what stands around them."""
    alone = dict[int, int]()
    at = 0
    for index, word in enumerate(cut):
        if len(word) == 1:
            alone[at] = index
        at += len(word)
    for pattern, syllable in CONTEXTS:
        for found in pattern.finditer(text):
            if found.start() in alone:
                read[alone[found.start()]] = [syllable]


def _change_yi_and_bu(text: str, syllables: list[str]) -> None:
    for at, character in enumerate(text):
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        tone = syllables[at + 1][-1:] if after else ""
        if character not in "一不" or syllables[at] not in ("yi1", "bu4", "yi4", "yi2", "bu2"):
            continue
        if before and before == after and (character == "不" or before in VERBS):  # 好不好, 看一看
            syllables[at] = _toned(syllables[at], "5")
        elif character == "不":
            syllables[at] = "bu2" if tone == "4" else "bu4"
        elif _counted(before, after, text[at + 2 : at + 3]) and tone in "12345":
            # 个 is weak, and a fourth tone all the same to what stands before it.
            syllables[at] = "yi2" if tone == "4" or after == "个" else "yi4"
        else:
            syllables[at] = "yi1"


def _counted(before: str, after: str, then: str) -> bool:
    """Whether 一 counts what follows: 一天 and 一百, not 第一, 十一, 一九九八, 一月 or 统一."""
    if after and after in "百千万亿":
        return True
    if not after or before in DIGITS | {"第", "初", "周", "星", "期"}:
        return False
    if after in COUNTED_NOT:
        return after == "等" and then != "奖"
    return after not in DIGITS


def _third_tones(word: Word) -> Word:
    """Of third tones in a row within a word all but the last are second ones: ni3 hao3 -> ni2 hao3.

    Between words the voice does it by itself: it was trained on the tones of the dictionary and sounds 你买吗 and
    很好 right (seen in its pitch), so that only words, where it is never wrong, are written out.
    """
    tones = [syllable[-1:] for syllable in word]
    return [
        _toned(syllable, "2") if tone == "3" and after == "3" else syllable
        for syllable, tone, after in zip(word, tones, [*tones[1:], ""], strict=True)
    ]


def _with_suffixes(cut: list[str], read: list[Word]) -> list[Word]:
    """儿 is joined to the word before it as its ending, unless it is a word's own syllable (女儿, 儿童)."""
    joined = list[Word]()
    for word, syllables in zip(cut, read, strict=True):
        if word.endswith("儿") and word not in FULL_ER and (len(word) > 1 or joined):
            syllables = [*syllables[:-1], "er5"]
            if len(word) == 1:
                joined[-1] = [*joined[-1], *syllables]
                continue
        joined.append(syllables)
    return joined


def _toned(syllable: str, tone: str) -> str:
    return syllable[:-1] + tone if syllable else ""
