"""`bench engines`: how quick, how exact and how large every engine of this machine is, each in a process of its own.

Engines are driven as a session drives them (pieces of 100 ms, clauses, the session's time for the final words), but without
waiting for real time. Engines that cannot start here are listed with the reason; the stub ones, which are none, are not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast, get_args

from benchmarks.recordings import BESIDE
from pipeline.engines import registry
from pipeline.engines.protocols import Role

LONGEST_S = 600.0
"""Bound of one engine's measurement."""

COLUMNS = {
    "real_time_factor": ("real-time factor", "{:.4f}"),
    "first_ms": ("first result", "{:.0f} ms"),
    "final_ms": ("final, p95", "{:.0f} ms"),
    "cancel_ms": ("cancel", "{:.0f} ms"),
    "memory_mb": ("memory", "{:.0f} MB"),
    "word_error_rate": ("word errors", "{:.3f}"),
}


def known() -> list[tuple[Role, str]]:
    """Every engine that this installation knows, but for the stubs."""
    roles = cast(tuple[Role, ...], get_args(Role))
    return [(role, name) for role in roles for name in registry.names(role) if name != "stub"]


def measured(role: Role, name: str, speech: Path, clips: int) -> dict[str, Any]:
    """One engine's figures, or why there are none."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.engine_probe",
        role,
        name,
        "--speech",
        str(speech),
        "--clips",
        str(clips),
    ]
    row: dict[str, Any] = {"role": role, "name": name}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, env={**os.environ})
    except subprocess.TimeoutExpired:
        return row | {"not_measured": f"it was not done after {LONGEST_S:g} s"}
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return row | {"not_measured": (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]}
    return row | json.loads(lines[-1])


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The figures for people, in Markdown."""
    head = ["engine", *(title for title, _ in COLUMNS.values())]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for row in rows:
        if "not_measured" not in row:
            cells = [form.format(row[key]) if row.get(key) is not None else "" for key, (_, form) in COLUMNS.items()]
            lines.append(f"| {row['role']} {row['name']} | {' | '.join(cells)} |")
    missing = [f"{row['role']} {row['name']}: {row['not_measured']}" for row in rows if "not_measured" in row]
    return "\n".join([*lines, "", *missing])


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 if at least one engine could be measured."""
    parser = argparse.ArgumentParser(prog="run.py bench engines", description=__doc__)
    parser.add_argument("--speech", type=Path, default=BESIDE, help="folder of recordings with an index.json")
    parser.add_argument("--only", action="append", default=[], metavar="ROLE.NAME", help="just this engine; repeatable")
    parser.add_argument("--clips", type=int, default=30, help="at most this many recordings in each language")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args(arguments)
    wanted = [(role, name) for role, name in known() if not options.only or f"{role}.{name}" in options.only]
    if not wanted:
        print(f"There is no such engine; known: {', '.join(f'{role}.{name}' for role, name in known())}.")
        return 2
    rows = []
    for role, name in wanted:
        print(f"{role} {name} ...", file=sys.stderr, flush=True)
        rows.append(measured(role, name, options.speech, options.clips))
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    else:
        print(json.dumps(rows))
    return 0 if any("not_measured" not in row for row in rows) else 1
