"""How often and for how long somebody is silent within a turn, and where: between clauses, or within one."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pipeline.practice.measure import Measure
from pipeline.practice.measures.clauses import LANGUAGES, is_between
from pipeline.practice.measures.talk import LEAST_VOICE_MS, MeasuredTurn, Talk, measure
from pipeline.practice.measures.turn import Pause
from pipeline.practice.speech import Clip


def pauses(talk: Talk) -> Sequence[Measure]:
    """Pauses a minute, their median length, and those within and between clauses a minute.

    The last two are of turns whose words have times of their own: between words that were spread over the voice, one pause
    in two would be taken for the other kind.
    """
    missing = talk.too_little()
    minutes = talk.ms / 60_000 or 1.0
    found = _longest_first(talk.turns)
    length_s = median(pause.span.ms for _, pause in found) / 1000 if found else 0.0
    timed = [turn for turn in talk.turns if not turn.estimated]
    timed_minutes = sum(turn.ms for turn in timed) / 60_000 or 1.0
    unknown = missing or ("" if talk.language in LANGUAGES else "language")
    unknown = unknown or ("" if sum(turn.phonation_ms for turn in timed) >= LEAST_VOICE_MS else "no_word_times")
    where = [(turn, pause, is_between(turn, pause, turn.filling)) for turn, pause in _longest_first(timed)]
    inner = [(turn, pause) for turn, pause, outer in where if not outer]
    outer = [(turn, pause) for turn, pause, outer in where if outer]
    voice = talk.voice_estimated
    return (
        measure("pauses", len(found) / minutes, len(found), _clips(found), missing=missing, estimated=voice),
        measure("pause_length", length_s, len(found), _clips(found), missing=missing or ("" if found else "no_pauses"),
                estimated=voice),
        measure("pauses_within", len(inner) / timed_minutes, len(inner), _clips(inner), missing=unknown),
        measure("pauses_between", len(outer) / timed_minutes, len(outer), _clips(outer), missing=unknown),
    )  # fmt: skip


def _longest_first(turns: Sequence[MeasuredTurn]) -> Sequence[tuple[MeasuredTurn, Pause]]:
    return sorted(((turn, pause) for turn in turns for pause in turn.pauses), key=lambda pair: -pair[1].span.ms)


def _clips(found: Sequence[tuple[MeasuredTurn, Pause]]) -> Sequence[Clip]:
    return [Clip(turn.line_id, pause.span.start_ms, pause.span.end_ms) for turn, pause in found]
