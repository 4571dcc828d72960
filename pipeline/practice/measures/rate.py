"""How fast somebody speaks, and for how much of the time: rates, share of phonation, length of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from pipeline.practice.measure import Measure
from pipeline.practice.measures.syllables import LANGUAGES
from pipeline.practice.measures.talk import LEAST_WORDS, MeasuredTurn, Talk, measure
from pipeline.practice.speech import Clip


def rates(talk: Talk) -> Sequence[Measure]:
    """Pace, speech rate, articulation rate, share of phonation, length of runs."""
    missing = talk.too_little(words=LEAST_WORDS)
    unknown = missing or ("" if talk.language in LANGUAGES else "language")
    seconds, voiced_s = talk.ms / 1000 or 1.0, talk.phonation_ms / 1000 or 1.0
    runs = sorted(_runs(talk.turns), key=lambda run: -run[0])
    spoken_s = talk.voice_estimated
    return (
        measure("pace", 60 * talk.units / seconds, talk.units, _outliers(talk, _pace), missing=missing, estimated=spoken_s),
        measure("speech_rate", talk.syllables / seconds, talk.syllables, _outliers(talk, _speech_rate), missing=unknown,
                estimated=spoken_s),
        measure("articulation_rate", talk.syllables / voiced_s, talk.syllables, _outliers(talk, _articulation_rate),
                missing=unknown, estimated=spoken_s),
        measure("phonation_ratio", 100 * talk.phonation_ms / (talk.ms or 1), len(talk.turns), _outliers(talk, _phonation),
                missing=talk.too_little(), estimated=spoken_s),
        measure("run_length", sum(count for count, _ in runs) / (len(runs) or 1), len(runs), [clip for _, clip in runs],
                missing=unknown, estimated=talk.estimated),
    )  # fmt: skip


def _runs(turns: Sequence[MeasuredTurn]) -> Iterator[tuple[int, Clip]]:
    """Syllables and words of each stretch between pauses; one in which only fillers were heard is none."""
    for turn in turns:
        bounds = [0, *(pause.at for pause in turn.pauses), len(turn.words)]
        for first, last in pairwise(bounds):
            count = sum(map(turn.syllables_of, range(first, last)))
            if count:
                yield count, turn.clip(first, last - 1)


def _outliers(talk: Talk, value: Callable[[MeasuredTurn], float]) -> Sequence[Clip]:
    """The turns of more than a few words, those first that are farthest from the middle one."""
    turns = [turn for turn in talk.turns if turn.units >= LEAST_WORDS]
    middle = sorted(map(value, turns))[len(turns) // 2] if turns else 0.0
    return [turn.whole for turn in sorted(turns, key=lambda turn: -abs(value(turn) - middle))]


def _pace(turn: MeasuredTurn) -> float:
    return turn.units / turn.ms


def _speech_rate(turn: MeasuredTurn) -> float:
    return turn.syllables / turn.ms


def _articulation_rate(turn: MeasuredTurn) -> float:
    return turn.syllables / turn.phonation_ms


def _phonation(turn: MeasuredTurn) -> float:
    return turn.phonation_ms / turn.ms
