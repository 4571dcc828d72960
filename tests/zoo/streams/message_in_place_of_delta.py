"""Events whose choices have a `message`, and an event with all of it at the end."""

from tests.zoo.scenario import Scenario, always, events

WHOLE = {"choices": [{"message": {"role": "assistant", "content": "Hello there."}, "finish_reason": "stop"}]}
SCENARIO = Scenario(always(events({"choices": [{"delta": {"content": "Hello "}}]}, WHOLE)))
