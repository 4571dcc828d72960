"""llama.cpp with a small context: the conversation is shortened, and stays so."""

import json

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import Scenario, text

LONGEST = 4_000
REASON = "the request exceeds the available context size, try increasing it"


def respond(asked: Asked) -> Answer:
    if len(json.dumps(asked.body["messages"])) > LONGEST:
        error = {"code": 400, "message": REASON, "type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 8}
        return refusing(400, {"error": error})
    return text("Hello there.")


SCENARIO = Scenario(respond, owner="llamacpp", requests=2, instructions="Be kind. " * 20, chatter=80)
