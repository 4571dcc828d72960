"""Plans by rules: which questions an interview has, which steps a scene has, and where cards come in."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from pipeline.practice.practice import Goal, InterviewSetup, LanguageSetup, Practice
from server.practice.planning.interview import FRAME, InterviewAsked, occurs, planned_interview, questions_for
from server.practice.planning.language import FREE, DueCard, LanguageAsked, better_in, free_talk, planned_language
from server.practice.planning.resume import achievements_in
from tests.server.practice.practising import BAKER, BAKERY

RESUME = """Jo Crumb
jo@crumb.example · +44 20 7946 0958 · 12 Mill Lane
Baker, Crumb & Sons, 2019 - 2024
• Led a team of six and cut waste by 30% within a year.
• Introduced a sourdough line that sells 400 loaves a day
• Helped where needed
Hobbies: hiking, bread
"""


def interview(seed: str = "s", before: Any = (), language: str = "en", own: str = "en", **setup: Any) -> Practice:
    chosen = InterviewSetup(**{"role": "baker", **setup})
    return planned_interview(InterviewAsked("prac_1", language, own, "interviewer", chosen, BAKER, seed, before))


def language(seed: str = "s", due: int = 0, own: str = "zh", language: str = "en") -> Practice:
    cards = [DueCard(f"card_{n}", f"front {n}", f"back {n}") for n in range(due)]
    setup = LanguageSetup("bakery")
    return planned_language(LanguageAsked("prac_1", language, own, "english-coach", setup, BAKERY, seed, cards))


def ids(practice: Practice) -> list[str]:
    return [step.id for step in practice.steps]


@pytest.mark.parametrize(("minutes", "questions"), [(5, 1), (10, 2), (20, 5), (30, 8), (45, 12), (60, 16)])
def test_a_question_takes_about_three_and_a_half_minutes(minutes: int, questions: int) -> None:
    assert questions_for(minutes) == questions


def test_it_opens_with_the_person_and_closes_with_their_questions() -> None:
    for seed in range(20):
        planned = ids(interview(str(seed), advert="oven", resume=RESUME))
        assert (planned[0], planned[-1]) == ("about-you", "your-questions")
        assert len(set(planned)) == len(planned)


def test_the_same_seed_plans_the_same_and_another_one_something_else() -> None:
    assert interview("one") == interview("one")
    assert len({str(interview(str(seed)).steps) for seed in range(10)}) > 1


def test_questions_are_of_the_kind_and_the_level_before_all_others() -> None:
    of_middle = {"burnt-batch", "busy-morning", "angry-guest"}
    for seed in range(10):
        assert set(ids(interview(str(seed), minutes=14))) - FRAME == of_middle
    assert ids(interview(minutes=10, questions="technical"))[1] == "sourdough"
    assert ids(interview(minutes=60))[4] == "apprentice"  # of another level, and before the other kinds


@pytest.mark.parametrize(("advert", "first"), [("NIGHT SHIFTS, good pay", "busy-morning"), ("常有顾客", "angry-guest")])
def test_what_the_advert_speaks_of_is_asked_first_in_whichever_language_it_is(advert: str, first: str) -> None:
    for seed in range(10):
        planned = [id for id in ids(interview(str(seed), advert=advert)) if id not in FRAME]
        assert planned[0] == first
    assert ids(interview(advert=advert))[1] == "why-this-job"


def test_the_next_interview_of_the_role_begins_with_another_question() -> None:
    before = ids(interview("0", minutes=60))  # all of them were asked
    for seed in range(1, 30):
        planned = ids(interview(str(seed), before, minutes=60))
        assert planned[1] != before[1]
        before = planned
    asked = ids(interview("0", minutes=10))
    assert not set(ids(interview("1", asked, minutes=10))[1:3]) <= set(asked)


@pytest.mark.parametrize(
    ("word", "written", "found"),
    [
        ("go", "we use go and rust", True),
        ("go", "a good place", False),
        ("debug", "debugging at night", True),
        ("bug", "debug", False),
        ("C++", "c++ is used", True),
        ("烤箱", "两台烤箱", True),
    ],
)
def test_short_words_must_be_whole(word: str, written: str, found: bool) -> None:
    assert occurs(word, written) is found


def test_achievements_are_quoted_exactly_and_addresses_never() -> None:
    found = achievements_in(RESUME, "en", 5)
    assert found == [
        "Led a team of six and cut waste by 30% within a year",
        "Introduced a sourdough line that sells 400 loaves a day",
    ]
    assert all(quote in RESUME for quote in found)


@pytest.mark.parametrize(
    ("resume", "found"),
    [
        ("负责两家门店，销售额提升30%。\n电话：13800138000", ["负责两家门店，销售额提升30%"]),
        ("Led a team of six and cut waste by 30%.", []),
        ("", []),
        ("led\n" * 5_000, []),
        ("2019 - 2024", []),
    ],
)
def test_a_resume_is_quoted_only_in_the_language_that_is_spoken(resume: str, found: list[str]) -> None:
    assert achievements_in(resume, "zh", 3) == found


def test_a_long_sentence_is_quoted_up_to_a_clause_that_can_be_said() -> None:
    resume = "Built an oven that bakes 500 loaves an hour, " + "which took a while, " * 30
    (quote,) = achievements_in(resume, "en", 1)
    assert quote in resume
    assert quote.startswith("Built an oven that bakes 500 loaves an hour")
    assert len(quote) <= 160
    assert achievements_in("Built" * 200, "en", 1) == []


def test_the_resume_is_asked_about_between_the_questions() -> None:
    planned = interview(resume=RESUME, minutes=30)
    of_resume = [step for step in planned.steps if step.id.startswith("resume")]
    assert [step.ask[0] for step in of_resume] == [
        "You wrote: “Led a team of six and cut waste by 30% within a year”. Tell me about that.",
        "You wrote: “Introduced a sourdough line that sells 400 loaves a day”. Tell me about that.",
    ]
    assert ids(planned)[1] == "resume-1"
    assert all(not one.startswith("resume") for one in ids(planned)[2:4])
    assert len(interview(resume=RESUME).steps) == len(interview().steps)


def test_titles_are_in_the_persons_language_and_questions_in_that_of_the_interview() -> None:
    planned = interview(own="zh", minutes=10, questions="technical")
    assert [(step.title, step.ask[0]) for step in planned.steps][1] == ("酸面团", "How do you keep a sourdough alive?")
    assert (planned.steps[0].title, planned.title, planned.you) == ("自我介绍", "面包师", "the candidate")


def test_a_scene_has_its_steps_in_order_with_phrases_and_what_they_mean() -> None:
    planned = language()
    assert ids(planned) == ["order", "sliced", "more", "pay"]
    assert [(phrase.text, phrase.meaning) for phrase in planned.steps[0].phrases] == [
        ("I'd like a loaf, please.", "我想要一个面包。")
    ]
    assert (planned.steps[0].title, planned.steps[0].words) == ("点面包", ("bread", "loaf", "like"))
    assert sorted(planned.steps[0].ask) == ["What can I get you?", "What would you like?"]
    assert language(own="en").phrases[0].meaning == ""


@pytest.mark.parametrize("due", range(6))
def test_cards_that_are_due_come_between_the_steps_never_first_and_three_at_most(due: int) -> None:
    planned = language(due=due)
    cards = [step.card for step in planned.steps if step.card]
    assert cards == [f"card_{number}" for number in range(min(due, 3))]
    assert ids(language()) == [step.id for step in planned.steps if not step.card]
    assert planned.steps[0].card == ""
    assert not any(one.card and other.card for one, other in pairwise(planned.steps))
    assert dict(planned.due) == {f"front {number}": f"back {number}" for number in range(3, due)}


def test_a_card_is_asked_by_its_front_and_answered_by_its_back() -> None:
    step = next(step for step in language(due=1).steps if step.card)
    assert (step.title, step.ask, step.hint) == ("你的卡片", ("front 0",), "back 0")


@pytest.mark.parametrize(
    ("language", "front", "back", "better"),
    [
        ("en", "I goed home.", "I went home.", "went"),
        ("en", "I am agree.", "I agree.", "I agree"),
        ("en", "I am agree with you, sir.", "I agree with you, sir.", "I agree"),
        ("en", "I want go to Paris.", "I want to go to Paris.", "want to go"),
        ("en", "He can goes there.", "He can go there.", "go"),
        ("en", "I like it it.", "I like it.", "I like it"),
        ("en", "Same.", "Same.", "Same"),
        ("en", "", "I went.", "I went"),
        ("en", "He go to school", "He goes to the school", "goes to the"),
        ("en", "我同意", "I agree.", "I agree"),
        ("zh", "我买了一个书", "我买了一本书", "本"),
        ("zh", "我昨天去了商店买东西", "我昨天去商店买了东西", "商店买了"),
        ("zh", "我的的书", "我的书", "我的书"),
    ],
)
def test_a_card_is_answered_by_what_is_better_on_it(language: str, front: str, back: str, better: str) -> None:
    assert better_in(front, back, language) == better


@pytest.mark.parametrize("goal", ["travel", "work", "exam", "small_talk"])
def test_free_talk_has_steps_for_each_goal_in_both_languages(goal: Goal) -> None:
    scene = free_talk(goal)
    assert (list(scene.languages), scene.goals, len(scene.shown("en").steps)) == (["en", "zh"], (goal,), 5)
    assert len(list(FREE.iterdir())) == 4
