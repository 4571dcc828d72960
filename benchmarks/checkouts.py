"""Two checkouts of Kaikou under the same load, one after the other and again: what a change costs or saves.

Runs alternate, since a shared machine is never twice the same; what counts is the ratio of the processor's seconds.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Row = Mapping[str, Any]


def alternately(folders: Mapping[str, T], rounds: int) -> Iterator[tuple[str, T]]:
    """Each folder, or another way to run it, once a round, with its name; every other round in the opposite order, since
    machines drift."""
    for turn in range(rounds):
        yield from folders.items() if turn % 2 == 0 else reversed(folders.items())


def comparison(rows: Sequence[Row], name: str, other: str) -> dict[str, Any]:
    """What `name` takes in relation to `other`, by the medians of their runs."""

    def median(server: str, key: str) -> float:
        return statistics.median(row[key] for row in rows if row["server"] == server and row[key] is not None)

    def total(server: str, key: str) -> int:
        return sum(row[key] for row in rows if row["server"] == server)

    return {
        "server": f"{name} / {other}",
        "cpu_ratio": round(median(name, "cpu_s") / median(other, "cpu_s"), 3),
        **{key: (median(name, key), median(other, key)) for key in ("cpu_s", "p50_ms", "p95_ms")},
        **{key: (total(name, key), total(other, key)) for key in ("turns", "lost", "cut")},
    }
