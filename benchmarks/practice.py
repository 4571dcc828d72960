"""`bench practice`: whether the measures of spoken language are right, over talks of which it is known how they were spoken.

Each talk is measured three times: with everything as it was made (the measures alone), with the voice detector's stretches
and the right words, and as a server hears it, by detector and recogniser.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.practised.listening import Hearing, Listening, right, spoken
from benchmarks.practised.pieces import Pieces
from benchmarks.practised.talks import Talk, talks
from benchmarks.practised.truth import truth
from benchmarks.recordings import BESIDE
from models.embedded import pocketsphinx
from models.whisper import recognizer as whisper
from pipeline.engines.protocols import Recognizer
from pipeline.errors import EngineUnavailable
from pipeline.practice.measures.measures import measured

TARGET = 0.05
"""So far from the truth a measure may be, as a share of it, over all talks."""
WAYS = ("true words and voice", "detector, true words", "detector, recognised")

Row: TypeAlias = dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Print the table; 0 if the measures alone are within `TARGET`."""
    parser = argparse.ArgumentParser(prog="run.py bench practice", description=__doc__)
    parser.add_argument("--speech", type=Path, default=BESIDE, help="folder of recordings with an index.json")
    parser.add_argument("--whisper", type=Path, metavar="FOLDER", help="weights of Whisper, to hear with it")
    parser.add_argument("--no-recogniser", action="store_true", help="only what needs none")
    parser.add_argument("--talk", help="just the talk of this id")
    parser.add_argument("--all", action="store_true", help="also print every talk")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args(arguments)
    try:
        pieces = Pieces(options.speech)
    except FileNotFoundError as error:
        print(error)
        return 2
    with closing(pieces):
        made = [talk for talk in talks(pieces) if options.talk in (None, talk.id)]
    recognizer = None if options.no_recogniser else _recognizer(options.whisper)
    try:
        rows = [row for talk in made for row in compared(talk, Listening(recognizer))]
    finally:
        if recognizer:
            recognizer.close()
    if options.all:
        print(each(rows), end="\n\n")
    print(f"Recogniser: {recognizer.info.name if recognizer else 'none'}")
    for language in dict.fromkeys(talk.language for talk in made):
        print(f"\n{language}, {sum(talk.language == language for talk in made)} talks")
        print(table([row for row in rows if row["language"] == language]))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1, ensure_ascii=False))
    return 0 if all(share <= TARGET for (_, way), (_, _, share) in sums(rows).items() if way == WAYS[0]) else 1


def compared(talk: Talk, listening: Listening) -> Iterator[Row]:
    """What each measure should be and what it is, for each way to hear the talk."""
    ways: dict[str, Hearing] = {WAYS[0]: right, WAYS[1]: listening.told}
    if listening.understands(talk.language):
        ways[WAYS[2]] = listening.recognized
    wanted = truth(talk)
    for way, hear in ways.items():
        found = {one.id: one for one in measured(spoken(talk, hear))}
        for id, value in wanted.items():
            yield {"talk": talk.id, "language": talk.language, "way": way, "measure": id, "truth": value,
                   "measured": found[id].value, "missing": found[id].missing}  # fmt: skip
        possible, sure = found["possible_fillers"].value, found["fillers"].value
        yield {"talk": talk.id, "language": talk.language, "way": way, "measure": "fillers, possible too",
               "truth": wanted["fillers"], "measured": None if possible is None or sure is None else possible + sure,
               "missing": found["possible_fillers"].missing}  # fmt: skip


def sums(rows: Sequence[Row]) -> Mapping[tuple[str, str], tuple[float, float, float]]:
    """By measure and way: the truth and what was measured, both summed over the talks, and the difference as a share."""
    result = dict[tuple[str, str], tuple[float, float, float]]()
    for key in dict.fromkeys((row["measure"], row["way"]) for row in rows):
        some = [row for row in rows if (row["measure"], row["way"]) == key and row["measured"] is not None]
        wanted, found = (sum(row[name] for row in some) for name in ("truth", "measured"))
        off = sum(abs(row["measured"] - row["truth"]) for row in some)
        result[key] = (wanted / max(1, len(some)), found / max(1, len(some)), off / wanted if wanted else off)
    return result


def table(rows: Sequence[Row]) -> str:
    """The same for people; the difference is that of single talks: too much here does not pay for too little there."""
    found = sums(rows)
    ways = [way for way in WAYS if any(row["way"] == way for row in rows)]
    lines = [f"{'':22}{'truth':>8}" + "".join(f"{way:>24}" for way in ways)]
    for id in dict.fromkeys(row["measure"] for row in rows):
        cells = [found.get((id, way), (0.0, 0.0, 0.0)) for way in ways]
        told = [f"{value:15.2f}{share:>8.1%} " if wanted or value else f"{'-':>23} " for wanted, value, share in cells]
        lines.append(f"{id:22}{cells[0][0]:8.2f}{''.join(told)}")
    return "\n".join(lines)


def each(rows: Sequence[Row]) -> str:
    """Every talk and measure."""
    lines = []
    for row in rows:
        found = row["missing"] if row["measured"] is None else f"{row['measured']:.2f}"
        off = "" if row["measured"] is None else f"{row['measured'] - row['truth']:+.2f}"
        lines.append(f"{row['talk']:20}{row['way']:24}{row['measure']:22}{row['truth']:8.2f}{found:>12}{off:>8}")
    return "\n".join(lines)


def _recognizer(weights: Path | None) -> Recognizer | None:
    """Whisper, where its weights are given, else the embedded one, where it is there."""
    try:
        return whisper.create({"weights": str(weights)}) if weights else pocketsphinx.create({})
    except EngineUnavailable as error:
        print(error.message)
        return None
