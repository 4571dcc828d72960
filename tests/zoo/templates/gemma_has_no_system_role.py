"""Gemma 2 at vLLM: no system role, and roles that alternate."""

from tests.models.chat_server import Answer, Asked
from tests.zoo.scenario import Scenario, alternates, roles, text, vllm


def respond(asked: Asked) -> Answer:
    if "system" in roles(asked):
        return vllm("System role not supported")
    if not alternates(asked):
        return vllm("Conversation roles must alternate user/assistant/user/assistant/...")
    return text("Hello there.")


def shows(asked: list[Asked]) -> None:
    first = asked[-1].body["messages"][0]["content"]
    assert "Elias" in first, "the instructions are there"
    assert "Come in" in first, "what the character said first is there"
    assert first.endswith("Good morning.")


SCENARIO = Scenario(respond, model="google/gemma-2-9b-it", owner="vllm", requests=2, asked=shows)
