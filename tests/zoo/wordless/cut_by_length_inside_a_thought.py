"""The limit of tokens was used up by the thought: the second time there is none."""

from tests.models.chat_server import Answer, Asked
from tests.zoo.scenario import Scenario, text


def respond(asked: Asked) -> Answer:
    if "max_tokens" in asked.body:
        return text("<think>The PLAN is long", finish="length")
    return text("<think>The PLAN is long</think>Hello there.")


SCENARIO = Scenario(respond, requests=1, hidden=["PLAN"])
