"""vLLM started without a tool parser."""

from tests.models.chat_server import Answer, Asked
from tests.zoo.scenario import Scenario, text, vllm

REASON = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


def respond(asked: Asked) -> Answer:
    return vllm(REASON) if asked.body.get("tool_choice") == "auto" else text("Hello there.")


SCENARIO = Scenario(respond, owner="vllm", offers=True, requests=2)
