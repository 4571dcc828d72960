"""A strict vLLM: fields it does not know are refused, by pydantic's words."""

from tests.models.chat_server import Answer, Asked
from tests.zoo.scenario import Scenario, text, vllm


def respond(asked: Asked) -> Answer:
    if "chat_template_kwargs" in asked.body:
        return vllm(
            "[{'type': 'extra_forbidden', 'loc': ('body', 'chat_template_kwargs'), 'msg': 'Extra inputs are not permitted'}]"
        )
    return text("Hello there.")


SCENARIO = Scenario(respond, owner="vllm", requests=2)
