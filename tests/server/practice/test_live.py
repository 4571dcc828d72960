"""Which move an answer makes, and when it counts: speculation, interruptions, answers that nobody heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.conversation.known import Asked, Known
from pipeline.conversation.transcript import SILENCE, Item
from pipeline.practice.practice import Practice, PracticeStep
from server.practice.live.live import Live
from tests.pipeline.practice.director.practices import CAFE, GOOD, interview, scene

FIRST = "Hello, I'm Ann. Tell me about a hard fault."


class Talked:
    """A talk whose items a test writes by hand. `asked` is what an answer would be given."""

    def __init__(self, practice: Practice, before: Mapping[str, Any] | None = None) -> None:
        self.items: list[Item] = []
        self.clock = 100.0
        self.changes = 0
        self.live = Live(practice, lambda: self.items, lambda: self.clock, self._changed, before or {})

    def _changed(self) -> None:
        self.changes += 1

    def ask(self, draft: str = "") -> Known | None:
        items = [*self.items, Item("draft", text=draft)] if draft else self.items
        known = self.live.known(Asked(items, "", "en", 1_000))
        return known[0] if known else None

    def say(self, text: str, **values: Any) -> str:
        self.items.append(Item(f"item_{len(self.items)}", text=text, **values))
        return self.items[-1].id

    def answer(self, text: str, **values: Any) -> Item:
        """A line of the character's was heard."""
        self.items.append(Item(f"item_{len(self.items)}", role="assistant", text=text, **values))
        self.live.heard()
        return self.items[-1]

    def turn(self, text: str) -> str:
        """The person says something, and hears the answer."""
        self.say(text)
        known = self.ask()
        assert known is not None
        self.answer(known.say)
        return known.say

    @property
    def step(self) -> str:
        return str(self.live.event()["step"])


CARD = PracticeStep(
    "card-1", "复习", ["Yesterday I goed home."], "Yesterday I went home.", words=["went"], card="card_1"
)


def begun(practice: Practice) -> Talked:
    talk = Talked(practice)
    talk.answer(talk.live.opening())
    return talk


def test_the_opening_asks_the_first_question_and_counts_once_it_is_heard() -> None:
    talk = Talked(interview())
    opening = talk.live.opening()
    before = talk.step
    talk.answer(opening)

    assert (opening, before, talk.step, talk.changes) == (FIRST, "", "fault", 1)


def test_asked_for_drafts_and_for_the_final_words_it_decides_once() -> None:
    talk = begun(interview())
    drafts = [talk.ask("I found"), talk.ask(GOOD)]
    talk.say(GOOD)
    final = talk.ask()

    assert [known.say if known else "" for known in drafts] == [
        "Can you take me through it in more detail?",
        "Thank you. Tell me about a conflict in your team.",
    ]
    assert final == drafts[1]
    assert talk.step == "fault"
    talk.answer(final.say if final else "")
    assert talk.step == "conflict"


def test_an_answer_that_nobody_heard_does_not_count_and_the_two_turns_are_one() -> None:
    talk = begun(interview())
    first = talk.say("I found it in three days by reading the logs by myself.")
    talk.ask()
    gone = talk.answer("Thank you. Tell me about a conflict in your team.")
    assert talk.step == "conflict"
    talk.items.remove(gone)
    talk.live.take_back(gone.id)
    assert (talk.step, talk.live.moves) == ("fault", {})

    second = talk.say("And then I cut the time by half.")
    known = talk.ask()
    talk.answer(known.say if known else "")

    assert talk.step == "conflict"
    assert [(line, made["step"], made["move"]) for line, made in talk.live.moves.items()] == [
        (first, "fault", "ask"),
        (second, "fault", "ask"),
    ]


def test_an_interruption_before_the_question_has_it_asked_again() -> None:
    talk = Talked(interview())
    talk.live.opening()
    talk.answer("Hello, I'm", whole=FIRST, heard_ms=500, status="incomplete")
    talk.say("Hello!")
    known = talk.ask()

    assert known is not None
    assert known.say == "Here is the question once more. Tell me about a hard fault."


def test_an_interruption_within_the_question_is_an_answer_to_it() -> None:
    talk = Talked(interview())
    talk.live.opening()
    talk.answer("Hello, I'm Ann. Tell me about a hard", whole=FIRST, heard_ms=1_500, status="incomplete")
    talk.say(GOOD)
    known = talk.ask()

    assert known is not None
    assert known.say == "Thank you. Tell me about a conflict in your team."


def test_an_answer_that_failed_has_its_question_asked_again() -> None:
    talk = begun(interview())
    talk.say(GOOD)
    talk.ask()
    talk.answer("I lost my thread. Say that again, please.", status="incomplete")
    talk.say("Okay, go on with the next thing.")
    known = talk.ask()

    assert known is not None
    assert "Tell me about a conflict in your team." in known.say


def test_an_answer_that_goes_on_after_a_function_was_called_makes_the_same_move() -> None:
    talk = begun(interview())
    talk.say(GOOD)
    asked = talk.ask()
    talk.answer("One moment, I look that up.")
    talk.items += [Item("call", "function_call", call_id="c"), Item("result", "function_call_output", call_id="c")]

    assert talk.ask() == asked
    talk.answer("Tell me about a conflict in your team.")
    assert talk.step == "conflict"
    assert talk.turn(GOOD) == "All right. What would you do in your first month?"


