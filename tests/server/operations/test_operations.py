"""What the operator sees, and that engines never hold up the event loop."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs

from server.engines.loaded import find_language_model
from server.identity.principal import holder_of
from server.settings import load_settings
from tests.server.talking import talking
from tests.serving import PACED_S, Serving, serving
from tests.speech import NEEDS_POCKETSPHINX

pytestmark = pytest.mark.asyncio(loop_scope="module")

USUAL_LAG_S = 0.1
"""Bound of nearly all lags; generous for a shared machine, where a process can be put aside for longer now and then."""


async def get(server: Serving, path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=server.http) as client:
        return await client.get(path)


async def test_health_and_readiness_name_every_engine_and_its_state(server: Serving) -> None:
    health, ready = await get(server, "/health"), await get(server, "/ready")
    states = {engine["role"]: engine["state"] for engine in ready.json()["engines"]}
    assert (health.status_code, ready.status_code) == (200, 200)
    assert states == dict.fromkeys(("voice_detector", "turn_model", "recognizer", "chat_model", "synthesizer"), "ready")


def install_engine(folder: Path, role: str, name: str, source: str) -> None:
    """Put a third party's engine into `folder` as an installer would."""
    (folder / f"their_{name}.py").write_text(source)
    about = folder / f"their_{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: their-{name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[kaikou.engines]\n{role}.{name} = their_{name}:create\n")


ABSENT = """
from pipeline.errors import EngineUnavailable

def create(settings):
    raise EngineUnavailable("Its weights are missing.", engine="absent")
"""


async def test_an_engine_that_cannot_start_is_told_and_does_not_stop_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_engine(tmp_path, "recognizer", "absent", ABSENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    async with serving(recognizer="absent") as server:
        ready = await get(server, "/ready")
        states = {engine["role"]: engine["state"] for engine in ready.json()["engines"]}
        assert (ready.status_code, states["recognizer"]) == (503, "failed")
        async with talking(server) as talk:
            await talk.write("Hello")
            assert (await talk.ask())["status"] == "completed"


async def test_a_turn_is_counted_timed_logged_once_and_kept(server: Serving, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with talking(server, extensions="kaikou") as talk:
        await talk.say_something()
        await talk.until("response.done")
        timing = await talk.until("kaikou.timing", where=lambda event: "last_audio" in event["marks"])
        marks = timing["marks"]
        order = ["speech_end", "turn_end", "recognized", "first_token", "first_audio", "last_audio"]
        assert [marks[name] for name in order] == sorted(marks[name] for name in order)
        metrics = (await get(server, "/metrics")).text
        assert 'kaikou_turn_seconds_count{mark="first_audio"}' in metrics
        assert 'kaikou_turns_total{status="completed"}' in metrics
        kept = (await get(server, "/api/turns?limit=1")).json()["data"][-1]
        assert (kept["response_id"], kept["marks"]) == (timing["response_id"], marks)


async def test_an_answer_that_is_talked_over_after_all_of_it_was_made_is_counted_once(server: Serving) -> None:
    async with talking(server, extensions="kaikou") as talk:
        await talk.write("Tell me a long story, please.")
        response = await talk.ask()
        await talk.say_something()
        await talk.until("conversation.item.truncated")
        kept = (await get(server, "/api/turns")).json()["data"]
    assert [turn["response_id"] for turn in kept].count(response["id"]) == 1


async def test_the_page_and_its_parts_are_served_with_headers_that_keep_it_to_itself(server: Serving) -> None:
    page = await get(server, "/")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    assert "default-src 'self'" in page.headers["content-security-policy"]


async def test_a_wrong_address_of_the_api_is_told_in_one_shape(server: Serving) -> None:
    response = await get(server, "/api/characters/nobody/sample")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "character_not_found")


async def test_a_characters_voice_sample_is_an_audible_wav(server: Serving) -> None:
    response = await get(server, "/api/characters/detective/sample?language=zh")
    assert response.headers["content-type"] == "audio/wav"
    assert response.content[:4] == b"RIFF"


SAYING = ("/health", "/ready", "/metrics", "/api/status", "/api/turns", "/v1/models")


async def test_keys_never_appear_in_what_the_server_says() -> None:
    environment = {"KAIKOU_API_KEYS": "sk-planted-1", "KAIKOU_LLM_API_KEY": "sk-planted-2"}
    async with serving({**environment, "KAIKOU_LLM_BASE_URL": "http://127.0.0.1:9/v1"}) as server:
        async with talking(server, key="sk-planted-1") as talk:
            with capture_logs() as logged:
                await talk.write("Hello")
                response = await talk.ask()
        async with httpx2.AsyncClient(base_url=server.http, headers={"api-key": "sk-planted-1"}) as client:
            texts = [(await client.get(path)).text for path in SAYING]
        assert response["status"] == "failed"
        assert any("engine" in line["event"] for line in logged)
        assert "planted" not in json.dumps(talk.events) + "".join(texts) + repr(logged)


async def test_the_log_names_on_whose_account_a_session_runs_and_by_what_they_showed() -> None:
    async with serving({"KAIKOU_API_KEYS": "sk-one"}) as server:
        with capture_logs() as logged:
            async with server.client("sk-one") as client:
                secret = await client.realtime.client_secrets.create()
            async with talking(server, key="sk-one"), talking(server, key=secret.value):
                pass
    began = [(line["principal"], line["by"]) for line in logged if line["event"] == "session began"]
    account = holder_of("sk-one").id
    assert began == [(account, "key"), (account, "client_secret")]


@pytest.mark.speech
@NEEDS_POCKETSPHINX
async def test_four_people_who_talk_at_once_do_not_hold_up_the_event_loop() -> None:
    async with serving(engines="embedded", lead_s=PACED_S) as server:
        lags: list[float] = []

        async def watch() -> None:
            loop = asyncio.get_running_loop()
            while True:
                due = loop.time() + 0.01
                await asyncio.sleep(0.01)
                lags.append(loop.time() - due)

        async def talk_once() -> str:
            async with talking(server, model="detective") as talk:
                await talk.say_something()
                done = await talk.until("response.done")
                return str(done["response"]["status"])

        async with talking(server) as warm:
            await warm.write("Hello")
            await warm.ask()
        watching = asyncio.create_task(watch())
        statuses = await asyncio.gather(*(talk_once() for _ in range(4)))
        watching.cancel()
        assert statuses == ["completed"] * 4
        assert sorted(lags)[int(0.95 * len(lags))] < USUAL_LAG_S


async def test_a_password_in_the_models_address_is_not_shown() -> None:
    settings = load_settings({}, {"KAIKOU_LLM_BASE_URL": "http://me:secret@127.0.0.1:9/v1"})
    found = await find_language_model(settings.engines)
    assert found is not None
    assert found[0] == "http://127.0.0.1:9/v1"
    assert found[1]["base_url"] == "http://me:secret@127.0.0.1:9/v1"
