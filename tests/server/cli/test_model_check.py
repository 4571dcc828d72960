from __future__ import annotations

from typing import Any

from pipeline.engines import registry
from server.cli.model_check import examined, shown
from tests.models.chat_server import Answer, Asked, delta, refusing, usage
from tests.zoo.scenario import Scenario, deltas, events, text, tool_call
from tests.zoo.talks import zoo_server


async def findings(scenario: Scenario, **settings: Any) -> dict[str, str]:
    async with zoo_server(scenario) as server:
        options = {"base_url": server.base_url, "model": scenario.model, **settings}
        model = registry.create("chat_model", "openai", options)
        try:
            return dict(await examined(model))
        finally:
            await model.aclose()


def able(asked: Asked) -> Answer:
    if "tools" in asked.body:
        return tool_call({"index": 0, "id": "c1", "function": {"name": "current_time", "arguments": "{}"}})
    return events(*deltas("Because blue light is scattered most."), delta("stop"), usage(30, 9))


def strict(asked: Asked) -> Answer:
    if "tools" in asked.body:
        return refusing(400, {"error": {"message": "gemma2:2b does not support tools"}})
    if asked.body["messages"][0]["role"] == "system":
        return refusing(400, {"error": {"message": "System role not supported"}})
    return text("<think>The light.</think>Because blue light is scattered most.")


async def test_an_able_model_is_described() -> None:
    told = await findings(Scenario(able, owner="vllm"))

    assert told["first word"].startswith("after 0.")
    assert told["thinking"] == "no: it answers at once"
    assert told["functions"] == "it calls them"
    assert told["roles"] == "in any order"
    assert told["server"].startswith("vLLM at http://127.0.0.1:")


async def test_what_a_model_cannot_is_told() -> None:
    told = await findings(Scenario(strict, owner="library"))

    assert told["thinking"].startswith("yes")
    assert told["functions"] == "none: its server or its template refuses them"
    assert told["roles"].startswith("its instructions go into the person's first words; roles alternate")


async def test_a_model_that_is_not_there_is_trouble() -> None:
    refusal = refusing(404, {"error": {"message": "model not found"}})
    told = await findings(Scenario(lambda _asked: refusal, models=["modell"]))

    assert told == {
        "trouble": "The language model 'model' was not found at the language model's server. Is 'modell' meant (llm_model)?"
    }


def test_findings_are_lines() -> None:
    assert shown([("speed", "fast"), ("thinking", "no")]) == "  speed           fast\n  thinking        no"
