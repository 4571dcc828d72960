"""A thought that is never closed, always."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(always(text("<think>The PLAN. And more.")), fails="without a word", requests=2, again=2)
