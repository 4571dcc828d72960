"""LM Studio with a template for user and assistant alone."""

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import Scenario, alternates, roles, text

REASON = (
    'Error rendering prompt with jinja template: "Only user and assistant roles are supported!".\n\nThis is usually an issue'
    " with the model's prompt template."
)


def respond(asked: Asked) -> Answer:
    if "system" in roles(asked) or not alternates(asked):
        return refusing(400, {"error": REASON})
    return text("Hello there.")


SCENARIO = Scenario(respond, owner="organization_owner", requests=2)
