"""How two checkouts are compared: in turns, and by the medians of their runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.checkouts import alternately, comparison


def row(server: str, cpu_s: float, p50_ms: int | None, lost: int = 0) -> dict[str, Any]:
    return {"server": server, "cpu_s": cpu_s, "p50_ms": p50_ms, "p95_ms": 400, "turns": 10, "lost": lost, "cut": 0}


def test_every_round_begins_with_the_checkout_that_ended_the_one_before() -> None:
    folders = {"this": Path("a"), "other": Path("b")}
    assert [name for name, _folder in alternately(folders, 3)] == ["this", "other", "other", "this", "this", "other"]


def test_the_median_run_of_each_counts_and_lost_turns_add_up() -> None:
    rows = [row("this", 3.0, 320), row("other", 5.0, 330), row("other", 9.0, None), row("this", 4.0, 322, lost=1)]
    assert comparison(rows, "this", "other") == {
        "server": "this / other",
        "cpu_ratio": 0.5,
        "cpu_s": (3.5, 7.0),
        "p50_ms": (321, 330),
        "p95_ms": (400, 400),
        "turns": (20, 20),
        "lost": (1, 0),
        "cut": (0, 0),
    }
