"""How many texts are said right, of those in `benchmarks/forms/`: what is written, and the ways in which it may be said.

Every second row of each kind is held out: rules are made by the others alone, and both halves are told apart.
"""

from __future__ import annotations

import argparse
import csv
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.engines import registry
from pipeline.text.clauses import Clauses
from pipeline.text.language import language_of
from pipeline.text.spoken_forms import spoken_of

FORMS = Path(__file__).parent / "forms"
LANGUAGES = ("en", "zh")
_HAN = "\u3400-\u9fff"


@dataclass(frozen=True, slots=True)
class Form:
    """One row: a text as a model writes it, with ⏎ for line breaks, and the ways in which it may be said."""

    written: str
    spoken: tuple[str, ...]
    kind: str
    held_out: bool


@dataclass(slots=True)
class Score:
    """How many of the rows were said right, and what was said in place of the others. `ms` per clause, sorted."""

    right: int = 0
    rows: int = 0
    wrong: list[tuple[Form, str]] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)

    def ms_at(self, share: float) -> float:
        """The milliseconds that this share of the clauses took at most."""
        return self.ms[int(share * (len(self.ms) - 1))]


def forms(language: str) -> Iterator[Form]:
    """The rows of a language."""
    seen: dict[str, int] = {}
    with (FORMS / f"{language}.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            seen[row["kind"]] = seen.get(row["kind"], 0) + 1
            yield Form(row["written"], tuple(row["spoken"].split("|")), row["kind"], seen[row["kind"]] % 2 == 0)


def score(language: str, *, held_out: bool) -> Score:
    """How one half of a language's rows is said by the server's own normaliser."""
    return _scored(language, (form for form in forms(language) if form.held_out == held_out))


def said(text: str, language: str) -> tuple[list[str], list[float]]:
    """What a voice that wants words is given for a model's text, clause by clause; and how long that took, in ms."""
    normalizer, cutter = registry.text_normalizer(), Clauses(language=language)
    spoken, took = [], []
    for clause in cutter.push(text) + cutter.finish():
        began = time.perf_counter()
        spoken.append(spoken_of(normalizer.normalize(clause.spoken, language_of(clause.spoken, language))))
        took.append((time.perf_counter() - began) * 1000)
    return spoken, took


def alike(text: str) -> str:
    """A spoken text without what cannot be heard: case, punctuation, hyphens, spaces beside Han, the "and" of hundreds."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"['’]", "", text)
    text = re.sub(r"(?<=\b[a-z])\.(?=[a-z]\b)", " ", text)
    text = re.sub(r"[^\w\s]|_", " ", text)
    text = re.sub(r"\b(hundred|thousand) and\b", r"\1", text)
    text = re.sub(rf"(?<=[{_HAN}])\s+|\s+(?=[{_HAN}])", "", text)
    return " ".join(text.split())


def add_options(group: Any) -> None:
    """What may be asked of this part on the command line."""
    group.add_argument("--wrong", action="store_true", help="print each text that is said wrong, and how")


def measured(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The scores of both halves in each language."""
    return [
        {"language": language, "held_out": held_out, **_row(score(language, held_out=held_out), options.wrong)}
        for language in LANGUAGES
        for held_out in (False, True)
    ]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The scores as they are printed."""
    lines = []
    for row in rows:
        half = "held out" if row["held_out"] else "first half"
        score = f"{row['right']} of {row['rows']} ({row['right'] / row['rows']:.1%})"
        wrong = ", ".join(f"{kind} {count}" for kind, count in row["wrong_kinds"].items())
        time_taken = f"{row['p50_ms']} ms a clause, p95 {row['p95_ms']} ms"
        lines.append(f"{row['language']}  {half:10}  {score}  {time_taken}{'  wrong: ' + wrong if wrong else ''}")
        lines += [f"    {written}  →  {spoken}" for written, spoken in row["wrong"]]
    return "\n".join(lines)


def _row(found: Score, show: bool) -> dict[str, Any]:
    return {
        "right": found.right,
        "rows": found.rows,
        "p50_ms": round(found.ms_at(0.5), 2),
        "p95_ms": round(found.ms_at(0.95), 2),
        "wrong_kinds": dict(Counter(form.kind for form, _ in found.wrong)),
        "wrong": [(form.written, spoken) for form, spoken in found.wrong] if show else [],
    }


def _scored(language: str, rows: Iterable[Form]) -> Score:
    found = Score()
    for form in rows:
        spoken, took = said(form.written.replace("⏎", "\n"), language)
        found.rows += 1
        found.ms += took
        if alike(" ".join(spoken)) in map(alike, form.spoken):
            found.right += 1
        else:
            found.wrong.append((form, " ".join(spoken)))
    found.ms.sort()
    return found
