"""Cohere's Command A Reasoning: tokens of its own for thought and response."""

from tests.zoo.scenario import Scenario, always, text

WRITTEN = "<|START_THINKING|>The PLAN.<|END_THINKING|><|START_RESPONSE|>Hello there.<|END_RESPONSE|>"
SCENARIO = Scenario(always(text(WRITTEN)), model="command-a-reasoning")
