"""Qwen3.5's template wants the person to have said something, and the system message first."""

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import Scenario, roles, text


def respond(asked: Asked) -> Answer:
    if roles(asked)[:2] == ["system", "assistant"]:
        return refusing(
            400, {"error": 'Error rendering prompt with jinja template: "No user query found in messages.".'}
        )
    return text("Hello there.")


SCENARIO = Scenario(respond, model="qwen3.5-35b-a3b", owner="organization_owner", requests=2)
