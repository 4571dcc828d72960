"""Gemini's compatible endpoint with thoughts included: content with a flag, in tags."""

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, always, deltas, events

FLAG = {"google": {"thought": True}}
SCENARIO = Scenario(
    always(
        events(
            delta(content="<thought>The PLAN.", extra_content=FLAG), *deltas("</thought>Hello there."), delta("stop")
        )
    ),
    model="gemini-2.5-flash",
)
