"""How the talk is shared: time before answering, the longest turn, and how much of the talking is the person's.

These are of all turns, in whatever language they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pipeline.practice.measure import Measure
from pipeline.practice.measures.talk import Talk, measure
from pipeline.practice.speech import Clip


def turn_taking(talk: Talk) -> Sequence[Measure]:
    """Time before answering, longest monologue, share of talking."""
    silent = "" if talk.every else "no_speech"
    waits = sorted(
        (
            (
                max(0, turn.start_ms - turn.asked_ms),
                Clip(turn.line_id, turn.asked_ms, max(turn.asked_ms, turn.start_ms)),
            )
            for turn in talk.every
            if turn.asked_ms is not None
        ),
        key=lambda wait: -wait[0],
    )
    wait_s = median(ms for ms, _ in waits) / 1000 if waits else 0.0
    longest = sorted(talk.every, key=lambda turn: -turn.ms)
    estimated = any(turn.estimated and not turn.heard_voice for turn in talk.every)
    longest_s = longest[0].ms / 1000 if longest else 0.0
    own_ms = sum(turn.ms for turn in talk.every)
    share = 100 * own_ms / (own_ms + talk.character_ms or 1)
    clips = [turn.whole for turn in longest]
    return (
        measure("answer_delay", wait_s, len(waits), [clip for _, clip in waits], estimated=estimated,
                missing=silent or ("" if waits else "no_answers")),
        measure("monologue", longest_s, len(longest), clips, missing=silent, estimated=estimated),
        measure("talk_share", share, len(longest), clips, estimated=estimated,
                missing=silent or ("" if talk.character_ms else "no_character")),
    )  # fmt: skip
