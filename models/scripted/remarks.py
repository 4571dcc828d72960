"""What can honestly be said about a person's answers by counting: the conditions of a plan's follow-ups and closing."""

from __future__ import annotations

from collections.abc import Sequence

from models.scripted.words import quote
from models.scripted.words import sound as sounds_like
from pipeline.characters.character import Remark
from pipeline.memory.words import tokens, weight_of
from pipeline.practice.director.conditions import FILLER, holds, length, often_we

RIGHT, SOUNDS_RIGHT = 0.7, 0.8
"""Share of an expected answer that must be heard, and what a word counts that only sounds like the expected one."""


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
            return often_we(" ".join(texts))
        case "fillers":
            count = sum(len(FILLER.findall(text)) for text in texts)
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
