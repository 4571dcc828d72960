"""One measure of how somebody spoke: a value, how sure it is, and the clips that it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.practice.speech import Clip


@dataclass(frozen=True, slots=True)
class Measure:
    """`id` names its definition in `pipeline/practice/measures/definitions.toml`, with unit and source.

    value: None where there is too little to measure; missing then says why, in one word. count: of what it is made, such as
    pauses or words. estimated: whether word times were spread over the voice instead of heard. clips: at most 20, those
    that say most about it first.
    """

    id: str
    value: float | None
    count: int = 0
    estimated: bool = False
    clips: Sequence[Clip] = ()
    missing: str = ""
