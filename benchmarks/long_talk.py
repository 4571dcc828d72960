"""What a person says in a talk of two hours, and what a model notes of it: facts at the beginning, questions at the end."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOLD = {
    "en": (
        "Hello! My name is Ilse, I live in Tavira, and I work as a bookbinder.",
        "My sister is called Mirela, and my dog is called Bruno. I am allergic to walnuts.",
        "My exam is on the 9th of March. And remember that the door code is 4711.",
    ),
    "zh": (
        "你好！我叫伊尔莎，住在塔维拉，我的工作是装订旧书。",
        "我妹妹叫米蕾拉，我的狗叫布鲁诺。我对核桃过敏。",
        "我三月九号考试。还有，记住门的密码是4711。",
    ),
}
"""The first minute."""

ASKED = {
    "en": (
        ("What is my name?", "Ilse"),
        ("In which town do I live?", "Tavira"),
        ("What do I work as?", "bookbinder"),
        ("What is my sister called?", "Mirela"),
        ("And my dog?", "Bruno"),
        ("What must I not eat?", "walnuts"),
        ("When is my exam?", "9th of March"),
        ("Which code did I tell you?", "4711"),
    ),
    "zh": (
        ("我叫什么名字？", "伊尔莎"),
        ("我住在哪个城市？", "塔维拉"),
        ("我做什么工作？", "装订"),
        ("我妹妹叫什么？", "米蕾拉"),
        ("我的狗呢？", "布鲁诺"),
        ("我不能吃什么？", "核桃"),
        ("我什么时候考试？", "三月九号"),
        ("我告诉过你哪个密码？", "4711"),
    ),
}
"""The last minute, with what the prompt must then hold."""

CHATTER = {
    "en": (
        "Yesterday the tram stood still for {number} minutes, and nobody said a word.",
        "On {day} I met {name} at the market, who sold me far too many pears.",
        "Somebody in our house plays the trumpet at night, rather badly, but with much feeling.",
        "I wonder whether people were happier when they knew less about each other.",
        "The film was long, and in the end it was {name} who had hidden the letter.",
        "I tried to bake bread again, and it came out as hard as a paving stone.",
        "They say that it will rain until {day}, and I have lost my umbrella once more.",
        "What do you think about that?",
        "It reminded me of a book that I never finished, with {number} chapters.",
        "Sometimes I would rather sit by the window and do nothing at all.",
    ),
    "zh": (
        "昨天电车停了{number}分钟，谁都没说话。",
        "{day}我在菜市场碰到{name}，硬是多卖给我好多梨。",
        "我们楼里有人半夜吹小号，吹得不好，但是很投入。",
        "有时候会想，从前的人知道得少，是不是反而更快乐。",
        "那部电影很长，最后才知道是{name}把信藏了起来。",
        "又试着烤了一次面包，结果硬得像石头。",
        "听说雨要下到{day}，伞又不见了。",
        "你怎么看？",
        "想起一本没读完的书，有{number}章。",
        "有时候只想坐在窗边，什么也不做。",
    ),
}
NAMES = {"en": ("Tom", "Vera", "Old Hannes", "Priya", "the baker"), "zh": ("老王", "小李", "陈阿姨", "隔壁大爷")}
DAYS = {"en": ("Monday", "Wednesday", "Friday", "Sunday"), "zh": ("星期一", "星期三", "星期五", "周日")}
ANSWERS = {
    "en": (
        "That is a lovely way to put it, and I can almost see it before me. What happened after that?",
        "I would have laughed, I think. There is a kind of patience in such small things.",
        "Perhaps. An old friend of mine used to say that a question is worth more than its answer.",
    ),
    "zh": (
        "你这么一说，好像就在眼前。后来呢？",
        "换了是我，大概会笑出来。这样的小事里有一种耐心。",
        "也许吧。我的一位老朋友常说，问题比答案更值钱。",
    ),
}
SUMMARISES = "[3, 5]"
"""In the question that a model is asked for notes, and in no other."""
_LINE = re.compile(r"^(\d+)\. (?:(Person|对方): )?(.*)$")
_WORDS_ASKED = re.compile(r"at most (\d+) words|最多(\d+)个字")


@dataclass(frozen=True, slots=True)
class Line:
    """What the person says; wanted: what the prompt must hold then, if anything."""

    text: str
    wanted: str = ""


def lines_of(language: str, turns: int) -> Iterator[Line]:
    """A talk of so many turns: what is told, chatter, what is asked."""
    dice, told, asked = random.Random(language), TOLD[language], ASKED[language]
    yield from map(Line, told)
    for _ in range(turns - len(told) - len(asked)):
        sentences = dice.sample(CHATTER[language], dice.choice((2, 2, 3)))
        slots = {
            "name": dice.choice(NAMES[language]),
            "day": dice.choice(DAYS[language]),
            "number": dice.randint(3, 90),
        }
        yield Line((" " if language == "en" else "").join(sentences).format(**slots))
    yield from (Line(question, wanted) for question, wanted in asked)


class Brain:
    """What the scripted model says: an answer to a turn, or, if it `summarises`, notes of the lines that it is given."""

    def __init__(self, language: str, summarises: bool) -> None:
        self._language, self._summarises = language, summarises
        self._dice = random.Random(language)
        self.summaries = 0

    def __call__(self, messages: Sequence[Mapping[str, Any]]) -> str:
        if SUMMARISES not in str(messages[0]["content"]):
            return self._dice.choice(ANSWERS[self._language])
        self.summaries += 1
        return self._notes(messages) if self._summarises else self._dice.choice(ANSWERS[self._language])

    def _notes(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """The lines with a fact in them, and some more while there is room."""
        asked = _WORDS_ASKED.search(str(messages[0]["content"]))
        room = int(asked[1] or asked[2]) if asked else 50
        lines = [found for row in str(messages[1]["content"]).splitlines() if (found := _LINE.match(row))]
        facts = [wanted for _question, wanted in ASKED[self._language]]
        lines.sort(key=lambda line: not any(fact in line[3] for fact in facts))
        notes = list[str]()
        for line in lines:
            length = len(line[3].split()) if self._language == "en" else len(line[3])
            if (line[2] or not line[3].startswith(ANSWERS[self._language])) and length <= room:
                room -= length
                notes.append(f"{line[3]} [{line[1]}]")
        return "\n".join(notes) or "-"
