"""Whether words spoken over a reply mean to take the floor, and whether two texts say the same. Pure."""

from __future__ import annotations

import unicodedata

BACKCHANNELS = frozenset(
    "uh huh uhhuh mhm mm mmm hm hmm yeah yep yes ok okay right sure oh ah aha wow i see really good great nice cool "
    "got it yup yea alright exactly totally gotcha interesting indeed "
    "嗯 嗯嗯 哦 噢 喔 啊 呃 对 对对 对的 是 是的 好 好的 行 可以 没错 原来如此 真的 这样啊 哈哈".split()
)
"""What listeners say while they listen: single words, and the words of which such noises are made."""

BACKCHANNEL_CHARACTERS = frozenset("嗯啊哦噢喔呃对是好哈呀哎诶的")
"""Of these alone listeners' noises in Chinese are made, however often repeated: 对对对, 嗯嗯, 是啊."""

MOST_BACKCHANNEL_WORDS = 3
"""A longer run of them is a sentence."""


def words_of(text: str) -> list[str]:
    """The words of a text without case and punctuation; a run of Chinese characters is one word."""
    cleaned = (character if _is_word(character) else " " for character in unicodedata.normalize("NFKC", text))
    return "".join(cleaned).lower().replace("'", "").split()


def same_words(one: str, other: str) -> bool:
    """Whether two texts are equal up to case, punctuation and spacing."""
    return "".join(words_of(one)) == "".join(words_of(other))


def means_to_interrupt(text: str) -> bool:
    """Whether `text`, spoken over a reply, is more than a listener's noise."""
    words = words_of(text)
    if not words:
        return False
    return len(words) > MOST_BACKCHANNEL_WORDS or not all(map(_is_backchannel, words))


def _is_backchannel(word: str) -> bool:
    return word in BACKCHANNELS or (len(word) <= 4 and BACKCHANNEL_CHARACTERS.issuperset(word))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "'"
