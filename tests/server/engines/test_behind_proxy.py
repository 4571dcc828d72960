"""A whole server behind a proxy that the environment names: who stands in, and what the person and the operator are told."""

from __future__ import annotations

import logging
from collections.abc import Callable

import httpx2
import pytest

from server.__main__ import _announce
from server.engines.loaded import LoadedEngines
from server.settings import load_settings
from tests.models.network.proxy_server import http_proxy
from tests.server.talking import talking
from tests.serving import Serving, serving

SECRET = "s3cr@t"
MODEL = {"KAIKOU_LLM_BASE_URL": "https://llm.example/v1", "KAIKOU_LLM_MODEL": "m"}
PAGES = ("/health", "/ready", "/api/status", "/api/turns", "/metrics")


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Names a proxy in the environment, in place of those of whoever runs the tests."""
    for scheme in ("http", "https", "all", "no"):
        for spelled in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            monkeypatch.delenv(spelled, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")  # for the client of the test, which is not ours
    return lambda value: monkeypatch.setenv("HTTPS_PROXY", value)


async def pages(server: Serving) -> str:
    async with httpx2.AsyncClient(base_url=server.http) as operator:
        return "".join([(await operator.get(path)).text for path in PAGES])


async def test_the_scripted_model_stands_in_where_the_proxy_cannot_be_used(
    named: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    named(f"socks4://me:{SECRET}@proxy.example:1")
    async with serving(MODEL) as server:
        named("")  # else the test's own clients would be led by it
        async with talking(server) as talk:
            await talk.write("Hello")
            assert (await talk.ask())["status"] == "completed"
            told = await pages(server)
            events = str(talk.events)

    assert "HTTPS_PROXY names a proxy of SOCKS 4" in told
    assert '"connected":false' in told.replace(" ", "")
    assert SECRET not in told + events + caplog.text


async def test_a_proxy_that_refuses_is_named_to_the_person_and_the_operator_without_its_password(
    named: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with http_proxy({}, login="me:right") as proxy:
        named(f"http://me:{SECRET}@{proxy.place}")
        async with serving(MODEL) as server, talking(server) as talk:
            await talk.write("Hello")
            error = (await talk.ask())["status_details"]["error"]
            told = await pages(server)
            events = str(talk.events)

    assert error["code"] == "proxy_login"
    assert f"The proxy http://{proxy.place} does not accept the login: HTTPS_PROXY=http://name:pass" in told
    assert SECRET not in told + events + caplog.text


async def test_who_stands_in_by_the_settings_answers_where_the_proxy_refuses(named: Callable[[str], None]) -> None:
    with http_proxy({}, fault="refuses") as proxy:
        named(proxy.place)
        async with serving(MODEL, chat_model="openai, scripted") as server, talking(server) as talk:
            await talk.write("Hello")
            assert (await talk.ask())["status"] == "completed"


async def test_the_start_says_which_proxy_leads_to_which_engine(
    named: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    named(f"me:{SECRET}@proxy.example:3128")
    environment = {"KAIKOU_MINIMAX_API_KEY": "k", "KAIKOU_TTS_BASE_URL": "http://127.0.0.1:9/v1"}
    settings = load_settings({"engines": "stub", "synthesizer": "minimax, openai"}, environment)
    language_model = {"base_url": "https://llm.example/v1", "api_key": "", "model": "m"}
    loaded = LoadedEngines(settings, language_model)
    _announce("http://127.0.0.1:1", loaded, "m", "llm.example", mistakes=["ALL_PROXY is not the address of a proxy."])
    await loaded.close()
    told = capsys.readouterr().out

    assert "    goes out by    http://proxy.example:3128 to openai and minimax\n" in told
    assert "  · ALL_PROXY is not the address of a proxy.\n" in told
    assert SECRET not in told


async def test_the_separate_engines_stand_in_for_a_speech_model_that_could_not_start(
    named: Callable[[str], None],
) -> None:
    named("socks4://proxy.example:1")
    async with serving({"KAIKOU_SPEECH_MODEL_URL": "wss://speech.example/v1/realtime"}) as server:
        named("")  # else the test's own clients would be led by it
        async with talking(server) as talk:
            await talk.write("Hello")
            assert (await talk.ask())["status"] == "completed"
        told = await pages(server)

    assert (
        "The speech model realtime cannot start: The speech model's server cannot be reached. HTTPS_PROXY nam" in told
    )
