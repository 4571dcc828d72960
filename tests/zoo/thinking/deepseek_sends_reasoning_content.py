"""DeepSeek: the thought comes in `reasoning_content`, the answer in `content`."""

from tests.zoo.scenario import Scenario, always, thought

SCENARIO = Scenario(always(thought("My PLAN is to greet them.")), model="deepseek-reasoner")
