"""How often and for how long somebody is silent within a turn, and where: between clauses, or within one."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pipeline.practice.measure import Measure
from pipeline.practice.measures.clauses import LANGUAGES, is_between
from pipeline.practice.measures.talk import MeasuredTurn, Talk, measure
from pipeline.practice.measures.turn import Pause
from pipeline.practice.speech import Clip


def pauses(talk: Talk) -> Sequence[Measure]:
    """Pauses a minute, their median length, and those within and between clauses a minute."""
    missing = talk.too_little()
    unknown = missing or ("" if talk.language in LANGUAGES else "language")
    minutes = talk.ms / 60_000 or 1.0
    found = sorted(((turn, pause) for turn in talk.turns for pause in turn.pauses), key=lambda pair: -pair[1].span.ms)
    between = [is_between(turn, pause, turn.filling) for turn, pause in found]
    inner = [pair for pair, is_outer in zip(found, between, strict=True) if not is_outer]
    outer = [pair for pair, is_outer in zip(found, between, strict=True) if is_outer]
    length_s = median(pause.span.ms for _, pause in found) / 1000 if found else 0.0
    spread, voice = talk.estimated, talk.voice_estimated
    return (
        measure("pauses", len(found) / minutes, len(found), _clips(found), missing=missing, estimated=voice),
        measure("pause_length", length_s, len(found), _clips(found), missing=missing or ("" if found else "no_pauses"),
                estimated=voice),
        measure("pauses_within", len(inner) / minutes, len(inner), _clips(inner), missing=unknown, estimated=spread),
        measure("pauses_between", len(outer) / minutes, len(outer), _clips(outer), missing=unknown, estimated=spread),
    )  # fmt: skip


def _clips(found: Sequence[tuple[MeasuredTurn, Pause]]) -> Sequence[Clip]:
    return [Clip(turn.line_id, pause.span.start_ms, pause.span.end_ms) for turn, pause in found]
