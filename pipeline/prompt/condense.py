"""A summary by a language model: how it is asked, and what of its answer counts. Pure.

Each line that it is given has a number, and each sentence that it gives must name some: a sentence without is not
believed, and none outlives what it comes from. The questions are in the files beside this one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.characters.character import text_in
from pipeline.conversation.summary import SummarySentence
from pipeline.engines.protocols import ChatRequest, Message
from pipeline.text.clean import clean

_QUESTIONS = {
    tag: Path(__file__).with_name(f"summarise.{tag}.txt").read_text(encoding="utf-8").strip() for tag in ("en", "zh")
}
_WHO = {"en": "Person", "zh": "对方"}
_NOTHING = re.compile(r"[-–—\s]*")
_SENTENCE = re.compile(
    r"^[\s*•–—-]*+(?:\d{1,3}[.)、]\s*+)?(?P<text>.*?)\s*+[\[［【](?P<numbers>[^\]］】]*)[\]］】]\s*[.。]?\s*$"
)
_NUMBERS = re.compile(r"(\d{1,4})\s*[-–—~]\s*(\d{1,4})|(\d{1,4})")
_LONGEST = 500
"""Characters of a sentence that are read."""
LONGEST_ANSWER = 8_000
"""Characters of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the model is given to condense. who: the character's name, or empty for the person; for a note, None."""

    text: str
    items: tuple[str, ...]
    who: str | None = None


def condense_request(lines: Sequence[Line], name: str, language: str, tokens: int) -> ChatRequest:
    """What the model is asked: the lines in about so many tokens."""
    tag = "zh" if language.startswith("zh") else "en"
    words = max(20, tokens // 2)
    question = _QUESTIONS[tag].replace("{name}", name).replace("{words}", str(words))
    shown = (f"{number}. {_said_by(line, tag)}{_in_one_line(line.text)}" for number, line in enumerate(lines, 1))
    messages = [Message("system", question), Message("user", "\n".join(shown))]
    return ChatRequest(messages, language=tag, max_tokens=2 * tokens)


def condensed(answer: str, lines: Sequence[Line]) -> list[SummarySentence] | None:
    """The sentences of an answer, each with the items of the lines that it names; None if it is no such answer."""
    sentences = list[SummarySentence]()
    for row in clean(answer[:LONGEST_ANSWER]).splitlines():
        if (found := _SENTENCE.match(" ".join(row[:_LONGEST].split()))) is None or not found["text"]:
            continue
        named = [lines[number - 1] for number in _numbers(found["numbers"]) if 0 < number <= len(lines)]
        if named:
            items = dict.fromkeys(id for line in named for id in line.items)
            sentences.append(SummarySentence(found["text"], tuple(items)))
    return sentences if sentences or (answer.strip() and _NOTHING.fullmatch(answer)) else None


def _numbers(told: str) -> list[int]:
    numbers = list[int]()
    for first, last, alone in _NUMBERS.findall(told):
        numbers += [int(alone)] if alone else range(int(first), min(int(last), int(first) + 99) + 1)
    return numbers


def _said_by(line: Line, tag: str) -> str:
    return "" if line.who is None else f"{line.who or text_in(_WHO, tag)}: "


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
