"""`bench turns`: how soon turns end, and how often people are cut off, for several ways to decide it.

Every strategy hears the same conversations through the real `Endpointer`, without waiting: what the engines say is found
out once (about a quarter of an hour) and kept in the temporary folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.recordings import BESIDE
from benchmarks.scoring import percentile, word_errors
from benchmarks.turn_replay import Heard, Strategy, replay
from benchmarks.turn_speech import NOISES_DB, WINDOW, Pause, conversations
from benchmarks.turn_traces import LANGUAGE, Trace, Traces, recordings
from models.embedded import pitch, smart_turn
from pipeline.errors import EngineUnavailable
from pipeline.turns.endpoint import Endpointer, Endpointing
from pipeline.turns.events import SpeechPaused
from pipeline.turns.interruption import same_words
from pipeline.turns.wait import WORDS_MS, Evidence, WaitRule, adaptive_wait, fixed_wait

WEIGHTS = Path("smart-turn-v3.2", smart_turn.WEIGHTS.name)
PAUSES_MS = (64, 96, 128, 160)
SETTLED_MS = 500
"""Silence after which the words of a turn do not change any more."""

DRAFTED_NOISES_DB = (None, 10)


def strategies(models: Iterable[str], whisper: bool = False) -> Iterator[Strategy]:
    """All that are compared; those with Smart Turn and Whisper only where these can run."""
    for silence_ms in (200, 350, 500, 650, 800, 1100):
        yield Strategy(f"fixed {silence_ms} ms", fixed_wait(silence_ms))
    adaptive = adaptive_wait()
    yield Strategy("words", adaptive)
    for sound in sounds(models):
        name = " + ".join(sound).replace("_", " ")
        yield Strategy(name, without_words(adaptive), sound)
        yield Strategy(f"words + {name}", adaptive, sound)
    for words_ms in (0, 400, WORDS_MS) if whisper else ():
        yield Strategy(f"whisper + pitch, up to {words_ms} ms", adaptive, ("pitch",), words_ms)
    yield Strategy("words + pitch, no habit", without_habit(adaptive), ("pitch",))
    for eagerness in ("high", "low"):
        for sound in ((), *sounds(models)):
            name = " + ".join(("words", *sound)).replace("_", " ")
            yield Strategy(f"{name}, {eagerness}", adaptive_wait(eagerness), sound)


def sounds(models: Iterable[str]) -> list[tuple[str, ...]]:
    """The combinations of turn models that are compared."""
    return [("pitch",), ("smart_turn",), ("pitch", "smart_turn")] if "smart_turn" in models else [("pitch",)]


def without_words(rule: WaitRule) -> WaitRule:
    """The same, deaf to words."""
    return lambda evidence: rule(replace(evidence, text=""))


def without_habit(rule: WaitRule) -> WaitRule:
    """The same for somebody who is never known."""
    return lambda evidence: rule(Evidence(evidence.text, evidence.complete))


def figures(heard: Sequence[Heard]) -> dict[str, Any]:
    """Cut-offs for each hundred pauses, and milliseconds from true ends to their discovery."""
    waits = [one.wait_ms for one in heard if one.wait_ms is not None]
    answerable = [one.answerable_ms for one in heard if one.answerable_ms is not None]
    pauses = [pause.kind for one in heard for pause in one.turn.pauses]
    cuts = [cut.kind if isinstance(cut, Pause) else "elsewhere" for one in heard for cut in one.cuts]
    kinds = dict.fromkeys(pauses)
    return {
        "cut_off_per_100": round(100 * len(cuts) / len(pauses), 1),
        "by_kind": {kind: round(100 * cuts.count(kind) / pauses.count(kind)) for kind in kinds},
        "cut_off_elsewhere": cuts.count("elsewhere"),
        "wait_p50": percentile(waits, 0.5),
        "wait_p95": percentile(waits, 0.95),
        "wait_mean": round(sum(waits) / len(waits)),
        "answerable_p50": percentile(answerable, 0.5),
        "no_end": len(heard) - len(waits),
    }


def compare(traces: Sequence[Trace], models: Iterable[str], whisper: bool = False) -> dict[str, dict[str, Any]]:
    """The figures of each strategy, over all and by noise."""
    result = {}
    for strategy in strategies(models, whisper):
        heard = [one for trace in traces for one in replay(trace, strategy)]
        by_noise = {
            f"{noise} dB" if noise else "clean": [o for o in heard if o.trace.conversation.noise_db == noise]
            for noise in NOISES_DB
        }
        result[strategy.name] = {
            **figures(heard),
            "by_noise": {noise: figures(some) for noise, some in by_noise.items()},
        }
        for trace in traces:
            trace.save()
    return result


def speculation(traces: Sequence[Trace], wait_ms: WaitRule) -> list[dict[str, Any]]:
    """What a draft in the pause is worth, by the silence after which it is made."""
    drafted = [t for t in traces if t.conversation.language == LANGUAGE and t.conversation.pace == "brisk"]
    rows = []
    for noise in DRAFTED_NOISES_DB:
        some = [trace for trace in drafted if trace.conversation.noise_db == noise]
        turns = [(trace, turn) for trace in some for turn in trace.conversation.turns]
        for pause_ms in (*PAUSES_MS, SETTLED_MS):
            drafts = [(trace.draft(turn, pause_ms), trace.draft(turn, SETTLED_MS)) for trace, turn in turns]
            errors = [
                word_errors(turn.text, draft) for (draft, _), (_, turn) in zip(drafts, turns, strict=True) if turn.text
            ]
            paused = sum(_pauses(trace, Endpointing(pause_ms=pause_ms, wait_ms=wait_ms)) for trace in some)
            rows.append(
                {
                    "noise_db": noise,
                    "pause_ms": pause_ms,
                    "same_as_settled": round(sum(same_words(*pair) for pair in drafts) / len(drafts), 2),
                    "word_error_rate": round(sum(e for e, _ in errors) / sum(n for _, n in errors), 3),
                    "wasted_per_turn": round(paused / len(turns) - 1, 2),
                }
            )
            for trace in some:
                trace.save()
    return rows


def _pauses(trace: Trace, endpointing: Endpointing) -> int:
    endpointer, count = Endpointer(endpointing), 0
    for window, probability in enumerate(trace.probabilities):
        count += sum(isinstance(e, SpeechPaused) for e in endpointer.push_window(probability, window * WINDOW, WINDOW))
    return count


def table(compared: Mapping[str, Mapping[str, Any]], drafts: Sequence[Mapping[str, Any]]) -> str:
    """The same for people."""
    kinds = list(next(iter(compared.values()))["by_kind"])
    head = f"{'':38} {'cut off per 100 pauses':>40}   {'wait after the end, ms':>24}"
    lines = [
        head,
        f"{'':38} {'all':>8}"
        + "".join(f"{kind:>11}" for kind in kinds)
        + f"{'p50':>10}{'p95':>8}{'mean':>8}{'with words':>12}",
    ]
    for name, row in compared.items():
        by_kind = "".join(f"{row['by_kind'][kind]:>11}" for kind in kinds)
        waits = f"{row['wait_p50']:>10}{row['wait_p95']:>8}{row['wait_mean']:>8}{row['answerable_p50']:>12}"
        lines.append(f"{name:38} {row['cut_off_per_100']:>8}{by_kind}{waits}")
    if drafts:
        lines.append(
            f"\n{'draft after':12}{'noise':>8}{'same as settled':>18}{'word errors':>13}{'wasted per turn':>17}"
        )
    for row in drafts:
        noise = f"{row['noise_db']} dB" if row["noise_db"] else "none"
        words = f"{row['same_as_settled']:>18.0%}{row['word_error_rate']:>13}"
        lines.append(f"{row['pause_ms']:>8} ms {noise:>8}{words}{row['wasted_per_turn']:>17}")
    return "\n".join(lines)


def available(weights: Path) -> dict[str, Any]:
    """The turn models that can run here, by name."""
    models: dict[str, Any] = {"pitch": partial(pitch.create, {})}
    try:
        smart_turn.create({"weights": weights})
    except EngineUnavailable as error:
        print(f"Without Smart Turn: {error.message}", file=sys.stderr)
    else:
        models["smart_turn"] = partial(smart_turn.create, {"weights": weights})
    return models


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 if the default cuts people off no more often than a fixed 800 ms does."""
    parser = argparse.ArgumentParser(prog="run.py bench turns", description=__doc__)
    parser.add_argument("--speech", type=Path, default=BESIDE, help="folder of recordings with an index.json")
    parser.add_argument("--weights", type=Path, default=BESIDE.parent / "weights" / WEIGHTS, help="of Smart Turn")
    parser.add_argument(
        "--whisper", type=Path, metavar="FOLDER", help="weights of Whisper: what its words are worth, too"
    )
    parser.add_argument("--no-drafts", action="store_true", help="leave out what speculation is worth")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--plot", type=Path, help="draw the frontier into this PNG")
    options = parser.parse_args(arguments)
    try:
        spoken = list(conversations(recordings(options.speech)))
    except FileNotFoundError as error:
        print(error)
        return 2
    models = available(options.weights)
    made = Traces(models, options.whisper)
    traces = [Trace(conversation, made) for conversation in spoken]
    compared = compare(traces, models, bool(options.whisper))
    drafts = [] if options.no_drafts else speculation(traces, adaptive_wait())
    print(table(compared, drafts))
    report = {"compared": compared, "drafts": drafts}
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    else:
        print(json.dumps(report))
    if options.plot:
        from benchmarks.frontier import plot  # what it draws with takes a second to load

        plot(compared, options.plot)
    default, patient = compared["words + pitch"], compared["fixed 800 ms"]
    return 0 if default["cut_off_per_100"] <= patient["cut_off_per_100"] else 1
