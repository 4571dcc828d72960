"""An emoji cannot be spoken."""

from tests.zoo.scenario import Scenario, in_turn, text

SCENARIO = Scenario(in_turn(text("😀"), text("Hello there.")), requests=2)
