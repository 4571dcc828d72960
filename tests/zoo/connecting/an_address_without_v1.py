"""Only the host and the port, as people copy them."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(always(text("Hello there.")), path="")
