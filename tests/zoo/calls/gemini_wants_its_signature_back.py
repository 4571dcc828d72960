"""Gemini: a call without its thought signature is refused."""

import json

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import ROME, Scenario, text, tool_call

SIGNATURE = {"google": {"thought_signature": "AbC123=="}}
CALL = {
    "id": "function-call-1",
    "function": {"name": "weather", "arguments": '{"city":"Rome"}'},
    "extra_content": SIGNATURE,
}
MISSING = "Function call is missing a thought_signature in functionCall parts."


def respond(asked: Asked) -> Answer:
    calls = [call for message in asked.body["messages"] for call in message.get("tool_calls", ())]
    if not calls:
        return tool_call(CALL)
    if any(call.get("extra_content") != SIGNATURE for call in calls):
        return refusing(400, [{"error": {"code": 400, "message": MISSING, "status": "INVALID_ARGUMENT"}}])
    return text("Hello there." if "Sunny" in json.dumps(asked.body) else "Well.")


SCENARIO = Scenario(respond, calls=[ROME], requests=2, model="gemini-3-flash")
