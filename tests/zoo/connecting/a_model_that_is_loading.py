"""llama.cpp that still loads its model."""

from tests.models.chat_server import refusing
from tests.zoo.scenario import Scenario, in_turn, text

LOADING = refusing(503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})
SCENARIO = Scenario(in_turn(LOADING, text("Hello there.")), owner="llamacpp", requests=2, told=["loading", "over"])
