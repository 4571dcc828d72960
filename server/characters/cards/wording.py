"""Text from cards → text that our file takes; the language it is in; and what is said where a card says nothing. Pure."""

from __future__ import annotations

import math
import re
from typing import Any

from pipeline.text.clean import clean
from pipeline.text.language import is_han, language_of
from server.characters.cards.formats import ImportWarnings

_NOT_PROSE = re.compile(r"\{\{[^{}]{0,200}\}\}|<[^<>]{1,200}>|https?://\S{1,200}|@@\w{1,40}")
"""Macros, tags, addresses, decorators: in whatever language a card is, these are in Latin letters."""

_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
"""Languages that are told by their letters. Kana stand between the Han of Japanese."""

READ = 20_000
"""Letters of a card that are looked at for its language."""

GREETINGS = {"en": "Hello!", "zh": "你好！", "ja": "こんにちは。", "ko": "안녕하세요.", "ru": "Привет!"}
NAMES = {"en": "Nameless", "zh": "无名", "ja": "名無し", "ko": "이름 없음", "ru": "Без имени"}
EXAMPLES = {"en": "How {{char}} talks:", "zh": "{{char}}说话的样子："}
NARRATOR = {
    "en": "{{char}} knows the world of this lorebook and tells about it.",
    "zh": "{{char}}熟悉这本设定集里的世界，为人讲述它。",
}
"""Of a lorebook alone: who tells of it."""


def language_in(*texts: str) -> str:
    """The language of a card's texts, as a tag."""
    text = _NOT_PROSE.sub(" ", "\n".join(texts)[:READ])
    letters = sum(map(str.isalpha, text)) or 1
    for tag, script in _SCRIPTS:
        found = len(script.findall(text))
        others = sum(map(is_han, text)) if tag == "ja" else 0
        if found and 2 * (found + others) > letters and 10 * found > letters:
            return tag
    return language_of(text)


def said_in(texts: dict[str, str], language: str) -> str:
    """The one of `texts` for the language, else the English one."""
    return texts.get(language, texts["en"])


def text_of(value: Any) -> str:
    """A card's text without control characters; "" for what is none. A list of texts is its lines."""
    if isinstance(value, list):
        value = "\n".join(part for part in value if isinstance(part, str))
    return clean(value).strip() if isinstance(value, str) else ""


def texts_of(value: Any) -> list[str]:
    """A card's list of texts, without empty ones."""
    return [text for part in value if (text := text_of(part))] if isinstance(value, list) else []


def cut(text: str, most: int, field: str, warnings: ImportWarnings) -> str:
    """At most `most` letters of a text, which is told."""
    if len(text) > most:
        warnings.add(field, "cut", f"It is longer than {most:,} letters; what stands behind them is not used.")
    return text[:most].strip()


def first(values: list[Any], most: int, field: str, warnings: ImportWarnings) -> list[Any]:
    """At most `most` of some values, which is told."""
    if len(values) > most:
        warnings.add(field, "cut", f"There are more than {most:,}; those behind them are not used.")
    return values[:most]


def number_of(value: Any, default: float, least: float, most: float) -> float:
    """A card's number within its bounds; `default` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return default
    return max(least, min(most, value))


def without_empty(table: dict[str, Any]) -> dict[str, Any]:
    """A table of our file without what is not said, which it takes no empty text for."""
    return {name: value for name, value in table.items() if value not in ("", [], {}, None)}
