"""What the end of a turn is heard by: the pitch, and Smart Turn where its weights lie. They err in different places."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.embedded import pitch, smart_turn
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import EngineInfo, TurnModel
from pipeline.errors import EngineUnavailable

SURE = 0.01
"""How near to 0 and to 1 a single model is believed."""

PRIOR = -1.0
"""Log-odds for every model but one: each takes ends for as frequent as pauses, and pauses are more frequent."""


def create(settings: Mapping[str, Any]) -> CombinedTurnModel:
    """`settings` are Smart Turn's."""
    models: list[TurnModel] = [pitch.create({})]
    note = ""
    try:
        models.append(smart_turn.create(settings))
    except EngineUnavailable as error:
        note = f"Judges by pitch alone. {error.message}"
    return CombinedTurnModel(models, note)


class CombinedTurnModel:
    """Several models as one: their odds are multiplied, as those of independent witnesses are."""

    def __init__(self, models: Sequence[TurnModel], note: str = "") -> None:
        name = " and ".join(model.info.name for model in models)
        self.info = EngineInfo(name=name, role="turn_model", rate=LINE_RATE, note=note)
        self._models = models

    def probability(self, pcm: Samples) -> float:
        """How likely it is that the turn that `pcm` ends with is complete, 0 to 1."""
        return together(model.probability(pcm) for model in self._models)

    def close(self) -> None:
        for model in self._models:
            model.close()


def together(probabilities: Iterable[float]) -> float:
    """The probability that several witnesses together make of it."""
    certainties = [_log_odds(probability) for probability in probabilities]
    return 1 / (1 + math.exp(-sum(certainties) - PRIOR * (len(certainties) - 1)))


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, SURE), 1 - SURE)
    return math.log(bounded / (1 - bounded))
