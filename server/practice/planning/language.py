"""The plan of speaking a language by rules: the steps of a scene, or of free talk, and the cards that are due. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from pipeline.practice.director.plan import says
from pipeline.practice.practice import Goal, LanguageSetup, Phrase, Practice, PracticeStep
from server.characters.reading import read_toml
from server.practice.cards.sides import DueCard
from server.practice.planning.words import CARD, WORDS
from server.practice.templates.file_format import SceneFile, StepTable
from server.practice.templates.reading import parse_template

FREE = Path(__file__).parent / "free"
"""What free talk is about, a file for each goal, as a scene's."""

MOST_CARDS = 3
"""Steps that ask for cards that are due; further ones are worked in where they fit."""


@dataclass(frozen=True, slots=True)
class LanguageAsked:
    """What speaking a language is planned of. due: the longest overdue card first."""

    id: str
    language: str
    own_language: str
    character_id: str
    setup: LanguageSetup
    scene: SceneFile
    seed: str
    due: Sequence[DueCard] = ()


@cache
def free_talk(goal: Goal) -> SceneFile:
    """What free talk is about for who practises for that."""
    found = read_toml(FREE / f"{goal}.toml", lambda _content, data: parse_template(data))
    assert isinstance(found, SceneFile)
    return found


def planned_language(asked: LanguageAsked) -> Practice:
    """The practice. The scene must have a table of its language."""
    said, shown = asked.scene.shown(asked.language), asked.scene.shown(asked.own_language)
    words, phrases, random = WORDS[asked.language], _phrases(asked), Random(asked.seed)
    steps = [_step(step, shown.steps[number].title, phrases, random) for number, step in enumerate(_ordered(asked))]
    cards = [_card(card, asked) for card in asked.due[:MOST_CARDS]]
    return Practice(
        asked.id,
        "language",
        asked.language,
        asked.own_language,
        asked.character_id,
        shown.title,
        scene=asked.setup,
        place=said.place,
        you=said.you or words.learner,
        they=said.they or words.partner,
        opening=said.opening.replace("{minutes}", str(asked.setup.minutes)),
        closing=said.closing,
        steps=tuple(_with_cards(steps, cards)),
        phrases=tuple(phrases.values()),
        due={card.front: card.back for card in asked.due[MOST_CARDS:]},
    )


def _ordered(asked: LanguageAsked) -> Iterator[StepTable]:
    """The steps as the table has them in whose words they are shown."""
    said = {step.id: step for step in asked.scene.shown(asked.language).steps}
    return (said[step.id] for step in asked.scene.shown(asked.own_language).steps)


def _phrases(asked: LanguageAsked) -> Mapping[str, Phrase]:
    """By id; without a meaning where that would be the same text."""
    own = {phrase.id: phrase.text for phrase in asked.scene.shown(asked.own_language).phrases}
    said = asked.scene.shown(asked.language).phrases
    return {one.id: Phrase(one.text, own[one.id] if own[one.id] != one.text else "") for one in said}


def _step(step: StepTable, title: str, phrases: Mapping[str, Phrase], random: Random) -> PracticeStep:
    ways = tuple(random.sample(step.ask, len(step.ask)))  # in another order each time
    needed = tuple(phrases[id] for id in step.phrases)
    return PracticeStep(step.id, title, ways, step.hint, phrases=needed, words=step.words)


def _card(card: DueCard, asked: LanguageAsked) -> PracticeStep:
    said, shown = WORDS[asked.language].steps[CARD], WORDS[asked.own_language].steps[CARD]
    ways = tuple(way.replace("{front}", card.front) for way in said.ask)
    words = (better_in(card.front, card.back, asked.language),)
    return PracticeStep(f"{CARD}-{card.id}", shown.title, ways, card.back, words=words, card=card.id)


def better_in(front: str, back: str, language: str) -> str:
    """What is said better on the back of a card: what both sides do not begin and end with, and around it as many words
    as it takes not to stand on the front as well; all of the back where nothing less is.
    """
    cut, joint = (list, "") if language == "zh" else (str.split, " ")
    old, new = list(cut(front)), list(cut(back))
    start, end, less = 0, len(new), len(old) - len(new)
    while start < min(end, len(old)) and old[start] == new[start]:
        start += 1
    while end > start and end + less > start and old[end + less - 1] == new[end - 1]:
        end -= 1
    while (start, end) != (0, len(new)) and says(joint.join(new[start:end]), front):
        start, end = max(0, start - 1), min(len(new), end + 1)
    return joint.join(new[start:end]).strip(" .,!?。，！？") or back


def _with_cards(steps: Sequence[PracticeStep], cards: Sequence[PracticeStep]) -> Iterator[PracticeStep]:
    """The cards between the steps, never first: a talk begins with what it is about."""
    every = max(1, len(steps) // (len(cards) + 1))
    for number, step in enumerate(steps, 1):
        yield step
        place, due = divmod(number, every)
        if due == 0 and place <= len(cards):
            yield cards[place - 1]
    yield from cards[len(steps) // every :]
