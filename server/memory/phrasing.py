"""How what is remembered is put to a language model, in both languages. Pure."""

from __future__ import annotations

from pipeline.memory.names import name_in
from server.api.moments import iso
from server.memory.profile import Remembered

DAY = len("2026-11-30")

_PERSON = {
    "en": "The person told you in an earlier talk ({day}): {text}. Their words: “{quote}”",
    "zh": "对方以前（{day}）告诉过你：{text}。原话：“{quote}”",
}
_WRITTEN = {"en": "The person wants you to know: {text}", "zh": "对方希望你知道：{text}"}
_NAME = {"en": "The person's name is {text}.", "zh": "对方叫{text}。"}
_CHARACTER = {
    "en": "You yourself said in an earlier talk ({day}): “{quote}” Stay true to it.",
    "zh": "你自己以前（{day}）说过：“{quote}”。不要自相矛盾。",
}


_SAYS_NAME = {"en": "My name is {text}.", "zh": "我叫{text}。"}


def put(fact: Remembered, language: str) -> str:
    """The fact as the model reads it."""
    if fact.about == "character":
        form = _CHARACTER
    elif fact.kind == "name":
        form = _NAME
    else:
        form = _WRITTEN if fact.source in ("written", "edited") else _PERSON
    tag = "zh" if language.startswith("zh") else "en"
    return form[tag].format(day=iso(fact.told_at)[:DAY], text=fact.text, quote=" ".join(fact.quote.split()))


def words_of(fact: Remembered, language: str) -> str:
    """What the person said, for models that are scripted; a name that was corrected on the page as they would say it."""
    if fact.about == "character":
        return ""
    if fact.kind == "name" and name_in(fact.quote) != fact.text:
        return _SAYS_NAME["zh" if language.startswith("zh") else "en"].format(text=fact.text)
    return fact.quote if fact.source != "edited" else fact.text
