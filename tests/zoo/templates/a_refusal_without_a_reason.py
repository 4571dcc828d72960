"""A gateway that only says "Bad Request", to anything but the plainest conversation."""

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import Scenario, alternates, roles, text


def respond(asked: Asked) -> Answer:
    if "system" in roles(asked) or not alternates(asked):
        return refusing(400, {"error": {"message": "Bad Request"}})
    return text("Hello there.")


SCENARIO = Scenario(respond, requests=3)