def test_what_was_decided_in_silence_is_kept_though_nothing_was_said() -> None:
    talk = begun(interview())
    for _silence in range(3):
        talk.say("", sounds=(SILENCE,))
        known = talk.ask()
        assert known
        talk.answer(known.say)
    later = Live(talk.live.practice, list, lambda: 0.0, before=talk.live.moves)

    assert talk.step == "conflict"
    assert later.event()["steps"] == talk.live.event()["steps"]
    assert not talk.live.was_said


def test_silence_is_no_answer() -> None:
    talk = begun(scene())
    talk.say("", sounds=(SILENCE,))
    known = talk.ask()

    assert known is not None
    assert known.say == "A hint: I'd like …, please."


def test_a_line_of_the_clients_own_changes_nothing() -> None:
    talk = begun(interview())
    talk.answer("A line that the client wrote.")

    assert talk.step == "fault"


def test_a_practice_that_is_gone_on_with_stands_where_it_stood() -> None:
    talk = begun(interview())
    talk.clock += 100
    talk.turn(GOOD)
    later = Talked(interview(), talk.live.moves)

    assert (later.step, later.live.event()["left_s"]) == ("conflict", 500)
    assert later.live.opening() == "Tell me about a conflict in your team."
    later.answer(later.live.opening())
    assert later.turn(GOOD) == "All right. What would you do in your first month?"


def test_the_event_says_how_each_step_stands_and_what_may_help() -> None:
    talk = begun(scene())
    talk.clock += 60.4
    talk.turn("A tea, please.")

    assert talk.live.event() == {
        "practice_id": "prac_1",
        "kind": "language",
        "step": "here",
        "steps": [
            {"id": "order", "title": "点一杯饮料", "state": "done"},
            {"id": "here", "title": "在这儿喝还是带走", "state": "now"},
            {"id": "pay", "title": "付钱", "state": "open"},
        ],
        "left_s": 240,
        "hint": "",
        "phrases": [],
        "over": False,
    }


def test_once_the_closing_was_heard_the_talk_is_free() -> None:
    talk = begun(interview())
    talk.turn("Let's stop here.")
    talk.say("Thanks, bye!")

    known = talk.ask()

    assert talk.live.over
    assert known is not None
    assert (known.say, "over" in known.text) == ("", True)


def test_what_was_said_wrong_comes_right_in_front_of_the_next_line_and_the_model_is_told() -> None:
    talk = begun(scene(correcting="all"))
    talk.say("I would like a informations about the coffee yesterday I go.")
    mistake = talk.live.correction(talk.items[-1].text)
    known = talk.ask()

    assert mistake is not None
    assert known is not None
    assert known.say.startswith(("You mean: ", "Ah: "))
    assert mistake.better in known.say.casefold()
    assert mistake.better in known.text


@pytest.mark.parametrize("correcting", ["end", "hindering"])
def test_who_wants_no_corrections_meanwhile_hears_none(correcting: str) -> None:
    talk = begun(scene(correcting=correcting))

    assert talk.live.correction("He have two coffee every day.") is None


def test_slower_is_slower_at_once_and_from_then_on() -> None:
    talk = begun(scene())
    talk.say("Slower, please.")
    first = talk.ask()
    talk.answer(first.say if first else "")
    talk.say("A coffee, please.")
    second = talk.ask()

    assert (first and first.speed, second and second.speed) == (0.85, 0.85)


@pytest.mark.parametrize(
    ("answers", "cards"),
    [
        (["Yesterday I went home."], {"card_1": "good"}),
        (["Yesterday I goed home again."], {"card_1": "again"}),
        (["Sorry what?", "I went home."], {"card_1": "good"}),
        (["Slower, please.", "I went home."], {"card_1": "good"}),
        (["A hint, please.", "I went home."], {"card_1": "again"}),
        (["I don't know.", "I went home."], {"card_1": "again"}),
        (["我昨天回家了，这句话", "I went home."], {"card_1": "again"}),
        (["Skip this one, please."], {}),
        (["Let's stop here."], {}),
        (["Went?"], {"card_1": "good"}),
    ],
)
def test_a_card_that_was_asked_for_counts_as_it_was_answered_first(answers: list[str], cards: dict[str, str]) -> None:
    talk = begun(scene([CAFE[0], CARD, CAFE[1], CAFE[2]]))
    talk.turn("A tea, please.")
    assert talk.step == "card-1"
    for answer in answers:
        talk.turn(answer)

    assert talk.live.cards == cards
    assert Talked(talk.live.practice, talk.live.moves).live.cards == cards


def test_a_card_that_was_asked_for_but_not_heard_does_not_count() -> None:
    talk = begun(scene([CAFE[0], CARD, CAFE[1]]))
    talk.turn("A tea, please.")
    talk.say("I went home.")
    talk.ask()
    gone = talk.answer("For here or to go?")
    talk.items.remove(gone)
    talk.live.take_back(gone.id)

    assert talk.live.cards == {}


def test_what_a_card_is_about_may_be_an_ending() -> None:
    card = PracticeStep("card-1", "复习", ["He can goes there."], "He can go there.", words=["go"], card="card_1")
    talk = begun(scene([CAFE[0], card, CAFE[1]]))
    talk.turn("A tea, please.")
    talk.turn("He can goes there.")

    assert talk.live.cards == {"card_1": "again"}
