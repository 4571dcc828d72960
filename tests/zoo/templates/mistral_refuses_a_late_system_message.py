"""Mistral's API: the order of roles is checked one by one."""

from itertools import pairwise

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import Scenario, roles, text


def respond(asked: Asked) -> Answer:
    for before, role in pairwise(roles(asked)):
        if role == "assistant" and before == "system":
            reason = f"Unexpected role '{role}' after role '{before}'"
            return refusing(
                400, {"object": "error", "message": reason, "type": "invalid_request_message_order", "code": "3230"}
            )
    return text("Hello there.")


SCENARIO = Scenario(respond, model="mistral-small-latest", requests=2)
