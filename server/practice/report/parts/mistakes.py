"""What would be said otherwise: found by rules, told during the talk, found by the language model; grouped by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.practice.answers.quotes import clip_at
from pipeline.practice.mistake import Mistake
from pipeline.practice.mistakes.kinds import label_of
from pipeline.practice.mistakes.mistakes import mistakes_in
from pipeline.practice.speech import SpokenTurn
from server.practice.report.answers import Clip, Improved, MistakeGroup, Mistakes, MistakeTold
from server.practice.report.heard import Heard

FEWEST_WORDS = 30
"""So many must have been said before mistakes for 100 words are told."""

MOST = 200
"""That are told; further ones are counted."""


@dataclass(frozen=True, slots=True)
class Found:
    """A mistake, and in which turn it was made."""

    turn: SpokenTurn
    mistake: Mistake

    @property
    def end(self) -> int:
        """Behind it, in the turn's text."""
        return self.mistake.at + len(self.mistake.said)

    def overlaps(self, other: Found) -> bool:
        """Whether both are about the same words."""
        same = self.turn.line_id == other.turn.line_id
        return same and self.mistake.at < other.end and other.mistake.at < self.end


def found_by_rules(heard: Heard) -> Sequence[Found]:
    """What rules find in the turns, and what else was told of while they were said."""
    by_rules = [
        Found(turn, mistake)
        for turn in heard.practised
        for mistake in mistakes_in(
            turn.text, heard.practice.language, heard.own, spoken=bool(turn.voiced or turn.words)
        )
    ]
    turns = {turn.line_id: turn for turn in heard.practised}
    told = (_told(turns.get(str(one.get("line_id"))), one) for one in heard.corrections)
    return joined(by_rules, [one for one in told if one])


def joined(first: Sequence[Found], further: Iterable[Found]) -> Sequence[Found]:
    """All of `first`, and of the further ones those about other words."""
    kept = list(first)
    for one in further:
        if not any(one.overlaps(other) for other in kept):
            kept.append(one)
    return kept


def mistakes_of(heard: Heard, found: Sequence[Found]) -> Mistakes | None:
    """Mistakes by kind; None where nothing was said in the language that is practised."""
    if not heard.words:
        return None
    language, before = heard.practice.language, heard.previous.get("mistakes")
    earlier = _counts(before)
    by_kind = Counter(one.mistake.kind for one in found)
    groups = [
        MistakeGroup(
            kind=kind,
            label=label_of(kind, language, heard.own),
            count=count,
            previous=earlier.get(kind, 0) if before else None,
            items=[_item(one) for one in found if one.mistake.kind == kind][:MOST],
        )
        for kind, count in by_kind.most_common()
    ]
    per_100 = round(100 * len(found) / heard.words, 1) if heard.words >= FEWEST_WORDS else None
    return Mistakes(groups=groups, per_100=per_100, better=_better(heard, by_kind, before))


def _better(heard: Heard, now: Mapping[str, int], before: Mapping[str, Any] | None) -> list[Improved]:
    """Kinds that became rarer since the last practice, by what they were for 100 words."""
    earlier, total = _counts(before), sum(_counts(before).values())
    if not (before and before.get("per_100") and total and heard.words >= FEWEST_WORDS):
        return []
    language, scale = heard.practice.language, before["per_100"] / total
    rates = {
        kind: (round(count * scale, 1), round(100 * now.get(kind, 0) / heard.words, 1))
        for kind, count in earlier.items()
    }
    rarer = sorted((after - first, kind) for kind, (first, after) in rates.items() if after < first)
    return [
        Improved(kind=kind, label=label_of(kind, language, heard.own), before=rates[kind][0], now=rates[kind][1])
        for _difference, kind in rarer
    ]


def _counts(before: Mapping[str, Any] | None) -> Mapping[str, int]:
    return {group["kind"]: group["count"] for group in (before or {}).get("groups", ())}


def _told(turn: SpokenTurn | None, correction: Mapping[str, Any]) -> Found | None:
    """A correction of the talk, if its words stand where it says."""
    said, at = str(correction.get("said", "")), correction.get("at")
    if turn is None or not said or not isinstance(at, int) or turn.text[at : at + len(said)] != said:
        return None
    texts = {name: str(correction.get(name, "")) for name in ("better", "reason", "kind")}
    return Found(
        turn,
        Mistake(
            said, at, **texts, hinders=bool(correction.get("hinders")), source=str(correction.get("source", "rules"))
        ),
    )


def _item(found: Found) -> MistakeTold:
    mistake = found.mistake
    source: Literal["rules", "model"] = "model" if mistake.source == "model" else "rules"
    return MistakeTold(
        said=mistake.said,
        better=mistake.better,
        reason=mistake.reason,
        clip=Clip.of(clip_at(found.turn, mistake.at, found.end)),
        hinders=mistake.hinders,
        source=source,
    )
