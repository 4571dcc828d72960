"""Where somebody said words again or began anew: repetitions, words broken off, and words that announce a correction.

What is said twice on purpose is none: "very very", "had had", numbers, 看看, 妈妈. A repetition with fillers in it counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pipeline.practice.measures.turn import OrderedTurn, plain

LONGEST = 4
"""Of so many words (in Chinese, twice as many characters) a repetition is noticed."""

_MEANT = frozenset(
    "very really so many much far long that had no yes yeah bye ha ha-ha knock please more never again ever big old too oh "
    "zero one two three four five six seven eight nine ten hundred blah okay ok well there now come go".split()
)
_DETERMINERS = frozenset("a an the".split())
_AFTER_DETERMINER = _DETERMINERS | frozenset("this that these those my your his her its our their".split())
_SUBJECTS = frozenset("i he she we they".split())
_TELLING = frozenset(
    "think thought know knew hope guess believe said say says wish feel felt mean suppose bet see saw told sure swear "
    "imagine found find heard hear wonder noticed understand understood forget forgot if when because and but".split()
)
"""Behind these the same subject may come again: "I think I know"."""
_ANNOUNCED = re.compile(r"(?<= )(?:no wait|wait no|sorry i mean|i mean to say|or rather|i meant|let me rephrase)(?= )")
_ANNOUNCED_CHINESE = re.compile(r"(?<=\|)不对(?=\||[我是他她])|不是\|?我是说|我是说|说错了")
_FUNCTION = frozenset("我你他她它们这那的是在有就也都不会要能可想因所但和跟把被给对从到去为如果没还很只")
_REDUPLICATED = frozenset("谢常慢刚人天")


def repairs_in(turn: OrderedTurn, fillers: Collection[int]) -> Sequence[range]:
    """The indices of the words of each repair, with what was said in place of them."""
    kept = [n for n in range(len(turn.words)) if n not in fillers]
    texts = [plain(turn.words[n].text) for n in kept]
    found: list[range] = []
    at = 0
    while at < len(texts):
        length = _repeated(turn, kept, texts, at)
        if not length and turn.language == "en" and _begun_anew(turn, kept, texts, at):
            length = 1
        if not length and _broken_off(turn, kept[at]):
            length = 1
        if length:
            found.append(range(kept[at], kept[min(at + 2 * length, len(kept)) - 1] + 1))
        at += length or 1
    announced = _ANNOUNCED_CHINESE if turn.language == "zh" else _ANNOUNCED
    taken = {n for words in found for n in words}
    found += [words for words in turn.line.found(announced) if not taken.intersection(words)]
    return sorted(found, key=lambda words: words.start)


def _repeated(turn: OrderedTurn, kept: Sequence[int], texts: Sequence[str], at: int) -> int:
    """How many words from `at` on are said again at once; 0 if none."""
    chinese = turn.language == "zh"
    for length in range(2 * LONGEST if chinese else LONGEST, 0, -1):
        again = texts[at : at + length]
        if at + 2 * length > len(texts) or again != texts[at + length : at + 2 * length]:
            continue
        if _is_meant_chinese("".join(again)) if chinese else set(again) <= _MEANT or any(map(_is_number, again)):
            continue
        if not any(_sentence_ends(turn, kept[n], kept[n + 1]) for n in range(at, at + 2 * length - 1)):
            return length
    return 0


def _is_meant_chinese(said: str) -> bool:
    if len(said) > 2 or not _FUNCTION.isdisjoint(said):
        return len(said) == 2 and said in ("可以", "不要", "没有", "对对", "不会", "不是", "是的")
    return True


def _begun_anew(turn: OrderedTurn, kept: Sequence[int], texts: Sequence[str], at: int) -> bool:
    """Two determiners or two subjects in a row, or the same subject again after one word that does not tell."""
    rest = texts[at : at + 3]
    if len(rest) < 2 or turn.marked(kept[at + 1]):
        return False
    if rest[0] in _DETERMINERS and rest[1] in _AFTER_DETERMINER:
        return True
    if rest[0] not in _SUBJECTS:
        return False
    if rest[1] in _SUBJECTS:
        return True
    return len(rest) == 3 and rest[2] == rest[0] and rest[1] not in _TELLING and not turn.marked(kept[at + 2])


def _broken_off(turn: OrderedTurn, index: int) -> bool:
    """Whether the recogniser wrote a dash on the word and nothing behind it: "th- the"."""
    end = turn.words[index].end
    return end > 0 and turn.text[end : end + 1] in ("-", "‐") and not turn.text[end + 1 : end + 2].strip()


def _is_number(word: str) -> bool:
    return any(map(str.isdigit, word))


def _sentence_ends(turn: OrderedTurn, first: int, second: int) -> bool:
    return any(mark in ".!?。！？" for mark in turn.text[turn.words[first].end : max(turn.words[second].at, 0)])
