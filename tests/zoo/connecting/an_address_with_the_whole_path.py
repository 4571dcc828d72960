"""The address of the endpoint itself."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(always(text("Hello there.")), path="/v1/chat/completions")
