"""Two whole calls in one event, both numbered 0, with the same id."""

from tests.zoo.scenario import ROME, Scenario, first_call_then, text, tool_call

CALL = {"index": 0, "id": "call_0", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
OTHER = {"index": 0, "id": "call_0", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
SCENARIO = Scenario(
    first_call_then(tool_call([CALL, OTHER]), text("Hello there.")),
    calls=[ROME, ("weather", {"city": "Oslo"})],
    requests=2,
)
