"""The fixture of talks: what the rules learn from some of it, and what gets through of a language model that invents."""

from __future__ import annotations

from benchmarks.remembered.scoring import scored, written_talks
from benchmarks.remembered.tempted import Tempted

SOME = slice(0, 56, 4)


def test_the_talks_are_in_both_languages_and_each_has_a_trap() -> None:
    talks = written_talks()

    assert len(talks) >= 50
    assert {talk.language for talk in talks} == {"en", "zh"}
    assert all(talk.trap and talk.lines for talk in talks)


async def test_the_rules_learn_nothing_wrong_from_the_talks_that_they_were_written_against() -> None:
    score = await scored([talk for talk in written_talks() if not talk.unseen][SOME])

    assert score.wrong == []
    assert score.recall > 0.8


async def test_of_a_language_model_that_invents_only_what_was_said_is_kept() -> None:
    talks = written_talks()[SOME]
    models = [Tempted(talk) for talk in talks]
    score = await scored(talks, lambda talk: models[talks.index(talk)])

    assert (score.precision, score.recall) == (1.0, 1.0)
    assert sum(model.said for model in models) > 3 * score.right
