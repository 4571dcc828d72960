"""429 with a Retry-After within the bound."""

from tests.models.chat_server import Line
from tests.zoo.scenario import Scenario, in_turn, text


async def slow_down(line: Line) -> None:
    await line.start(429, "application/json\r\nretry-after: 0.1")
    await line.send('{"error": {"message": "Rate limit reached", "type": "requests"}}')
    await line.end()


SCENARIO = Scenario(in_turn(slow_down, text("Hello there.")), requests=2)
