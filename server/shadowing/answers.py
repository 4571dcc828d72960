"""What is told of a sentence that somebody said after a model."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from pipeline.engines.protocols import WordTime
from pipeline.practice.shadowing import Shadowed, Side
from pipeline.practice.speech import Span
from server.api.endpoint import Body, Described

LONGEST_TEXT = 300
MOST_WORDS = 600
LATEST_MS = 600_000


class ModelWord(Body):
    """When a word of the model sounds."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT)]
    start_ms: Annotated[int, Field(ge=0, le=LATEST_MS)]
    end_ms: Annotated[int, Field(ge=0, le=LATEST_MS)]

    @property
    def timed(self) -> WordTime:
        return WordTime(self.text, self.start_ms, self.end_ms)


MODEL_WORDS = TypeAdapter(Annotated[list[ModelWord], Field(max_length=MOST_WORDS)])
"""The field `words` of the form."""


class ModelQuery(Described):
    """Which sentence, and who says it."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    language: Literal["en", "zh"]
    character_id: Annotated[str, Field(max_length=64)] = ""
    """Without it, whatever voice there is for the language."""


class ModelSaid(Described):
    """A sentence as a character says it."""

    audio: str
    """A WAV file in base 64."""
    words: list[ModelWord]
    """When its words sound; empty where the voice does not tell."""


class Stretch(Described):
    """A stretch of time."""

    start_ms: int
    end_ms: int

    @classmethod
    def of(cls, span: Span) -> Stretch:
        return cls(start_ms=span.start_ms, end_ms=span.end_ms)

    @classmethod
    def of_known(cls, span: Span | None) -> Stretch | None:
        return cls.of(span) if span else None


class Word(Described):
    """A word of the sentence; a character, where it is Chinese."""

    text: str
    at: int
    """Where it stands in the sentence, in characters."""
    state: Literal["matched", "other", "missed"]
    """Understood; taken for something else; not heard."""
    heard: str
    """What it was taken for."""
    model: Stretch | None
    person: Stretch | None


class Extra(Described):
    """Something that was said besides."""

    text: str
    before: int
    """The number of the word of the sentence that it was said before."""
    person: Stretch


class Speaking(Described):
    """How one of the two speaks. Times are milliseconds since their voice began."""

    length_ms: int
    """From the first voice to the last."""
    units: int
    """Syllables, or characters of Chinese."""
    per_s: float
    """Of them in a second of that length, pauses among it."""
    pauses: list[Stretch]
    """Silences of 250 ms and more."""
    estimated: bool
    """Whether most times of words are spread over the voice, since the recogniser tells none."""

    @classmethod
    def of(cls, side: Side) -> Speaking:
        pauses = [Stretch.of(pause) for pause in side.pauses]
        per_s = round(side.per_s, 2)
        return cls(length_ms=side.length_ms, units=side.units, per_s=per_s, pauses=pauses, estimated=side.estimated)


class Shadow(Described):
    """How well a sentence was understood. It says nothing of how it sounded."""

    text: str
    heard: str
    """All that was understood, as the recogniser wrote it."""
    understood: int
    """How many words of the sentence."""
    unit: Literal["syllables", "characters"]
    words: list[Word]
    extras: list[Extra]
    person: Speaking
    model: Speaking | None
    """Null where it was not told when the words of the model sound."""

    @classmethod
    def of(cls, text: str, heard: str, language: str, result: Shadowed) -> Shadow:
        words = [
            Word(
                text=word.text,
                at=word.at,
                state=word.state,
                heard=word.heard,
                model=Stretch.of_known(word.model),
                person=Stretch.of_known(word.person),
            )
            for word in result.words
        ]
        extras = [Extra(text=one.text, before=one.before, person=Stretch.of(one.person)) for one in result.extras]
        return cls(
            text=text,
            heard=heard,
            understood=result.understood,
            unit="characters" if language == "zh" else "syllables",
            words=words,
            extras=extras,
            person=Speaking.of(result.person),
            model=Speaking.of(result.model) if result.model else None,
        )


FORM: Any = {
    "type": "object",
    "properties": {
        "audio": {"type": "string", "format": "binary", "minLength": 1},
        "text": {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT},
        "language": {"enum": ["en", "zh"]},
        "words": {
            "type": "string",
            "description": "JSON: when the model's words sound, as `[{text, start_ms, end_ms}]`",
        },
    },
    "required": ["audio", "text", "language"],
}
