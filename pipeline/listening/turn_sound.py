"""The sound of the current turn, which a turn model judges in each pause, beside everything else and once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conversation.context import Context
from pipeline.engines.protocols import TurnModel
from pipeline.errors import EngineError

HEARD_S = 8
"""How much of the turn's end is judged."""

JUDGING_S = 2.0
"""Time bound of one judgement, in seconds; the words alone decide after it."""


class TurnSound:
    """Keeps the last seconds of the turn. `judged` is called with the probability that it is over, in the same pause."""

    def __init__(self, context: Context, judged: Callable[[float], None]) -> None:
        self._context, self._judged = context, judged
        self._windows: deque[Samples] = deque(maxlen=HEARD_S * LINE_RATE // context.engines.voice_detector.window)
        self._pause = 0
        self._judging = False

    def begin(self, windows: Iterable[Samples]) -> None:
        """Start a turn with its first windows."""
        self._windows.clear()
        self._windows.extend(windows)

    def push_window(self, window: Samples) -> None:
        """Take the next window of the turn."""
        self._windows.append(window)

    def paused(self) -> None:
        """Have the pause judged, unless the model is still busy with the one before."""
        model = self._context.engines.turn_model
        self._pause += 1
        if model and self._windows and not self._judging:
            self._judging = True
            self._context.spawn(self._judge(model, np.concatenate(self._windows), self._pause))

    def resumed(self) -> None:
        """Speech went on: a judgement of this pause that is still under way is ignored."""
        self._pause += 1

    async def _judge(self, model: TurnModel, pcm: Samples, pause: int) -> None:
        context, name = self._context, model.info.name
        try:
            probability = await context.workers.call(partial(model.probability, pcm), timeout_s=JUDGING_S, engine=name)
            if not 0 <= probability <= 1:
                raise EngineError(f"{name} gave {probability} as a probability.", engine=name)
        except Exception as error:  # noqa: BLE001 — the task's outermost frame: the words decide alone
            context.failure("turn_model", error)
        else:
            if pause == self._pause:
                self._judged(probability)
        finally:
            self._judging = False
