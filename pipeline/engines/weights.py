"""Weights that are installed, as those need to know them who choose engines: nothing here knows where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Weights:
    """What one folder of weights is.

    engine: the engine that reads them. part: a role of `engines.Role`, or what else the engine asks for by that
    setting ("second_pass", "punctuation", …). libraries: top-level modules that must be there to read them.
    rank: higher is better, among those for the same part; 0 is never taken by itself. gpu: meant for one. cores: fewer
    do not keep up. lead_cores: with fewer, weights of fewer languages that answer sooner go before them.
    """

    name: str
    engine: str
    part: str
    folder: Path
    languages: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    rank: int = 0
    gpu: bool = False
    cores: int = 1
    lead_cores: int = 1
