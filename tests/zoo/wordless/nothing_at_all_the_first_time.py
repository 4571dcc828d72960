"""Stop without content, once."""

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, events, in_turn, text

SCENARIO = Scenario(
    in_turn(events(delta(role="assistant", content=""), delta("stop")), text("Hello there.")), requests=2
)
