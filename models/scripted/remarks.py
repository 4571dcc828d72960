"""What can honestly be said about a person's answers by counting: the conditions of a plan's follow-ups and closing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from models.scripted.words import length, quote
from models.scripted.words import sound as sounds_like
from pipeline.characters.character import Remark
from pipeline.memory.words import tokens, weight_of

SHORT_ANSWER = 12
"""Words below which an answer in an interview is short."""

RIGHT, SOUNDS_RIGHT = 0.7, 0.8
"""Share of an expected answer that must be heard, and what a word counts that only sounds like the expected one."""

_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|thousands?|"
    r"million|percent|half|twice|double[d]?)\b|[二两三四五六七八九十百千万]+[个年月天周人次倍名万元分]|百分之|一半|翻倍",
    re.IGNORECASE,
)
_STORY = re.compile(
    r"\b(?:once|when (?:i|we)|one (?:day|time)|for (?:example|instance)|last (?:year|month|week|summer|spring)|ago)\b|"
    r"有一次|比如|当时|去年|上个?月|那时|例如|前年",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:things?|stuff|various|etc(?:etera)?|somehow|whatever|and so on)\b|之类|等等|一些|各种|差不多", re.IGNORECASE
)
_FILLER = re.compile(
    r"\b(?:um+|uh+|er+m?|you know|i mean|sort of|kind of|basically)\b|嗯+|呃+|那个，|就是说|然后呢", re.IGNORECASE
)
_WE = re.compile(r"\b(?:we|our|us)\b|我们|咱们", re.IGNORECASE)
_I = re.compile(r"\b(?:i|my|me|i['’]\w+)\b|我(?!们)", re.IGNORECASE)


def _often_we(text: str) -> bool:
    return len(_WE.findall(text)) > max(1, len(_I.findall(text)))


_OF_ANSWER: Mapping[str, Callable[[str], bool]] = {
    "always": lambda text: True,
    "short": lambda text: length(text) < SHORT_ANSWER,
    "vague": lambda text: bool(_VAGUE.search(text)),
    "numbers": lambda text: bool(_NUMBER.search(text)),
    "no_numbers": lambda text: not _NUMBER.search(text),
    "we": _often_we,
    "fillers": lambda text: len(_FILLER.findall(text)) >= 2,
    "story": lambda text: bool(_STORY.search(text)),
    "no_story": lambda text: not _STORY.search(text),
}


def holds(when: str, answer: str) -> bool:
    """Whether a condition holds of one answer; those about a whole drill never do."""
    return when in _OF_ANSWER and _OF_ANSWER[when](answer)


def holds_of_all(when: str, said: Sequence[str], good: int, total: int) -> bool:
    """Whether a condition holds of a whole talk: of most answers for what is about length, of any for what is shown."""
    texts = [text for text in said if length(text) > 2]
    match when:
        case "all_good":
            return total > 0 and good == total
        case "some_good":
            return 2 * good >= total > 0
        case "short":
            return 2 * sum(holds(when, text) for text in texts) > len(texts)
        case "no_numbers":
            return not any(holds("numbers", text) for text in texts)
        case "we":
            return _often_we(" ".join(texts))
        case "fillers":
            count = sum(len(_FILLER.findall(text)) for text in texts)
            return count >= 4 and 30 * count >= sum(map(length, texts))
        case _:
            return any(holds(when, text) for text in texts)


def first_that_holds(remarks: Sequence[Remark], answer: str) -> Remark | None:
    """The follow-up that fits an answer, if one does."""
    return next((remark for remark in remarks if holds(remark.when, answer)), None)


def best_quote(said: Sequence[str], when: str) -> str:
    """A piece of what was said that shows the strength `when` is about; the fullest answer where none does."""
    numbers = when == "numbers"
    fitting = [text for text in said if when in ("numbers", "story") and holds(when, text)] or list(said)
    for text in sorted(fitting, key=length, reverse=True):
        if piece := quote(text, numbers=numbers):
            return piece
    return ""


def is_right(expects: Sequence[str], said: str) -> bool:
    """Whether what was said has the words of one of the expected answers; where none is expected, any will do."""
    heard = set(tokens(said[:600]))
    sounds = {sounds_like(token) for token in heard if token.isascii() and len(token) > 3}
    return not expects or any(_share(answer, heard, sounds) >= RIGHT for answer in expects)


def _share(answer: str, heard: set[str], sounds: set[str]) -> float:
    wanted = set(tokens(answer))
    alike = {token for token in wanted - heard if len(token) > 3 and sounds_like(token) in sounds}
    credit = sum(map(weight_of, wanted & heard)) + SOUNDS_RIGHT * sum(map(weight_of, alike))
    return credit / (sum(map(weight_of, wanted)) or 1.0)
