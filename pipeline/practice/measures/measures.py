"""The one door: a talk in, all its measures out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline.practice.measure import Measure
from pipeline.practice.measures.disfluencies import disfluencies
from pipeline.practice.measures.pauses import pauses
from pipeline.practice.measures.rate import rates
from pipeline.practice.measures.talk import Talk
from pipeline.practice.measures.turn_taking import turn_taking
from pipeline.practice.measures.vocabulary.vocabulary import lexical
from pipeline.practice.speech import Spoken


def measured(spoken: Spoken, *, known_words: Collection[str] = ()) -> Sequence[Measure]:
    """All measures, in the order of `definitions.toml`; those without a value say what is missing.

    They are of the turns in the talk's language, else in the one spoken most, but for how the talk was shared.
    known_words: what the person said in earlier practices, as `words_said` gives it. Times may overlap or run backwards.
    """
    talk = Talk(spoken)
    return (*rates(talk), *pauses(talk), *disfluencies(talk), *turn_taking(talk), *lexical(talk, known_words))
