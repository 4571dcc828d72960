"""Each piece has an id of its own, and the name again."""

from tests.zoo.scenario import ROME, Scenario, first_call_then, text, tool_call

SCENARIO = Scenario(
    first_call_then(
        tool_call(
            {"index": 0, "id": "a", "function": {"name": "weather", "arguments": '{"city"'}},
            {"index": 0, "id": "b", "function": {"name": "weather", "arguments": ': "Rome"}'}},
        ),
        text("Hello there."),
    ),
    calls=[ROME],
    requests=2,
)
