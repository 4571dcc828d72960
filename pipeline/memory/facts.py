"""What a person told of themselves, found by rules: for servers without a language model, and for what is said as a command.

Questions, what may not be meant (a joke, a game, "if I were"), and what somebody else said tell nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.memory.chinese import CHINESE
from pipeline.memory.english import ENGLISH
from pipeline.memory.fact import Fact, Grammar
from pipeline.memory.names import name_in
from pipeline.text.language import language_of

LONGEST_LINE, LONGEST_SENTENCE = 2_000, 500
"""Characters that are looked at: nobody says more of themselves in one go, and what was pasted is about something else."""

PLAYED_LINES = 8
"""For so many lines of theirs a game goes on that nobody ends."""

_SENTENCE = re.compile(r"[^.!?。！？；;\n]*(?:\.(?=\w)[^.!?。！？；;\n]*)*[.!?。！？；;]*\s*")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|「[^」]*」|『[^』]*』|‘[^’]{4,}’|(?<!\w)'[^']{4,}'(?!\w)")
_SPELLED = re.compile(r"\b((?:[A-Z][-.,\s]{1,2}){2,}[A-Z])\b")


def facts_in(line: str) -> list[Fact]:
    """The facts that one line tells, in its first `LONGEST_LINE` characters."""
    line = line[:LONGEST_LINE]
    masked = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), line)
    found = dict[tuple[str, str], Fact]()
    for sentence, quote in _sentences(masked, line):
        for fact in _of_sentence(sentence, quote):
            found.setdefault((fact.kind, fact.topic or fact.text), fact)
    return _spelled(list(found.values()), line)


def facts_of(lines: Sequence[str]) -> list[list[Fact]]:
    """Of each line of a talk what it tells; nothing of what was taken back by the next one, or said in a game."""
    found, playing = list[list[Fact]](), 0
    for line in lines:
        grammar = _grammar(line)
        if grammar.joke.search(line):
            found[-1:] = [[]] if found else []
        playing = (
            PLAYED_LINES if grammar.play.search(line) else 0 if grammar.play_over.search(line) else max(0, playing - 1)
        )
        found.append([] if playing else facts_in(line))
    return found


def _sentences(masked: str, line: str) -> Iterator[tuple[str, str]]:
    """Each sentence without what is quoted in it, and as it was said."""
    for match in _SENTENCE.finditer(masked):
        if match[0].strip() and len(match[0]) <= LONGEST_SENTENCE:
            yield match[0].strip(), line[match.start() : match.end()].strip()


def _of_sentence(sentence: str, quote: str) -> Iterator[Fact]:
    grammar = _grammar(sentence)
    if any(doubt.search(sentence) for doubt in grammar.doubts):
        return
    if name := name_in(sentence):
        yield Fact("name", name, quote, "name")
    for rule in grammar.rules:
        yield from rule.within(sentence, quote)


def _spelled(facts: list[Fact], line: str) -> list[Fact]:
    """A name that was spelled is written as it was spelled, if it begins as it sounded."""
    letters = _SPELLED.search(line)
    if not letters:
        return facts
    name = re.sub("[^A-Z]", "", letters[1]).capitalize()
    return [_respelled(fact, name, line, letters.end()) for fact in facts]


def _respelled(fact: Fact, name: str, line: str, end: int) -> Fact:
    at = line.find(fact.quote)
    if fact.kind != "name" or fact.text[0] != name[0] or at < 0:
        return fact
    return replace(fact, text=name, quote=line[at : max(end, at + len(fact.quote))])


def _grammar(text: str) -> Grammar:
    return CHINESE if language_of(text) == "zh" else ENGLISH
