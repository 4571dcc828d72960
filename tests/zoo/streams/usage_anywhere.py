"""Usage in the first event, within a choice, in an event without choices, as null."""

from tests.models.chat_server import delta, usage
from tests.zoo.scenario import Scenario, always, deltas, events

IN_CHOICE = {"choices": [{"delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 9, "completion_tokens": 3}}]}
SCENARIO = Scenario(
    always(
        events(
            usage(9, 1), delta() | {"usage": None}, *deltas("Hello there."), IN_CHOICE, {"usage": {"total_tokens": "?"}}
        )
    )
)
