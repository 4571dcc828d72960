"""A newer model behind a gateway: the limit of tokens goes by its new name."""

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import Scenario, text

REASON = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."


def respond(asked: Asked) -> Answer:
    if "max_tokens" in asked.body:
        return refusing(400, {"error": {"message": REASON, "code": "unsupported_parameter", "param": "max_tokens"}})
    assert asked.body["max_completion_tokens"] == 300
    return text("Hello there.")


SCENARIO = Scenario(respond, requests=2, limit=300)
