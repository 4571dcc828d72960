"""Mistral's API: content as a list of parts, some of type thinking."""

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, always, events

THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "The PLAN: greet."}]}
SCENARIO = Scenario(
    always(events(delta(content=[THOUGHT]), delta(content=[{"type": "text", "text": "Hello there."}]), delta("stop"))),
    model="magistral-small",
)
