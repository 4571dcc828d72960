"""How finished the words of a turn sound, as log-odds that it is over: 0 says nothing, 2 that seven in eight are. Pure.

Whoever stops at "and", at "嗯" or within a number goes on; whoever has asked something waits for the answer. The figures
are round, since recognisers err, and since no list of words knows what somebody means to say.
"""

from __future__ import annotations

import re

from pipeline.text.language import is_han
from pipeline.turns.interruption import words_of

ASKED = 2.0
"""A question."""

COMPLETE = 0.7
"""Words that could be all there is."""

HALF_OPEN = -1.0
"""Words that end some sentences and go on in others: "I like that", "I like that one"."""

OPEN = -2.4
"""More must come, if this is what was said: recognisers end in "the" for no reason."""

SEARCHING = -4.5
"""More comes: a conjunction or a sound of thought, which is seldom heard where it was not said."""

SEARCHING_ENDINGS = frozenset("and or but nor because if unless whereas although whether um uhm uh er erm".split())
"""Last words, as `words_of` gives them, at which somebody looks for the next."""

OPEN_ENDINGS = frozenset(
    "a an the my your our their its every until while though than since as of from into onto with without between "
    "during towards among for to at by i im he hes she shes we were they theyre youre ive weve thats theres lets id ill "
    "is are was be been am has very quite just also even whose which hmm".split()
)
"""Last words after which an English statement is not over."""

HALF_OPEN_ENDINGS = frozenset(
    "that this these those some any another his so then well do does did can could will would should might must have "
    "had going want need think mean it you not really maybe like about in on out up over under through after before "
    "too only still yet both what how why who where when".split()
)

QUESTION_ENDINGS = frozenset(
    "for to at by of from with about in on like are is was am been do does did can will would should have want need "
    "think mean going it you that this these those they we i he she so".split()
)
"""Open or half open in a statement, but not in a question: "Where are you from", "What does it mean"."""

QUESTION_WORDS = frozenset("what whats who whos where wheres when whens why whys how hows which".split())
AUXILIARIES = frozenset(
    "is are was were am do does did dont doesnt didnt can cant could will would should may have has havent isnt "
    "arent".split()
)
SUBJECTS = frozenset("i you he she it we they there this that these those the my your anyone anybody".split())
AFTER_QUESTION_WORDS = AUXILIARIES | frozenset("about much many long old far often time kind else come not".split())

ALONE = frozenset("well so actually anyway hmm right now 那 那么 就 这个 那个".split()) | SEARCHING_ENDINGS
"""Words that take the floor and say nothing yet, if there are no others."""

SEARCHING_ENDINGS_ZH = tuple("嗯 呃 然后 因为 所以 但是 可是 不过 而且 比如 比如说 如果 虽然 或者 以及 并且".split())
OPEN_ENDINGS_ZH = tuple(
    "那个 这个 还有 就是 就是说 要是 除了 关于 和 跟 与 或 还是 的话 我觉得 我想 是 在 把 被 给 对于 从 很 非常".split()
)
"""Endings after which a Chinese sentence is not over."""

CLOSED_ENDINGS_ZH = ("也是", "不是", "是不是")
QUESTION_ENDINGS_ZH = tuple("吗 呢 吧 么 谁 哪里 哪儿 多少 是不是".split())
ANSWERS_ZH = frozenset("是 对 在".split())

NUMBERS = frozenset(
    "zero one two three four five six seven eight nine oh double triple 零 一 二 三 四 五 六 七 八 九 幺".split()
)
"""A turn that ends in two of these may be a number that is being dictated."""

BREAKS_OFF = (",", "，", "、", ";", "；", "-", "—")
TRAILS_OFF = ("…", "...")
"""What a recogniser that punctuates writes where a voice breaks off: Whisper base in 7 of 108 pauses and at no end of 52."""

SENTENCE = re.compile(r"[A-Z][a-z']*[ ,].*[a-z].*\w", re.DOTALL)
"""A sentence as it is written, but without a mark at its end. Whisper base leaves it out in one of three pauses and at one
of ten ends; a full stop, which it puts in half of the pauses, says little."""

SENTENCE_WORDS = 4
"""Shorter answers are often written without a mark: "10 of clubs"."""

FIGURES = re.compile(r"(\b\d+ \d+|\d{5,})\W*$")
"""A telephone number as it is written, or what was said of it so far; no year, price or time of day."""


def finished(text: str) -> float:
    """The log-odds that these are all the words of the turn; 0 for none."""
    words = words_of(text)
    if not words:
        return 0.0
    if text.rstrip().endswith(("?", "？")):
        return ASKED
    certainty = _finished_chinese(words[-1]) if is_han(words[-1][-1]) else _finished_english(words)
    if ALONE.issuperset(words) or _is_dictating(words, text) or text.rstrip().endswith(TRAILS_OFF):
        certainty = min(certainty, OPEN)
    if text.rstrip().endswith(BREAKS_OFF) or (certainty < ASKED and _has_no_mark(words, text.strip())):
        certainty = min(certainty, HALF_OPEN)
    return certainty


def _has_no_mark(words: list[str], text: str) -> bool:
    return len(words) >= SENTENCE_WORDS and SENTENCE.fullmatch(text) is not None


def _finished_english(words: list[str]) -> float:
    asked, last = _is_question(words), words[-1]
    if last in SEARCHING_ENDINGS:
        return SEARCHING
    if asked and (last in QUESTION_ENDINGS or last not in OPEN_ENDINGS):
        return ASKED
    if last in OPEN_ENDINGS:
        return OPEN
    return HALF_OPEN if last in HALF_OPEN_ENDINGS else COMPLETE


def _finished_chinese(sentence: str) -> float:
    if sentence.endswith(SEARCHING_ENDINGS_ZH):
        return SEARCHING
    if sentence.endswith(QUESTION_ENDINGS_ZH):
        return ASKED
    if sentence in ANSWERS_ZH or sentence.endswith(CLOSED_ENDINGS_ZH):
        return COMPLETE
    return OPEN if sentence.endswith(OPEN_ENDINGS_ZH) else COMPLETE


def _is_question(words: list[str]) -> bool:
    while words and words[0] in ALONE | {"okay", "hey", "sorry"}:
        words = words[1:]
    if len(words) == 1:
        return words[0] in QUESTION_WORDS
    first, second = words[:2] if words else ("", "")
    if first in QUESTION_WORDS:
        return second in AFTER_QUESTION_WORDS or first.endswith("s")
    return len(words) > 2 and first in AUXILIARIES and second in SUBJECTS


def _is_dictating(words: list[str], text: str) -> bool:
    if FIGURES.search(text):
        return True
    # Chinese digits come as one word: "一三八"
    last = words[-1]
    last_two = list(last[-2:]) if is_han(last[-1]) and len(last) > 1 else words[-2:]
    return len(last_two) == 2 and all(word in NUMBERS for word in last_two)
