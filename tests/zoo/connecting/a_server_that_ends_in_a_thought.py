"""A server that is restarted while its model thinks: nothing was said yet, so it is asked again."""

from tests.models.chat_server import Line, delta
from tests.zoo.scenario import Scenario, in_turn, text


async def breaks_off(line: Line) -> None:
    await line.start()
    await line.event(delta(reasoning_content="PLAN"))


SCENARIO = Scenario(in_turn(breaks_off, text("Hello there.")), requests=2)
