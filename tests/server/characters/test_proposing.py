"""A character proposed by a language model: by a server that speaks its protocol, and what is made of its answers."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from pipeline.errors import EngineError
from server.characters.proposing import draft_of
from tests.models.chat_server import chat_server, listing, saying
from tests.server.accounts.people import outcome
from tests.serving import serving

GOOD: dict[str, Any] = {
    "name": "Ida",
    "line": "Keeps the light.",
    "who": "Ida has kept the lighthouse of Sark for forty winters, and knows every ship by the sound of its engine.",
    "greeting": "Mind the step. What brings you up here?",
    "topics": ["ships", "storms"],
    "questions": ["What do you miss?"],
    "purpose": "story",
}


def said(text: str) -> Any:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}


END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


async def test_a_draft_is_made_of_a_sentence_and_its_wrong_parts_are_left_out() -> None:
    wrong = {**GOOD, "line": 7, "questions": ["What do you miss?", {"aks": "?"}, {"ask": "x" * 900}], "cost": 3}
    answer = f"Here it is:\n```json\n{json.dumps(wrong)}\n```"
    async with chat_server(saying(said(answer[:50]), said(answer[50:]), END), models=listing("m")) as model:
        environment = {"KAIKOU_LLM_BASE_URL": model.base_url, "KAIKOU_LLM_MODEL": "m"}
        async with serving(environment, engines="auto") as server, httpx2.AsyncClient(timeout=60) as client:
            wish = {"sentence": "A lighthouse keeper.", "language": "en"}
            answered = await client.post(f"{server.http}/api/characters/propose", json=wish)
            assert answered.status_code == 200, answered.text
            told = answered.json()["data"]
            kept = await client.post(f"{server.http}/api/characters", json={"draft": told["draft"]})

    assert told["draft"]["en"] == {name: GOOD[name] for name in GOOD if name not in ("line", "purpose")}
    assert (told["draft"]["purpose"], told["draft"]["languages"]) == ("story", ["en"])
    left_out = [one["field"] for one in told["warnings"] if one["code"] == "left_out"]
    assert sorted(left_out) == ["en.line", "en.questions.1", "en.questions.2"]
    assert {"field": "en.manner", "code": "missing"}.items() <= next(
        one for one in told["warnings"] if one["field"] == "en.manner"
    ).items()
    assert kept.status_code == 201
    asked = model.asked[-1].body
    assert "lighthouse" in asked["messages"][-1]["content"]


async def test_without_a_language_model_it_says_what_to_connect() -> None:
    async with serving() as server, httpx2.AsyncClient() as client:
        refused = await client.post(f"{server.http}/api/characters/propose", json={"sentence": "A lighthouse keeper."})
    assert outcome(refused) == (409, "no_language_model")
    assert "KAIKOU_LLM_BASE_URL" in refused.json()["message"]


@pytest.mark.parametrize("text", ["", "I would rather not.", "[1, 2]", '{"draft": {"name": "x"}}', "{" * 5_000])
def test_an_answer_without_a_character_is_an_error(text: str) -> None:
    with pytest.raises(EngineError):
        draft_of(text, "en")


def test_what_is_missing_is_left_to_whoever_edits() -> None:
    proposal = draft_of('{"name": 3, "who": "A keeper.", "exchanges": [{"heard": "a"}, {"says": "b"}, "c"]}', "zh")
    assert proposal.draft == {"languages": ["zh"], "zh": {"who": "A keeper.", "exchanges": []}}
