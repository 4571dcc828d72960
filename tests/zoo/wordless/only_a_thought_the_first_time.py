"""A thought, and nothing after it."""

from tests.zoo.scenario import Scenario, in_turn, text

SCENARIO = Scenario(in_turn(text("<think>The PLAN.</think>"), text("Hello there.")), requests=2)
