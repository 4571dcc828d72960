"""Ollama's own API in place of the compatible one."""

from tests.zoo.scenario import Scenario, always, text

SCENARIO = Scenario(always(text("Hello there.")), path="/api/chat", owner="library")
