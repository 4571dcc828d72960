"""The plan of an interview by rules: which questions of a role, in which order. Pure, and the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from pipeline.practice.practice import InterviewSetup, Practice, PracticeStep
from server.practice.planning.resume import achievements_in
from server.practice.planning.words import CLOSING, OPENING, RESUME, WHY, WORDS
from server.practice.templates.file_format import QuestionTable, RoleFile

MINUTES_EACH = 3.5
"""Of one question, with what is asked further."""

FRAME_MINUTES = 3.0
"""Of what stands around them: who one is, what one would like to ask, good-bye."""

SHARE_OF_RESUME, MOST_OF_RESUME = 3, 3
"""One question in so many is of the CV, where there is one; and at most so many."""

LEVELS = ("entry", "middle", "senior")

FRAME = frozenset({OPENING, WHY, CLOSING})
"""Steps that every interview may have, whatever the role."""

SHORT_WORD = 4
"""Shorter words must be whole: "go" is not in "good"."""

MOST_PLACES = 200
"""At which a word is looked for in an advert and a CV: of 2 × 20,000 characters in 1 ms, whatever they are."""


@dataclass(frozen=True, slots=True)
class InterviewAsked:
    """What an interview is planned of. before: the ids of the steps of the person's last one of that role."""

    id: str
    language: str
    own_language: str
    character_id: str
    setup: InterviewSetup
    role: RoleFile
    seed: str
    before: Sequence[str] = ()


def planned_interview(asked: InterviewAsked) -> Practice:
    """The interview. The role must have a table of its language."""
    setup, said, shown = asked.setup, asked.role.shown(asked.language), asked.role.shown(asked.own_language)
    words = WORDS[asked.language]
    return Practice(
        asked.id,
        "interview",
        asked.language,
        asked.own_language,
        asked.character_id,
        shown.title,
        interview=setup,
        place=said.place,
        you=words.candidate,
        they=words.interviewer,
        opening=said.opening.replace("{minutes}", str(setup.minutes)),
        closing=said.closing,
        steps=tuple(_steps(asked)),
    )


def questions_for(minutes: int) -> int:
    """How many fit into it, without those of the frame."""
    return max(1, round((minutes - FRAME_MINUTES) / MINUTES_EACH))


def _steps(asked: InterviewAsked) -> Iterator[PracticeStep]:
    count, setup, random = questions_for(asked.setup.minutes), asked.setup, Random(asked.seed)
    yield _frame(OPENING, asked, random)
    if setup.advert.strip() and count > 2:
        count -= 1
        yield _frame(WHY, asked, random)
    share = min(MOST_OF_RESUME, max(1, count // SHARE_OF_RESUME)) if count > 1 else 0
    quotes = achievements_in(setup.resume, asked.language, share)
    of_resume = [_about(number, quote, asked) for number, quote in enumerate(quotes, 1)]
    titles = {question.id: question.title for question in asked.role.shown(asked.own_language).questions}
    questions = chosen(asked, count - len(quotes), random)
    yield from spread(of_resume, [_question(question, titles[question.id], random) for question in questions])
    yield _frame(CLOSING, asked, random)


def spread(few: Sequence[PracticeStep], many: Sequence[PracticeStep]) -> list[PracticeStep]:
    """The few spread among the many, the first one first."""
    every = -(-len(many) // len(few)) if few else len(many)
    mixed = list[PracticeStep]()
    for number, one in enumerate(few):
        mixed += [one, *many[number * every : (number + 1) * every]]
    return mixed or list(many)


def chosen(asked: InterviewAsked, count: int, random: Random) -> Sequence[QuestionTable]:
    """Questions of the kind and the level: before all those that were not asked last time, then those that fit best.

    Where there are too few of them, those of the next level follow, then those of other kinds.
    """
    setup, questions = asked.setup, asked.role.shown(asked.language).questions
    written = f"{setup.advert}\n{setup.resume}".casefold()
    words = dict[str, list[str]]()  # of both languages: an advert may be in the other one
    for language in asked.role.languages:
        for question in asked.role.shown(language).questions:
            words.setdefault(question.id, []).extend(question.words)

    def rank(question: QuestionTable) -> tuple[int, bool, int, float]:
        fits = sum(occurs(word, written) for word in words[question.id])
        return (_distance(question, setup), question.id in asked.before, -fits, random.random())

    ranked = sorted(questions, key=rank)
    first = next((id for id in asked.before if id in words), "")
    if len(ranked) > 1 and ranked[0].id == first:  # all of them were asked
        ranked[:2] = ranked[1], ranked[0]
    return ranked[:count]


def _distance(question: QuestionTable, setup: InterviewSetup) -> int:
    """How far it is from what was asked for: levels away, then another kind."""
    wanted = LEVELS.index(setup.seniority)
    away = min(abs(LEVELS.index(level) - wanted) for level in question.levels)
    return away if question.kind == setup.questions else len(LEVELS) + away


def occurs(word: str, written: str) -> bool:
    """Whether a word of a question stands in what was written, which is in small letters; longer ones may go on there."""
    word, at = word.casefold(), -1
    if not word.isascii():
        return word in written
    for _place in range(MOST_PLACES):
        at = written.find(word, at + 1)
        if at < 0:
            return False
        end = at + len(word)
        goes_on = len(word) < SHORT_WORD and written[end : end + 1].isalnum()
        if not (at and written[at - 1].isalnum()) and not goes_on:
            return True
    return False


def _question(question: QuestionTable, title: str, random: Random) -> PracticeStep:
    ways = tuple(random.sample(question.ask, len(question.ask)))  # in another order each time
    return PracticeStep(question.id, title, ways, question.hint, listen_for=question.listen_for)


def _frame(id: str, asked: InterviewAsked, random: Random) -> PracticeStep:
    said, shown = WORDS[asked.language].steps[id], WORDS[asked.own_language].steps[id]
    ways = tuple(random.sample(said.ask, len(said.ask)))
    return PracticeStep(id, shown.title, ways, said.hint, listen_for=said.listen_for)


def _about(number: int, quote: str, asked: InterviewAsked) -> PracticeStep:
    """A step about what stands in the CV."""
    said, shown = WORDS[asked.language].steps[RESUME], WORDS[asked.own_language].steps[RESUME]
    ways = tuple(way.replace("{quote}", quote) for way in said.ask)
    return PracticeStep(f"{RESUME}-{number}", shown.title, ways, said.hint, listen_for=said.listen_for)
