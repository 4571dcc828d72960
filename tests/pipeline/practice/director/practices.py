"""Short practices for tests, and a talk that is folded from what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.practice.director.director import Director, Said
from pipeline.practice.director.state import Move, State
from pipeline.practice.practice import InterviewSetup, LanguageSetup, Phrase, Practice, PracticeStep
from pipeline.text.language import language_of

QUESTIONS = (
    PracticeStep(
        "fault",
        "A hard fault",
        ["Tell me about a hard fault.", "Which bug cost you most?"],
        hint="What was broken, what did you try?",
    ),
    PracticeStep("conflict", "A conflict", ["Tell me about a conflict in your team."]),
    PracticeStep("first", "The first month", ["What would you do in your first month?"]),
)
QUESTIONS_ZH = (
    PracticeStep("fault", "难题", ["讲一个你解决过的难题。", "哪个问题最让你头疼？"], hint="什么坏了，你试了什么？"),
    PracticeStep("conflict", "冲突", ["讲一次和同事的冲突。"]),
)
CAFE = (
    PracticeStep(
        "order",
        "点一杯饮料",
        ["What can I get you?", "What would you like to drink?"],
        hint="I'd like …, please.",
        words=["coffee", "tea", "like"],
        phrases=[Phrase("I'd like a coffee, please.", "我想要一杯咖啡。")],
    ),
    PracticeStep("here", "在这儿喝还是带走", ["For here or to go?"]),
    PracticeStep("pay", "付钱", ["That's four pounds. Card or cash?"], words=["card", "cash"]),
)

GOOD = "I found it by myself in three days, and I cut the time that it takes by half for two hundred people."
GOOD_ZH = "我自己花了三天找到原因，后来把两百个人等的时间减少了一半，然后把经过写下来，讲给了整个小组的人听。"


def interview(
    steps: Sequence[PracticeStep] = QUESTIONS, language: str = "en", own: str = "en", **setup: Any
) -> Practice:
    """Of an engineer, for ten minutes."""
    chosen = InterviewSetup("engineer", **{"minutes": 10, **setup})
    opening, closing = ("Hello, I'm Ann.", "Thank you, we will be in touch.")
    if language == "zh":
        opening, closing = "你好，我是安。", "谢谢，我们会联系你。"
    about = {"place": "A video call.", "opening": opening, "closing": closing, "steps": steps, "interview": chosen}
    return Practice("prac_1", "interview", language, own, "interviewer", "Engineer", **about)


def scene(steps: Sequence[PracticeStep] = CAFE, **setup: Any) -> Practice:
    """In a café, of somebody who speaks Chinese."""
    chosen = LanguageSetup("cafe", **{"level": "A2", "minutes": 5, **setup})
    about = {"place": "A café.", "you": "a guest", "they": "the barista", "closing": "Here's your change. Goodbye!"}
    opening = "Hi there, what can I get you?"
    return Practice(
        "prac_1", "language", "en", "zh", "barista", "Café", scene=chosen, steps=steps, opening=opening, **about
    )


def free_talk(**setup: Any) -> Practice:
    """Without a scene."""
    closing = "It was good to talk to you. Goodbye."
    return Practice(
        "prac_1", "language", "en", "zh", "coach", "Free talk", scene=LanguageSetup("", **setup), closing=closing
    )


class Folded:
    """A talk: each line of the person's makes a move, all of it is heard. s: how long each takes."""

    def __init__(self, practice: Practice, s: float = 30.0) -> None:
        self.director = Director(practice)
        self.state = State()
        self.left_s, self._s = self.director.plan.seconds, s
        self.moves = [self._made(self.director.opening(self.state))]

    def say(self, text: str, *, heard_question: bool = True) -> Move | None:
        """What follows on this line."""
        self.left_s -= self._s
        last = self.moves[-1].say
        said = Said(text, language_of(text, self.director.practice.language), last, heard_question)
        move = self.director.decide(self.state, said, self.left_s)
        return self._made(move) if move else None

    def said(self, text: str) -> tuple[str, str, str]:
        """The same, as its kind, its step, and its words."""
        move = self.say(text)
        assert move is not None
        return move.kind, move.step, move.say

    def _made(self, move: Move) -> Move:
        self.state = self.state.after(move)
        if hasattr(self, "moves"):
            self.moves.append(move)
        return move
