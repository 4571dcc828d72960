"""Stop without content, always: the character says so."""

from tests.models.chat_server import delta
from tests.zoo.scenario import Scenario, always, events

SCENARIO = Scenario(
    always(events(delta(role="assistant"), delta("stop"))),
    fails="without a word",
    code="answer_without_words",
    requests=2,
    again=2,
)
