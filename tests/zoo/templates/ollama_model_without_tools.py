"""Ollama: a model whose template has no place for tools."""

from tests.models.chat_server import Answer, Asked, refusing
from tests.zoo.scenario import Scenario, text

REASON = "registry.ollama.ai/library/gemma2:2b does not support tools"


def respond(asked: Asked) -> Answer:
    if "tools" in asked.body:
        return refusing(400, {"error": {"message": REASON, "type": "api_error", "param": None, "code": None}})
    return text("Hello there.")


SCENARIO = Scenario(respond, model="gemma2:2b", owner="library", offers=True, requests=2)
