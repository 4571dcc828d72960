"""Arguments as JSON, not as text; no id at all, as Ollama's own endpoint has it."""

from tests.zoo.scenario import ROME, Scenario, first_call_then, text, tool_call

SCENARIO = Scenario(
    first_call_then(tool_call({"function": {"name": "weather", "arguments": {"city": "Rome"}}}), text("Hello there.")),
    calls=[ROME],
    requests=2,
)
