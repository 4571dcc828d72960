"""An API of another kind at the address: nothing of it is an answer, and that is what is said."""

from tests.zoo.scenario import Scenario, always, events

DELTA = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hello there."}}
SCENARIO = Scenario(always(events(DELTA, done=False)), fails="sent something we cannot read")
