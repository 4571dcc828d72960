"""Events without data between those with."""

from tests.zoo.scenario import Scenario, always, raw

CHUNK = 'data: {"choices":[{"delta":{"content":"Hello there."}}]}\n\n'
SCENARIO = Scenario(always(raw("data:\n\n", "data: \n\n", CHUNK, "data:\n\n", "data: [DONE]\n\n")))
