"""Qwen3-Coder: function and parameters as tags, after a thought."""

from tests.zoo.scenario import ROME, Scenario, first_call_then, text

WRITTEN = (
    "<think>PLAN</think><tool_call><function=weather>\n<parameter=city>\nRome\n</parameter>\n</function>\n</tool_call>"
)
SCENARIO = Scenario(
    first_call_then(text(WRITTEN), text("<think>PLAN</think>Hello there.")),
    calls=[ROME],
    requests=2,
    hidden=["PLAN", "<para"],
)
