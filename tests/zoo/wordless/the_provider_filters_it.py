"""Azure and others: `content_filter` in place of an answer."""

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, always, events

SCENARIO = Scenario(
    always(events(delta("content_filter"))), fails="held its answer back", code="content_filter", requests=2, again=2
)
