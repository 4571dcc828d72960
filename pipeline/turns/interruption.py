"""What a voice over a reply means: an interruption, a listener's noise, any noise, or the reply's own echo. Pure.

The reply is quiet while this is in doubt, so nothing is lost by hearing a voice out: a first word is believed only when
enough of a voice came with it, since a recogniser makes words of everything. What decides, in this order:

    an echo         the reply explains the sound, see `echo`; a weaker resemblance will do when the words are its own, too
    no words        a noise
    a backchannel   "uh-huh", "嗯"; but where the reply is all but over, "yes" is an answer
    "stop", "等等"   an interruption, however short and soft
    a short sound   a noise, whatever the recogniser made of it; of a soft voice more counts as short
    anything else   an interruption
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

BACKCHANNELS: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        "uh huh uhhuh mhm mm mmm mmhmm hm hmm um erm yeah yep yes ok okay right sure oh ah aha wow i see really good "
        "great nice cool got it yup yea alright exactly totally gotcha interesting indeed true ha haha".split()
    ),
    "zh": frozenset(
        "嗯 嗯嗯 哦 噢 喔 啊 呃 对 对对 对的 是 是的 好 好的 行 可以 没错 不错 原来如此 真的 这样啊 哈哈 "
        "明白 明白了 知道了".split()
    ),
}
"""What listeners say while they listen, by language: single words, and the words of which such noises are made."""

BACKCHANNEL_CHARACTERS = frozenset("嗯啊哦噢喔呃对是好哈呀哎诶的")
"""Of these alone listeners' noises in Chinese are made, however often repeated: 对对对, 嗯嗯, 是啊."""

MOST_BACKCHANNEL_WORDS = 3
"""A longer run of them is a sentence."""

FLOOR_TAKERS: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        "stop wait no nope hold hang hey what why how who where when which sorry excuse pardon but actually listen "
        "please enough quiet silence next skip again repeat help cancel".split()
    ),
    "zh": frozenset(
        "停 停停 停下 等 等等 等一下 等下 不 不对 不是 不行 不用 别 什么 为什么 怎么 谁 够了 安静 打住 喂 但是".split()
    ),
}
"""What a person says, alone and however shortly, to get the floor, by language."""

SURE_MS = 700
"""So much voice before partial words are believed: of 28 backchannels the longest natural one had 580."""

SHORT_MS, SHORT_SOFT_MS = 450, 700
"""A voice, or a soft one, that is not longer than this says something only in the words of `FLOOR_TAKERS`."""

ECHO, ECHO_IN_WORDS = 0.6, 0.3
"""Likeness to the reply that makes a sound its echo: by itself, and when its words are the reply's."""

SAID = 0.6
"""So much of a text must have been said by the reply for its words to be the reply's."""

ANSWER_MS = 1_000
"""With less than this of the reply to come, "yes" is an answer to it."""


class Verdict(StrEnum):
    """What a voice over a reply was."""

    INTERRUPTION = "interruption"
    BACKCHANNEL = "backchannel"
    NOISE = "noise"
    ECHO = "echo"


@dataclass(frozen=True, slots=True)
class Sound:
    """What is known of a voice besides its words; the defaults are those of an ordinary voice in silence.

    voiced_ms: how much of it was voice. soft: whether it is much softer than the person's turns are.
    echo: how like the echo of a reply it is, 0 to 1. said: how much of its words a reply has just said, 0 to 1.
    left_ms: what is still to be heard of the reply; None while nobody knows.
    """

    voiced_ms: int = 1_000
    soft: bool = False
    echo: float = 0.0
    said: float = 0.0
    left_ms: int | None = None

    @property
    def is_echo(self) -> bool:
        """Whether it is the reply, heard again."""
        return self.echo >= (ECHO_IN_WORDS if self.said >= SAID else ECHO)


def judge(text: str, sound: Sound, *, final: bool) -> Verdict | None:
    """What a voice over a reply is, by its words so far or its `final` ones. None, only before those: not known yet."""
    words = words_of(text)
    if sound.is_echo:
        verdict = Verdict.ECHO
    elif not words:
        verdict = Verdict.NOISE
    elif len(words) <= MOST_BACKCHANNEL_WORDS and all(map(_is_backchannel, words)):
        answers = sound.left_ms is not None and sound.left_ms < ANSWER_MS
        verdict = Verdict.INTERRUPTION if answers else Verdict.BACKCHANNEL
    elif any(word in takers for word in words for takers in FLOOR_TAKERS.values()):
        verdict = Verdict.INTERRUPTION
    elif sound.voiced_ms <= (SHORT_SOFT_MS if sound.soft else SHORT_MS):
        verdict = Verdict.NOISE
    else:
        verdict = Verdict.INTERRUPTION
    believed = verdict is Verdict.INTERRUPTION and sound.voiced_ms >= SURE_MS
    return verdict if final or believed else None


def words_of(text: str) -> list[str]:
    """The words of a text without case and punctuation; a run of Chinese characters is one word."""
    cleaned = (character if _is_word(character) else " " for character in unicodedata.normalize("NFKC", text))
    return "".join(cleaned).lower().replace("'", "").split()


def same_words(one: str, other: str) -> bool:
    """Whether two texts are equal up to case, punctuation and spacing."""
    return "".join(words_of(one)) == "".join(words_of(other))


def _is_backchannel(word: str) -> bool:
    known = any(word in words for words in BACKCHANNELS.values())
    return known or (len(word) <= 4 and BACKCHANNEL_CHARACTERS.issuperset(word))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "'"
