"""A server that wants a string as content, also beside calls."""

import json

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import ROME, Scenario, text, tool_call

DETAIL = [
    {
        "type": "string_type",
        "loc": ["body", "messages", 3, "content"],
        "msg": "Input should be a valid string",
        "input": None,
    }
]


def respond(asked: Asked) -> Answer:
    if any(message["content"] is None for message in asked.body["messages"]):
        return refusing(422, {"detail": DETAIL})
    if "Sunny" not in json.dumps(asked.body):
        return tool_call({"index": 0, "id": "c1", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}})
    return text("Hello there.")


SCENARIO = Scenario(respond, calls=[ROME], requests=3)
