"""What a character's file could say and does not: told while it is made, and no reason to refuse it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.characters.character import Character
from pipeline.prompt.system_prompt import composed
from server.characters.answers import Finding

WORTH_SAYING: Mapping[str, str] = {
    "line": "lists show one sentence of it, and there is none",
    "manner": "how it speaks is not said, so it will speak like any other",
    "limits": "what it must not do is not said",
    "topics": "whoever begins a talk is offered no topics",
    "questions": "without a language model it has nothing of its own to ask",
    "exchanges": "without a language model it answers nothing in its own words",
}
"""Fields of a language that a good character has, and what happens without them."""

SHORT = 80
"""Characters of a description from which a language model makes nobody in particular."""


def warnings_of(character: Character) -> list[Finding]:
    """What is missing, by field."""
    return list(_warnings(character))


def _warnings(character: Character) -> Iterator[Finding]:
    for language in character.languages:
        if len(character.who[language]) < SHORT:
            yield Finding(field=f"{language}.who", code="short", message="says very little of who it is")
        for field, message in WORTH_SAYING.items():
            if not getattr(character, field)[language]:
                yield Finding(field=f"{language}.{field}", code="missing", message=message)
        for field in composed(character, language, styles=True).cut:
            message = "what the model is told has no room for all of it: its end is left out"
            yield Finding(field=f"{language}.{field}", code="cut", message=message)
    if len(character.languages) == 1:
        yield Finding(field="languages", code="one_language", message="people of other languages do not find it")
