"""llama.cpp started without --jinja refuses tools, as its own failure."""

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import Scenario, text


def respond(asked: Asked) -> Answer:
    if "tools" in asked.body:
        return refusing(
            500, {"error": {"code": 500, "message": "tools param requires --jinja flag", "type": "server_error"}}
        )
    return text("Hello there.")


SCENARIO = Scenario(respond, owner="llamacpp", offers=True, requests=2)
