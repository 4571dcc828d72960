"""No finish_reason, only [DONE]."""

from tests.zoo.scenario import Scenario, always, deltas, events

SCENARIO = Scenario(always(events(*deltas("Hello there."))))
