from __future__ import annotations

import pytest

from pipeline.engines import registry
from pipeline.engines.protocols import EngineInfo
from server.cli.proxy_check import findings, servers, ways_out
from server.settings import load_settings
from tests.models.network.proxy_server import http_proxy

SECRET = "s3cr@t"


def test_engines_that_go_out_by_the_same_proxy_are_told_together() -> None:
    near = EngineInfo("whisper", "recognizer")
    far = [EngineInfo(name, "synthesizer", proxy=f"http://{proxy}:1") for name, proxy in ("ap", "bq", "cp", "ap")]

    assert ways_out([near, *far]) == ["http://p:1 to a and c", "http://q:1 to b"]
    assert ways_out([near]) == []


def test_the_addresses_that_the_settings_name_are_looked_at() -> None:
    environment = {"KAIKOU_LLM_BASE_URL": "localhost:11434", "KAIKOU_SPEECH_MODEL_URL": "wss://s.example/v1"}

    asked = servers(load_settings({}, environment).engines)
    assert (asked["the language model"], asked["the speech model"]) == ("http://localhost:11434", "wss://s.example/v1")
    assert servers(load_settings({}, {"OPENAI_API_KEY": "k"}).engines)["the language model"].startswith(
        "https://api.op"
    )


async def told(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    for scheme in ("http", "https", "all", "no", "wss"):
        for spelled in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            monkeypatch.delenv(spelled, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    asked = {
        "the model": "https://llm.example/v1",
        "the speech model": "wss://s.example/v1",
        "here": "http://localhost",
    }
    return await findings(asked, registry.proxies(), registry.proxy_trial())


async def test_doctor_tries_each_way_out_and_says_what_is_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await told(monkeypatch) == []
    with http_proxy({}, login="me:right") as proxy:
        wrong = f"The proxy http://{proxy.place} does not accept the login: HTTPS_PROXY=http://name:password@host:port."
        lines = await told(monkeypatch, HTTPS_PROXY=f"me:{SECRET}@{proxy.place}")
        assert lines == [f"the model: {wrong}", f"the speech model: {wrong}"]
        lines = await told(monkeypatch, HTTPS_PROXY=f"me:{SECRET}@{proxy.place}", NO_PROXY="llm.example")
        assert lines == [f"the speech model: {wrong}"]


async def test_doctor_names_the_proxy_of_each_way_that_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy({"llm.example": 9, "s.example": 9}, fault="refuses", status=200, page=b"") as proxy:
        lines = await told(monkeypatch, ALL_PROXY=f"http://me:{SECRET}@{proxy.place}")

    assert [line.partition(": ")[0] for line in lines] == ["the model", "the speech model"]
    assert not any(SECRET in line for line in lines)


async def test_doctor_names_mistakes_in_the_variables_before_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy({}, fault="refuses", status=200, page=b"") as proxy:
        lines = await told(monkeypatch, HTTPS_PROXY=f"socks4://me:{SECRET}@p:1", WSS_PROXY=proxy.place)

    assert lines[0] == "HTTPS_PROXY names a proxy of SOCKS 4, which cannot be used. Is it socks5://host:port?"
    assert [line.partition(":")[0] for line in lines[1:]] == ["the speech model"]
