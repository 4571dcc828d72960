"""Qwen3 at a server without a reasoning parser: tags in the text, cut anywhere."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(
    always(text("<think>\nOkay, my PLAN is to greet.\n</think>\n\nHello there.")), model="qwen3:8b", owner="library"
)
