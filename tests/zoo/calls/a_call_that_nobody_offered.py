"""No functions were offered, and the model writes a call: it is left out."""

from tests.zoo.scenario import Scenario, always, text

WRITTEN = 'Hello there.<tool_call>{"name": "smile", "arguments": {}}</tool_call><|im_end|>\n<|im_start|>user\nPLAN'
SCENARIO = Scenario(always(text(WRITTEN)), hidden=["smile", "PLAN", "im_"])
