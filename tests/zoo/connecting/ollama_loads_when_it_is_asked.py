"""Ollama: the first request waits, without a word, until the model is loaded; another endpoint tells which are."""

import asyncio

from tests.models.chat_server import Answer, Asked, Line, refusing
from tests.zoo.scenario import Scenario, text


class Loading:
    """A server that has its model once it was asked for it and was looked at."""

    def __init__(self) -> None:
        self.looked = asyncio.Event()

    def respond(self, _asked: Asked) -> Answer:
        async def once_loaded(line: Line) -> None:
            await self.looked.wait()
            await text("Hello there.")(line)

        return once_loaded

    def loaded(self, _asked: Asked) -> Answer:
        models = [{"name": "qwen3:latest", "model": "qwen3:latest"}] if self.looked.is_set() else []
        self.looked.set()
        return refusing(200, {"models": models})


SERVER = Loading()
SCENARIO = Scenario(
    SERVER.respond, model="qwen3", owner="library", told=["loading", "over"], elsewhere={"/api/ps": SERVER.loaded}
)
