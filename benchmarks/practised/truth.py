"""What the measures of a talk must be, counted from how it was put together, by nothing of what is tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, median

from benchmarks.practised.talks import Talk


def truth(talk: Talk) -> Mapping[str, float]:
    """By the id of the measure; what cannot be known is not there."""
    seconds = sum(turn.ms for turn in talk.turns) / 1000
    pauses = [pause for turn in talk.turns for pause in turn.pauses]
    voiced_s = seconds - sum(ms for _, ms in pauses) / 1000
    words = sum(len(turn.words) - turn.fillers for turn in talk.turns)
    known = {
        "pace": 60 * words / seconds,
        "speech_rate": talk.syllables / seconds,
        "articulation_rate": talk.syllables / voiced_s,
        "phonation_ratio": 100 * voiced_s / seconds,
        "run_length": talk.syllables / sum(_runs(talk)),
        "pauses": 60 * len(pauses) / seconds,
        "pauses_within": 60 * sum(kind == "within" for kind, _ in pauses) / seconds,
        "pauses_between": 60 * sum(kind == "between" for kind, _ in pauses) / seconds,
        "fillers": 100 * sum(turn.fillers for turn in talk.turns) / words,
        "repairs": 100 * sum(turn.repairs for turn in talk.turns) / words,
        "answer_delay": median(turn.answer_ms for turn in talk.turns) / 1000,
        "monologue": max(turn.ms for turn in talk.turns) / 1000,
        "talk_share": 100 * seconds / (seconds + talk.character_ms / 1000),
    }
    if pauses:
        known["pause_length"] = median(ms for _, ms in pauses) / 1000
    if len(talk.lexical) >= 50:
        known["mattr"] = fmean(len(set(talk.lexical[at : at + 50])) / 50 for at in range(len(talk.lexical) - 49))
    if len(talk.lexical) >= 100:
        known["mtld"] = fmean((_mtld(talk.lexical), _mtld(talk.lexical[::-1])))
    return known


def _runs(talk: Talk) -> list[int]:
    """For each turn, in how many stretches between pauses there are words that are no fillers."""
    counts = []
    for turn in talk.turns:
        fillers = {"um", "uh", "嗯", "呃"}
        counts.append(
            sum(
                any(span.start_ms <= start < span.end_ms and word not in fillers for word, start, _ in turn.words)
                for span in turn.voiced
            )
        )
    return counts


def _mtld(words: Sequence[str]) -> float:
    factors, since = 0.0, 0
    for end in range(1, len(words) + 1):
        share = len(set(words[since:end])) / (end - since)
        if share < 0.72:
            factors, since = factors + 1, end
    rest = words[since:]
    factors += (1 - len(set(rest)) / len(rest)) / 0.28 if rest else 0
    return len(words) / factors
