"""An older server that knows no stream_options."""

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import Scenario, text


def respond(asked: Asked) -> Answer:
    if "stream_options" in asked.body:
        return refusing(400, {"error": {"message": "Unrecognized request argument supplied: stream_options"}})
    return text("Hello there.")


SCENARIO = Scenario(respond, requests=2)
