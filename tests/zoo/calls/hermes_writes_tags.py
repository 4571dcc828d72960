"""Qwen at a server without a tool parser: the call is text."""

from tests.zoo.scenario import ROME, Scenario, first_call_then, text

WRITTEN = '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call><|im_end|>'
SCENARIO = Scenario(
    first_call_then(text(WRITTEN), text("Hello there.<|im_end|>")),
    calls=[ROME],
    requests=2,
    hidden=["tool_call>", "<|im"],
)
