"""Mistral's template at llama.cpp, which tells what a template refuses as its own failure."""

from tests.models.chat_server import Answer, Asked
from tests.zoo.scenario import Scenario, alternates, jinja, text


def respond(asked: Asked) -> Answer:
    if not alternates(asked):
        return jinja("Conversation roles must alternate user/assistant/user/assistant/...")
    return text("Hello there.")


SCENARIO = Scenario(respond, model="mistral-7b-instruct", owner="llamacpp", requests=2)
