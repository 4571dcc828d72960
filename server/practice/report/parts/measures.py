"""How somebody spoke, and with which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.practice.measure import Measure
from server.practice.report.answers import Measures, MeasureTold, Vocabulary
from server.practice.report.heard import Heard


def measures_of(heard: Heard) -> Measures | None:
    """The measures, with those of the last practice beside them; None where nothing was spoken."""
    measured = list[Measure]()
    return Measures(items=told(measured, heard.previous.get("measures"))) if measured else None


def vocabulary_of(heard: Heard) -> Vocabulary | None:
    """The words, with the measures of them; None where nothing was said."""
    return None


def told(measured: Sequence[Measure], before: Mapping[str, Any] | None) -> list[MeasureTold]:
    """Measures as they are told. before: what was kept of the last practice's."""
    values = {item["id"]: item["value"] for item in (before or {}).get("items", ())}
    return [MeasureTold.of(measure, values.get(measure.id)) for measure in measured]
