"""DeepSeek while it thinks: a call without the thought that led to it is refused."""

import json

from tests.models.chat_server import Answer, Asked, delta, refusing
from tests.zoo.scenario import ROME, Scenario, deltas, events, text

REASON = "Missing `reasoning_content` field in the assistant message at message index 3."
CALL = delta(tool_calls=[{"index": 0, "id": "c1", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}])


def respond(asked: Asked) -> Answer:
    calling = [message for message in asked.body["messages"] if message.get("tool_calls")]
    if not calling:
        return events(*deltas("The PLAN.", 4, "reasoning_content"), CALL, delta("tool_calls"))
    if any(message.get("reasoning_content") != "The PLAN." for message in calling):
        return refusing(400, {"error": {"message": REASON, "type": "invalid_request_error"}})
    return text("Hello there." if "Sunny" in json.dumps(asked.body) else "Well.")


SCENARIO = Scenario(respond, calls=[ROME], requests=3)
