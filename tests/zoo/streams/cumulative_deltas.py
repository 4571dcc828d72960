"""Each delta with all before it."""

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, always, events

PIECES = [delta(content=piece) for piece in ("H", "Hello", "Hello the", "Hello there.", "Hello there.")]
SCENARIO = Scenario(always(events(*PIECES, delta("stop"))))
