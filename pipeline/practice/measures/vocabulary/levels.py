"""At which level a word is met, by lists of our own; and which word of the list a form belongs to.

The lists are an estimate by Kaikou's makers, in five bands with the names of the Common European Framework: 2,900 English
and 2,300 Chinese words. They are no part of CEFR-J, HSK or any official list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from pipeline.practice.practice import Level

LEVELS: tuple[Level, ...] = ("A1", "A2", "B1", "B2", "C1")
_FILES: Mapping[str, str] = {"en": "english.txt", "zh": "chinese.txt"}
_IRREGULAR: Mapping[str, str] = dict(
    pair.split(":")
    for pair in (
        "went:go gone:go goes:go came:come got:get gotten:get made:make took:take taken:take gave:give given:give saw:see "
        "seen:see heard:hear said:say told:tell spoke:speak spoken:speak knew:know known:know thought:think had:have "
        "ate:eat eaten:eat drank:drink drunk:drink slept:sleep sat:sit stood:stand ran:run swam:swim swum:swim drove:drive "
        "driven:drive rode:ride ridden:ride flew:fly flown:fly bought:buy sold:sell paid:pay wrote:write written:write "
        "learnt:learn taught:teach understood:understand began:begin begun:begin found:find met:meet left:leave "
        "brought:bring wore:wear worn:wear woke:wake woken:wake sang:sing sung:sing kept:keep felt:feel became:become "
        "lost:lose won:win built:build sent:send spent:spend lent:lend caught:catch chose:choose chosen:choose broke:break "
        "fell:fall fallen:fall forgot:forget forgotten:forget grew:grow grown:grow held:hold hid:hide hidden:hide hung:hang "
        "led:lead meant:mean rang:ring rose:rise risen:rise shook:shake shaken:shake shone:shine shot:shoot stole:steal "
        "stolen:steal stuck:stick threw:throw thrown:throw wound:wind drew:draw drawn:draw blew:blow fought:fight "
        "froze:freeze dealt:deal dreamt:dream bit:bite bitten:bite bent:bend bled:bleed fed:feed sought:seek struck:strike "
        "arose:arise arisen:arise underwent:undergo overcame:overcome withdrew:withdraw withdrawn:withdraw "
        "men:man women:woman children:child people:person feet:foot teeth:tooth mice:mouse geese:goose lives:life "
        "wives:wife knives:knife leaves:leaf shelves:shelf halves:half themselves:them myself:me yourself:you himself:him "
        "herself:her itself:it ourselves:us better:good best:good worse:bad worst:bad further:far farther:far "
        "criteria:criterion phenomena:phenomenon analyses:analysis crises:crisis hypotheses:hypothesis "
        "don't:do doesn't:do didn't:do won't:will wouldn't:would can't:can couldn't:could shouldn't:should isn't:be "
        "aren't:be wasn't:be weren't:be haven't:have hasn't:have hadn't:have i'm:be i've:have i'd:would i'll:will it's:be "
        "that's:be there's:be he's:be she's:be we're:be they're:be you're:be what's:be let's:let gonna:go wanna:want"
    ).split()
)  # fmt: skip
_DOUBLED = re.compile(r"([bdgklmnprtvz])\1$")


def level_of(word: str, language: str) -> Level | None:
    """The level of a word or of what it is a form of; None where it is not in our list."""
    return words_by_level(language).get(lemma_of(word, language))


def lemma_of(word: str, language: str) -> str:
    """The word of our list that `word` is a form of; itself where there is none, and in Chinese."""
    known = words_by_level(language)
    if language != "en" or word in known:
        return word
    irregular = _IRREGULAR.get(word)
    if irregular and irregular in known:
        return irregular
    return next((stem for stem in _stems(word) if stem in known), word)


@cache
def words_by_level(language: str) -> Mapping[str, Level]:
    """All words of a language's list; none where there is no list."""
    if language not in _FILES:
        return {}
    levels: dict[str, Level] = {}
    _, *bands = (Path(__file__).parent / _FILES[language]).read_text("utf-8").split("\n# ")
    for level, band in zip(LEVELS, bands, strict=True):
        levels |= dict.fromkeys(band.split()[1:], level)
    return levels


def _stems(word: str) -> Iterator[str]:
    """What an English form may be of, the likeliest first."""
    word = word.removesuffix("'s")
    yield word
    endings = (("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ing", ""), ("er", ""), ("est", ""))
    for ending, instead in (*endings, ("ier", "y"), ("iest", "y"), ("ily", "y"), ("ly", "")):
        stem = word.removesuffix(ending) + instead
        if stem == word or len(stem) < 2:
            continue
        yield stem
        if ending != "s":
            yield stem + "e"
        if _DOUBLED.search(stem):
            yield stem[:-1]
