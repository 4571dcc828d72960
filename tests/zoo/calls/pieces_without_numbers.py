"""Pieces of one call without an index, and then another call."""

from tests.zoo.scenario import ROME, Scenario, first_call_then, text, tool_call

SCENARIO = Scenario(
    first_call_then(
        tool_call(
            {"id": "c1", "function": {"name": "weather", "arguments": ""}},
            {"function": {"arguments": '{"city": '}},
            {"function": {"arguments": '"Rome"}'}},
        ),
        text("Hello there."),
    ),
    calls=[ROME],
    requests=2,
    again=1,
)
