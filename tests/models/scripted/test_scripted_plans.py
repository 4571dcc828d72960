"""Interviews and drills, from beginning to end."""

import pytest

from tests.models.scripted_talk import BUILT_IN, next_line, talk

# --- Interviews ------------------------------------------------------------------------------------------------------

CANDIDATE = {
    "en": [
        "I want to be a software engineer",
        "I have a few years of experience",
        "I studied physics in Leeds and then joined a small company that builds maps",
        "I want to work on things that people use every day",
        "I am good at finding out why things are slow",
        "last year our search took four seconds and I brought it down to one",
    ],
    "zh": [
        "我想面试产品经理",
        "三年经验",
        "我大学学的是设计，后来去了一家电商公司",
        "我喜欢把复杂的事情变简单",
        "沟通吧",
        "去年我把转化率提高了百分之二十",
    ],
}
FILLING = {"en": "I asked everybody and then decided with them", "zh": "我先问清楚大家的想法再决定"}


@pytest.mark.parametrize(
    ("language", "asked", "quoted", "advice"),
    [
        (
            "en",
            "a service that shortens links",
            "“last year our search took four seconds",
            "Shall we do another round?",
        ),
        ("zh", "三个团队都要先做", "“去年我把转化率提高了百分之二十”", "再来一轮吗？"),
    ],
)
def test_an_interview_runs_from_opening_to_feedback(language: str, asked: str, quoted: str, advice: str) -> None:
    lines = talk("interviewer", CANDIDATE[language] + [FILLING[language]] * 13, language)

    text = " ".join(lines)
    assert asked in text
    assert quoted in text
    assert advice in text


def test_a_name_is_no_role_and_a_role_told_early_is_not_asked_for() -> None:
    assert "Let's pick a role first" in talk("interviewer", ["Hi, my name is Sam"])[1]
    assert "Walk me through" in talk("interviewer", ["a junior teacher in a primary school"])[1]


def test_a_vague_story_is_followed_up_once() -> None:
    said = [*CANDIDATE["en"], "we had a problem and we fixed it and we were glad", "it was me who found it, in a day"]

    lines = talk("interviewer", said)

    assert lines[7].endswith("What was your own part in it?")
    assert "disagreed" in lines[8]


def test_a_candidate_may_ask_back_and_is_led_on() -> None:
    said = [*CANDIDATE["en"], *[FILLING["en"]] * 9]
    lines = talk("interviewer", said)
    turn = next(at for at, line in enumerate(lines) if "What would you like to ask me?" in line)

    answer = talk("interviewer", [*said[:turn], "what is the team like"])[-1]

    assert "a team of eight" in answer
    assert "anything else you'd like to ask me?" in answer


def test_an_interview_goes_on_when_its_beginning_is_no_longer_in_the_window() -> None:
    character = BUILT_IN["interviewer"]
    asks = {step.id: step.ask[0] for step in character.plan["zh"].steps}

    assert asks["strength"] in next_line(character, [asks["motivation"], "我想做大家天天用的产品"], "zh")
    assert asks["teacher-student"] in next_line(character, [asks["teacher-parent"], "我先请他坐下"], "zh")


def test_stopping_early_still_ends_kindly_and_another_round_begins_anew() -> None:
    lines = talk("interviewer", ["let's stop", "ok", "yes please"])

    assert lines[1].startswith("Then we stop here")
    assert "what job should this interview be for" in lines[3]


# --- Drills ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["english-coach", "mandarin-coach"])
def test_a_drill_reaches_its_summary(name: str, language: str) -> None:
    plan = BUILT_IN[name].plan[language]

    lines = talk(name, [step.model or "I had a very good day" for step in plan.steps], language)

    total = sum(bool(step.expects) for step in plan.steps)
    assert str(total) in lines[-1]
    assert "“" in lines[-1]


def test_a_wrong_answer_is_given_back_right_and_then_let_go() -> None:
    lines = talk("english-coach", ["I am Li", "I read", "water is cold", "banana yellow", "to go please"])

    assert "I'd like a coffee, please." in lines[3]
    assert "For here or to go?" in lines[4]
    assert lines[5].startswith("Perfect.")


def test_a_slip_is_put_right_in_passing() -> None:
    line = talk("english-coach", ["Yesterday I go to work and I am Li"])[1]

    assert line.startswith("Yesterday is past, so: I went, I ate.")
    assert "Saturday" in line


def test_a_question_in_a_drill_is_answered_and_the_exercise_put_in_other_words() -> None:
    line = talk("english-coach", ["I am Li", "I read", "who are you"])[3]

    assert line.startswith("I'm Clara.")
    assert line.endswith("order a coffee from me, politely.")
