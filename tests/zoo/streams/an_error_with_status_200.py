"""An error in a stream that began with status 200, once."""

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, events, in_turn, text

ERROR = {"error": {"message": "Provider returned error", "code": 502}}
SCENARIO = Scenario(
    in_turn(events(delta(role="assistant", content=""), ERROR, done=False), text("Hello there.")), requests=2
)
