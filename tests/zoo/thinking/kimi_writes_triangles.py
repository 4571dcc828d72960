"""Kimi-VL-Thinking: triangles instead of brackets."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(always(text("◁think▷The PLAN.◁/think▷Hello there.", 2)), model="kimi-vl-a3b-thinking")
