"""A stream was asked for, and one JSON object came, written over several lines."""

import json

from tests.zoo.scenario import Scenario, always, raw

WHOLE = {
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello there."}, "finish_reason": "stop"}]
}
SCENARIO = Scenario(always(raw(json.dumps(WHOLE, indent=2), kind="application/json")))
