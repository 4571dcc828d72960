"""Mistral at a server without a tool parser."""

from tests.zoo.scenario import ROME, Scenario, first_call_then, text

SCENARIO = Scenario(
    first_call_then(
        text('[TOOL_CALLS] [{"name": "weather", "arguments": {"city": "Rome"}}]</s>'), text("Hello there.</s>")
    ),
    calls=[ROME],
    requests=2,
    hidden=["TOOL_CALLS", "</s>"],
)
