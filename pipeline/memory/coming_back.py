"""How a character greets somebody whom it knows: by name, and with at most one question about what was open. Pure.

Nothing is said of a person but what they said themselves, in their own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.memory.fact import Kind

LONGEST_QUOTED = 100
"""Characters of a quote that is said aloud."""

OPEN_KINDS = ("goal", "date")
"""What is open: a plan, and what happens at some time."""


@dataclass(frozen=True, slots=True)
class OpenThing:
    """What a person told that may have gone on since. last: whether it was in the talk before this one."""

    quote: str
    kind: Kind
    last: bool


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What a character knows of somebody who comes back: the name, if they told it, and what was open."""

    name: str = ""
    open: OpenThing | None = None


_WELCOME = {
    "en": ("Good to hear from you again.", "Good to hear from you again, {name}."),
    "zh": ("又听到你的声音了，真好。", "{name}，又听到你的声音了，真好。"),
}
_SAID = {
    "en": ("A while ago you said: “{quote}.” ", "Last time you said: “{quote}.” "),
    "zh": ("之前你说过：“{quote}”。", "上次你说：“{quote}”。"),
}
_ASK = {
    "en": {"goal": "How is that going?", "date": "How do things stand with that?"},
    "zh": {"goal": "现在进展怎么样？", "date": "这件事现在怎么样了？"},
}
_INSTRUCTIONS = {
    "en": {
        "greet": "The person is back; you know them from earlier talks. Greet them now, first, in one or two short spoken "
        "sentences in your own manner, as one greets somebody known; do not introduce yourself again.",
        "name": "Their name is {name}.",
        "open": "{when} they said: “{quote}”. Ask how that stands, and ask nothing else.",
        "last": "Last time",
        "before": "Some time ago",
        "base": "To strangers you would have said: “{greeting}”",
        "only": "Say nothing of them or of earlier talks that does not stand here.",
    },
    "zh": {
        "greet": "对方回来了，你们以前聊过。现在由你先开口，用你自己的方式，像见到熟人那样，用一两句口语短句打招呼；"
        "不要再自我介绍。",
        "name": "对方叫{name}。",
        "open": "{when}对方说过：“{quote}”。问问这件事现在怎么样了，别的都不要问。",
        "last": "上次",
        "before": "之前",
        "base": "对陌生人你会这样开场：“{greeting}”",
        "only": "关于对方和以前的谈话，这里没有写的一概不要说。",
    },
}
_SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]+[”\"]?\s*")


def _tag(language: str) -> str:
    return "zh" if language.startswith("zh") else "en"


def greeting_line(greeting: str, language: str, known: Acquaintance) -> str:
    """What a character says, made of its own greeting of strangers, whose question it asks if nothing was open."""
    tag, name, open_thing = _tag(language), known.name, known.open
    welcome = _WELCOME[tag][bool(name)].format(name=name)
    if open_thing:
        said = _SAID[tag][open_thing.last].format(quote=_bare(open_thing.quote))
        return _joined(tag, welcome, said + _ASK[tag][open_thing.kind if open_thing.kind in OPEN_KINDS else "date"])
    asks = [sentence.strip() for sentence in _SENTENCE.findall(greeting)][-1:]
    return _joined(tag, welcome, asks[0] if asks and asks[0].rstrip('”"').endswith(("?", "？")) else greeting)


def greeting_instructions(greeting: str, language: str, known: Acquaintance) -> str:
    """The same as an order to a language model, to be put behind its instructions."""
    form, name, open_thing = _INSTRUCTIONS[_tag(language)], known.name, known.open
    parts = [form["greet"]]
    if name:
        parts.append(form["name"].format(name=name))
    if open_thing:
        when = form["last" if open_thing.last else "before"]
        parts.append(form["open"].format(when=when, quote=_bare(open_thing.quote)))
    return " ".join([*parts, form["base"].format(greeting=greeting), form["only"]])


def _bare(quote: str) -> str:
    return quote.strip(" .!。！,，;；\n")


def _joined(tag: str, *parts: str) -> str:
    return ("" if tag == "zh" else " ").join(parts)
