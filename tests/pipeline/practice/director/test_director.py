"""Whole interviews and scenes, folded from what was said: what the character does next, and that it ends."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from pipeline.practice.director.director import MOST_FOLLOW_UPS, MOST_MOVES, Director, Said
from pipeline.practice.director.state import Move, State, restored
from pipeline.practice.practice import Phrase, Practice, PracticeStep
from tests.pipeline.practice.director.practices import (
    CAFE,
    GOOD,
    GOOD_ZH,
    QUESTIONS_ZH,
    Folded,
    free_talk,
    interview,
    scene,
)


def test_an_interview_asks_each_question_and_closes() -> None:
    talk = Folded(interview())

    assert talk.moves[0].say == "Hello, I'm Ann. Tell me about a hard fault."
    assert talk.said(GOOD) == ("ask", "conflict", "Thank you. Tell me about a conflict in your team.")
    assert talk.said(GOOD) == ("ask", "first", "All right. What would you do in your first month?")
    assert talk.said(GOOD) == ("close", "", "Thank you, we will be in touch.")
    assert talk.say("And what is next?") is None
    assert (talk.state.done, talk.state.over) == (("fault", "conflict", "first"), True)


def test_an_interview_in_chinese_is_led_in_chinese() -> None:
    talk = Folded(interview(QUESTIONS_ZH, "zh", "zh"))

    assert talk.moves[0].say == "你好，我是安。讲一个你解决过的难题。"
    assert talk.said("就是做了一些东西。")[:1] == ("follow_up",)
    assert talk.said(GOOD_ZH) == ("ask", "conflict", "谢谢。讲一次和同事的冲突。")
    assert talk.said("能不能再说一遍？") == ("again", "conflict", "讲一次和同事的冲突。")
    assert talk.said(GOOD_ZH) == ("close", "", "谢谢，我们会联系你。")


@pytest.mark.parametrize(
    ("answer", "follow", "asked"),
    [
        ("I fixed it.", "short", "in more detail"),
        (
            "We looked at our logs and we found that our cache was wrong, so we changed it and we were done.",
            "we",
            "you do",
        ),
        (
            "I looked at various things and stuff, and somehow I got it to work again after a while with my tools.",
            "vague",
            "",
        ),
        (
            "I looked at the logs and I found that the cache was wrong, so I changed it and it was gone.",
            "no_numbers",
            "",
        ),
        (" ".join(["I changed it for 200 people"] * 40), "long", "one sentence"),
    ],
)
def test_a_follow_up_asks_for_what_is_missing_of_an_answer(answer: str, follow: str, asked: str) -> None:
    move = Folded(interview()).say(answer)

    assert move is not None
    assert (move.kind, move.step, move.follow) == ("follow_up", "fault", follow)
    assert asked in move.say


def test_there_are_no_more_follow_ups_than_the_strictness_has_and_never_two_of_a_kind() -> None:
    kind, neutral = Folded(interview(strictness="friendly")), Folded(interview())

    assert [kind.said("We did it.")[0] for _turn in range(2)] == ["follow_up", "ask"]
    assert [neutral.said("We did our things.")[0] for _turn in range(3)] == ["follow_up", "follow_up", "ask"]
    assert [move.follow for move in neutral.moves[1:3]] == ["short", "we"]


def test_a_question_is_skipped_without_a_follow_up() -> None:
    talk = Folded(interview())

    assert talk.said("Skip this one, please.")[:2] == ("skip", "conflict")
    assert (talk.state.skipped, talk.state.done) == (("fault",), ())


def test_who_does_not_know_gets_one_hint_and_then_the_next_question() -> None:
    talk = Folded(interview())

    assert talk.said("I don't know.") == ("hint", "fault", "A hint: What was broken, what did you try?")
    assert talk.said("I really don't know.")[:2] == ("skip", "conflict")


def test_silence_is_given_time_then_other_words_then_a_hint() -> None:
    talk = Folded(interview())

    assert talk.said("") == ("stuck", "fault", "Take your time. Which bug cost you most?")
    assert talk.said("")[0] == "hint"
    assert talk.said("")[:2] == ("skip", "conflict")


def test_a_question_of_which_nothing_was_heard_is_asked_again() -> None:
    talk = Folded(interview())
    move = talk.say("Hello!", heard_question=False)

    assert move is not None
    assert (move.kind, move.step, "Tell me about a hard fault." in move.say) == ("unheard", "fault", True)


def test_a_question_of_the_persons_is_answered_first_and_then_it_goes_back() -> None:
    move = Folded(interview()).say("How big is the team?")

    assert move is not None
    assert (move.kind, move.step, move.answer_first) == ("answer", "fault", True)
    assert move.say == "Back to my question. Tell me about a hard fault."


def test_under_pressure_somebody_who_talks_for_long_is_interrupted() -> None:
    long = " ".join([GOOD] * 6)

    assert Folded(interview(strictness="pressure")).said(long)[:2] == ("interrupt", "conflict")
    assert Folded(interview()).said(long)[0] != "interrupt"


def test_near_the_end_it_is_said_once_how_long_is_left() -> None:
    talk = Folded(interview(minutes=10), s=260)

    assert "We have about" not in talk.said(GOOD)[2]
    move = talk.say(GOOD)
    assert move is not None
    assert "We have about one minute left, so let me come to the last question." in move.say
    assert talk.said(GOOD)[0] == "close"


def test_what_there_is_no_time_for_is_left_out_and_the_last_question_kept() -> None:
    talk = Folded(interview(minutes=5), s=190)

    assert talk.said(GOOD)[:2] == ("ask", "first")
    assert talk.state.skipped == ("conflict",)
    assert talk.said(GOOD)[0] == "close"


def test_when_the_time_is_over_it_closes_whatever_was_said() -> None:
    talk = Folded(interview(minutes=5), s=301)

    assert talk.said(GOOD) == ("close", "", "Thank you, we will be in touch.")
    assert (talk.state.done, talk.state.skipped) == (("fault",), ("conflict", "first"))


def test_it_can_be_left_at_any_time_by_voice() -> None:
    talk = Folded(interview())

    assert talk.said("Let's stop here.")[0] == "close"
    assert talk.state.skipped == ("conflict", "first", "fault")


def test_a_scene_goes_through_its_steps_and_does_not_ask_its_opening_twice() -> None:
    talk = Folded(scene())

    assert talk.moves[0].say == "Hi there, what can I get you?"
    assert talk.said("I'd like a tea.") == ("ask", "here", "Okay. For here or to go?")
    assert talk.said("To go.")[:2] == ("ask", "pay")
    assert talk.said("By card, please.") == ("close", "", "Here's your change. Goodbye!")


def test_a_short_answer_beside_the_point_is_asked_for_in_other_words_then_with_a_hint() -> None:
    talk = Folded(scene())

    assert talk.said("Hello you.")[2] == "Let me put it another way. What would you like to drink?"
    assert talk.said("Yes.")[0] == "hint"
    assert talk.said("Hm, yes.")[:2] == ("ask", "here")


def test_without_hints_nobody_gets_one() -> None:
    talk = Folded(scene(hints=False))

    assert [talk.said("")[0] for _turn in range(2)] == ["stuck", "skip"]


def test_a_guests_question_that_answers_the_step_goes_on() -> None:
    assert Folded(scene()).said("Do you have green tea?")[:2] == ("ask", "here")
    assert Folded(scene()).said("Are you open on Sundays?")[0] == "answer"


def test_what_a_scene_wants_to_hear_is_no_order() -> None:
    stop = PracticeStep(
        "stop", "停车", ["Where shall I let you out?"], phrases=[Phrase("Please stop here.", "请停这儿。")]
    )
    help = PracticeStep("help", "帮忙", ["You look lost."], words=["help", "next"])
    taxi = replace(scene(), opening="Evening.", steps=[help, stop], phrases=stop.phrases)

    talk = Folded(taxi)
    assert talk.said("Please stop here.")[0] != "close", "a phrase of the scene ended it"
    assert Folded(taxi).said("Can you help me?")[:2] == ("ask", "stop")
    assert Folded(taxi).said("Next one, please.")[:2] == ("ask", "stop")
    assert Folded(taxi).said("Skip this question.")[0] == "skip"
    assert Folded(taxi).said("Stop the practice.")[0] == "close"
    assert Folded(taxi).said("Let's stop here.")[0] == "close"


def test_a_phrase_of_the_step_answers_it_whatever_its_words_are() -> None:
    nice = PracticeStep("nice", "认识", ["I'm Sam. And you?"], words=["name"], phrases=[Phrase("Pleased to meet you.")])
    free = PracticeStep("free", "空着吗", ["What do you need?"], phrases=[Phrase("Is it free?")])
    talk = Folded(replace(scene(), opening="Hi.", steps=[nice, free], phrases=[]))

    assert talk.said("Pleased to meet you!")[:2] == ("ask", "free")
    assert talk.said("Is it free?")[0] == "close"


def test_who_speaks_their_own_language_twice_does_not_hear_the_same_twice() -> None:
    talk = Folded(scene())

    first, second = talk.said("我也不知道要喝什么。"), talk.said("我也不知道要喝什么。")
    assert first[0] == second[0] == "how_to_say"
    assert first[2] != second[2]


def test_how_do_i_say_is_looked_up_or_told_honestly() -> None:
    talk = Folded(scene())

    assert talk.said("“我想要一杯咖啡”用英语怎么说？")[2] == "You can say: “I'd like a coffee, please.” Try it."
    assert talk.said("How do I say 发票 in English?")[2].startswith("没有语言模型")
    assert talk.said("我想要一杯咖啡。")[2] == "You can say: “I'd like a coffee, please.” Try it."


def test_translate_and_explain_say_what_is_known_of_the_line() -> None:
    talk = Folded(scene())

    assert talk.said("Translate that, please.")[2] == "没有语言模型，我翻译不了这句话。它说的是：点一杯饮料。"
    assert talk.said("What does that mean?")[2] == "What would you like to drink? For example: I'd like …, please."


def test_slower_says_the_line_again_and_stays_slower() -> None:
    talk = Folded(scene())

    assert talk.said("Slower, please.") == ("slower", "order", "Of course, more slowly. Hi there, what can I get you?")
    assert talk.state.speed == pytest.approx(0.85)
    talk.say("A tea, please.")
    assert talk.state.speed == pytest.approx(0.85)
    for _time in range(5):
        talk.say("Slower.")
    assert talk.state.speed == pytest.approx(0.7)


def test_a_card_that_is_due_is_worked_in() -> None:
    card = PracticeStep(
        "due-1", "复习", ["怎么说“请给我账单”？"], hint="The bill, please.", words=["bill"], card="card_1"
    )
    talk = Folded(scene([CAFE[0], card, CAFE[1]]))

    assert talk.said("A coffee, please.")[:2] == ("card", "due-1")
    assert "怎么说“请给我账单”？" in talk.moves[-1].say
    assert talk.said("The bill, please.")[:2] == ("ask", "here")


def test_the_slip_on_a_card_is_asked_about_again_and_never_said_as_the_characters_own() -> None:
    card = PracticeStep("due-1", "复习", ["I goed home."], hint="I went home.", words=["went"], card="card_1")
    talk = Folded(scene([CAFE[0], card, CAFE[1]]))
    talk.say("A coffee, please.")

    reworded = talk.say("Hm, well.")
    assert reworded is not None
    assert reworded.say == "Let me put it another way. How would you say this? I goed home."
    assert "How would you say this? I goed home." in reworded.instruction
    assert talk.said(
        "What?",
    )[2].endswith("How would you say this? I goed home.")
    assert talk.said("How much time is left?")[2].endswith("How would you say this? I goed home.")


def test_free_talk_is_free_but_for_orders_and_the_end_of_the_time() -> None:
    talk = Folded(free_talk(minutes=5), s=60)

    assert [talk.said(text)[0] for text in ("Hello.", "I went to the park.", "Say that again, please.")] == [
        "talk",
        "talk",
        "again",
    ]
    assert [talk.said("And then?")[0] for _turn in range(2)] == ["talk", "close"]
    assert talk.say("Bye.") is None


def test_nothing_that_an_interviewer_says_praises() -> None:
    praise = ("great", "excellent", "good answer", "well done", "perfect", "awesome", "很好", "太棒", "不错", "优秀")
    for strictness in ("friendly", "neutral", "pressure"):
        talk = Folded(interview(strictness=strictness))
        for text in ("We did it.", "Skip.", "", "What do you do?", "I don't know.", GOOD, GOOD, GOOD):
            talk.say(text)
        said = " ".join(move.say for move in talk.moves).casefold()
        assert [word for word in praise if word in said] == []


SAID = [
    *(
        "",
        "yes",
        "no",
        "I don't know.",
        "不知道",
        GOOD,
        GOOD_ZH,
        "We did things.",
        "Skip.",
        "again",
        "Slower.",
        "hint",
        "下一题",
    ),
    *(
        "What does that mean?",
        "Translate that.",
        "How do I say 谢谢 in English?",
        "How big is it?",
        "coffee",
        "{ask}",
        "a " * 400,
    ),
]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("practice", [interview(), interview(strictness="pressure"), scene(), scene(hints=False)])
def test_whatever_is_said_it_ends_and_asks_nothing_twice(practice: Practice, seed: int) -> None:
    chance = random.Random(seed)
    talk = Folded(practice, s=chance.choice([0.0, 5.0, 40.0, 200.0]))
    most = (MOST_MOVES + 1) * len(practice.steps) + 2
    begun = [talk.moves[0].step]
    for _turn in range(most):
        before = talk.state
        move = talk.say(chance.choice(SAID), heard_question=chance.random() > 0.1)
        if move is None:
            break
        if move.step and move.step != before.at:
            assert before.of(move.step) == "open", "a step that is done is asked once more"
            begun.append(move.step)
        assert len(talk.state.follow_ups) <= MOST_FOLLOW_UPS["neutral"]
        assert move.say.strip()
        assert move.instruction.strip()

    assert talk.state.over
    assert len(begun) == len(set(begun))
    assert sorted((*talk.state.done, *talk.state.skipped)) == sorted(step.id for step in practice.steps)


def test_the_state_is_restored_from_what_was_kept_of_the_moves() -> None:
    talk = Folded(interview())
    for text in ("We did it.", "Slower, please.", GOOD, "Skip."):
        talk.say(text)
    kept = [move.record() for move in talk.moves]

    assert restored(kept, ["fault", "conflict", "first"]) == talk.state


def test_what_cannot_be_read_of_kept_moves_is_passed_over() -> None:
    odd = [{}, {"move": "dance"}, {"move": "ask", "to": "gone"}, {"move": "open", "to": "fault", "fate": 7}]

    assert restored([*odd, Move("open", "fault").record()], ["fault"]).at == "fault"


def test_a_talk_that_began_without_the_opening_goes_to_the_first_question() -> None:
    move = Director(interview()).decide(State(), Said("Hello.", last_line="Hi, I'm your assistant."), 600)

    assert move is not None
    assert (move.kind, move.step) == ("ask", "fault")
