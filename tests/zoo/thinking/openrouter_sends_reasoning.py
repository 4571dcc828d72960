"""OpenRouter: `reasoning` beside an empty `content`, and comments while it waits."""

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, always, deltas, events

WAITING = ": OPENROUTER PROCESSING"
THOUGHTS = [
    delta(content="", reasoning=piece, reasoning_details=[{"type": "reasoning.text", "text": piece}])
    for piece in ("My ", "PLAN.")
]
SCENARIO = Scenario(always(events(*THOUGHTS, *deltas("Hello there."), delta("stop"))))
