"""Mistral Small's template: the system message, then turns, in other words."""

from tests.models.chat_server import Answer, Asked
from tests.zoo.scenario import Scenario, alternates, jinja, text

REASON = (
    "After the optional system message, conversation roles must alternate user and assistant roles except for tool calls"
    " and results."
)


def respond(asked: Asked) -> Answer:
    return text("Hello there.") if alternates(asked) else jinja(REASON)


SCENARIO = Scenario(respond, model="mistral-small-3.2", owner="llamacpp", requests=2)
