"""Draws how often strategies cut people off against how long they wait, as a PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

INK, QUIET, PAPER = "#1f2328", "#8b949e", "#ffffff"
FIXED = [f"fixed {silence_ms} ms" for silence_ms in (200, 350, 500, 650, 800, 1100)]
ADAPTIVE = {
    "words": "#bf8700",
    "words + pitch": "#0969da",
    "words + smart turn": "#8250df",
    "words + pitch + smart turn": "#1a7f37",
}
EAGERNESS = (", high", "", ", low")


def plot(compared: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """One line for fixed silences and one, over the three kinds of eagerness, for each adaptive strategy."""
    figure = Figure(figsize=(8, 5), dpi=150, facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot()
    _line(axes, compared, FIXED, QUIET, "a fixed silence")
    for name in FIXED:
        row = compared[name]
        axes.annotate(
            name.removeprefix("fixed "),
            (row["wait_p50"], row["cut_off_per_100"]),
            textcoords="offset points",
            xytext=(6, 5),
            fontsize=8,
            color=QUIET,
        )
    for name, colour in ADAPTIVE.items():
        if name in compared:
            _line(axes, compared, [name + eagerness for eagerness in EAGERNESS], colour, name)
            row = compared[name]
            axes.plot(row["wait_p50"], row["cut_off_per_100"], "o", markersize=10, color=colour)
    axes.set_xlabel("median wait after the end of a turn, ms", color=INK)
    axes.set_ylabel("cut off, per 100 pauses within turns", color=INK)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.grid(color="#d0d7de", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, title="large dots: eagerness auto; small: high and low", title_fontsize=8)
    figure.savefig(path)


def _line(axes: Any, compared: Mapping[str, Mapping[str, Any]], names: list[str], colour: str, label: str) -> None:
    points = [(compared[name]["wait_p50"], compared[name]["cut_off_per_100"]) for name in names]
    axes.plot(*zip(*points, strict=True), "o-", markersize=4, linewidth=1.5, color=colour, label=label)
