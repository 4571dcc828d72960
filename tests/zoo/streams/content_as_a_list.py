"""Content as parts."""

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, always, events

SCENARIO = Scenario(
    always(
        events(
            delta(content=[{"type": "text", "text": "Hello "}]), delta(content=["there."]), delta("stop", content=[])
        )
    )
)
