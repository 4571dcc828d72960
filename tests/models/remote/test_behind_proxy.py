"""Each engine that is a network away, behind a proxy that the environment names: it works, or says what is in the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from traceback import format_exception
from typing import Any

import numpy as np
import pytest

from models.remote import indextts, minimax, openai_speech, openai_transcription, realtime, stepfun
from models.remote.chat import chat_model
from pipeline.engines.bulkhead import Bulkhead
from pipeline.engines.fallback import ChatChain, Member
from pipeline.engines.protocols import ChatRequest, Message, TextDelta
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError, EngineUnavailable
from tests.models.chat_server import chat_server, delta, saying, without_list
from tests.models.network.certificates import certificate_for
from tests.models.network.proxy_server import ProxyServer, http_proxy, socks_proxy
from tests.models.realtime_server import upstream
from tests.models.remote_speech import HELLO, KEY
from tests.models.speech_server import HEARD, running, speaking

HOST = "engine.example"
SECRET = "s3cr@t"
LOGIN = f"me:{SECRET}"
PROXIES = {"http": http_proxy, "socks5": socks_proxy}
SPEECH = {
    "openai": (openai_speech.create, {"base_url": f"http://{HOST}/v1"}),
    "stepfun": (stepfun.create_speech, {"base_url": f"http://{HOST}/v1"}),
    "minimax": (minimax.create, {"base_url": f"http://{HOST}"}),
    "indextts": (indextts.create, {"url": f"http://{HOST}"}),
}
HEARING = {"openai": openai_transcription.create, "stepfun": stepfun.create_recognizer}
FAULTS = {
    "refuses": "proxy_refused",
    "closes": "proxy_unreachable",
    "nonsense": "proxy_unreachable",
    "is gone": "proxy_unreachable",
}


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Names a proxy in the environment, in place of those of whoever runs the tests."""

    def name(value: str, variable: str = "ALL_PROXY") -> None:
        for scheme in ("http", "https", "all", "no", "ws", "wss"):
            for spelled in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
                monkeypatch.delenv(spelled, raising=False)
        monkeypatch.setenv(variable, value)

    return name


@contextmanager
def proxied(kind: str, port: int, named: Any, **how: Any) -> Iterator[ProxyServer]:
    with PROXIES[kind]({HOST: port}, login=LOGIN, **how) as proxy:
        named(f"{kind}://me:{SECRET.replace('@', '%40')}@{proxy.place}")
        yield proxy


@asynccontextmanager
async def closing(engine: Any) -> Any:
    try:
        yield engine
    finally:
        await engine.aclose()


async def reply(chat: Any) -> str:
    events = [event async for event in chat.reply(ChatRequest([Message("user", "Hello")]))]
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def chat_at(url: str) -> Any:
    return closing(chat_model.create({"base_url": url, "model": "m", "api_key": KEY}))


@pytest.mark.parametrize("kind", PROXIES)
async def test_a_language_model_answers_through_a_proxy(kind: str, named: Any) -> None:
    async with chat_server(saying(delta(content="Hi"), delta("stop")), models=without_list()) as server:
        with proxied(kind, server.port, named) as proxy:
            async with chat_at(f"http://{HOST}/v1") as chat:
                assert (await reply(chat), chat.info.proxy) == ("Hi", f"{kind}://{proxy.place}")

    assert set(proxy.asked) == {f"{HOST}:80"}


@pytest.mark.parametrize("url", ["http://localhost:{port}", "localhost:{port}/v1", "http://127.0.0.1:{port}/v1"])
@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
async def test_no_proxy_comes_between_us_and_a_language_model_on_this_machine(
    url: str, variable: str, named: Any
) -> None:
    async with chat_server(saying(delta(content="Hi"), delta("stop")), models=without_list()) as server:
        named("http://127.0.0.1:9", variable)
        async with chat_at(url.format(port=server.port)) as chat:
            assert (await reply(chat), chat.info.proxy) == ("Hi", "")


@pytest.mark.parametrize("name", SPEECH)
@pytest.mark.parametrize("kind", PROXIES)
async def test_a_voice_speaks_through_a_proxy(kind: str, name: str, named: Any) -> None:
    create, where = SPEECH[name]
    async with running(speaking) as server:
        with proxied(kind, server.port, named) as proxy:
            async with closing(create({"api_key": KEY, **where})) as engine:
                assert [chunk async for chunk in engine.speak(HELLO)]
                assert engine.info.proxy == f"{kind}://{proxy.place}"

    assert set(proxy.asked) == {f"{HOST}:80"}


@pytest.mark.parametrize("name", HEARING)
async def test_speech_is_recognised_through_a_proxy(name: str, named: Any) -> None:
    async with running(speaking) as server:
        with proxied("http", server.port, named) as proxy:
            async with closing(HEARING[name]({"api_key": KEY, "base_url": f"http://{HOST}/v1"})) as engine:
                utterance = engine.open("en")
                await utterance.accept(np.ones(16_000, np.int16))
                assert (await utterance.settle(0.5)).text == HEARD

    assert set(proxy.asked) == {f"{HOST}:80"}


@pytest.mark.parametrize("kind", PROXIES)
async def test_a_speech_model_is_spoken_to_through_a_proxy(kind: str, named: Any) -> None:
    async with upstream() as server:
        port = int(server.url.rpartition(":")[2].partition("/")[0])
        with proxied(kind, port, named) as proxy:
            model = realtime.create({"url": f"ws://{HOST}/v1/realtime", "api_key": KEY, "model": "m"})
            await (await model.open()).aclose()

    assert (proxy.asked, model.info.proxy) == ([f"{HOST}:80"], f"{kind}://{proxy.place}")


@pytest.mark.parametrize("kind", PROXIES)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_in_the_way_is_named_to_the_person_and_its_password_is_not(
    kind: str, fault: str, scheme: str, named: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    secure = "s" if scheme == "https" else ""
    with PROXIES[kind]({}, fault="" if fault == "is gone" else fault) as proxy:
        named(f"{kind}://{LOGIN}@{proxy.place}")
        engines = [
            chat_model.create({"base_url": f"{scheme}://{HOST}/v1", "model": "m"}),
            openai_speech.create({"base_url": f"{scheme}://{HOST}/v1", "api_key": KEY}),
            realtime.create({"url": f"ws{secure}://{HOST}/v1/realtime", "api_key": KEY}),
        ]
        if fault != "is gone":
            errors = [await failure(engine) for engine in engines]
    if fault == "is gone":
        errors = [await failure(engine) for engine in engines]

    shown = f"The proxy {kind}://{proxy.place} "
    for error in errors:
        # The SOCKS of WebSockets does not tell what it could not read from a refusal.
        assert error.code in {FAULTS[fault], "proxy_refused" if kind == "socks5" else ""}, error.message
        assert shown in error.message
        assert isinstance(error, EngineUnavailable)
        assert SECRET not in "".join(format_exception(error)) + caplog.text
    assert [record for record in caplog.records if record.exc_info] == []


async def used(engine: Any) -> None:
    if hasattr(engine, "reply"):
        await reply(engine)
    elif hasattr(engine, "speak"):
        _ = [chunk async for chunk in engine.speak(HELLO)]
    else:
        await engine.open()


async def failure(engine: Any) -> EngineError:
    """What the engine raises, in bounded time."""
    before = time.monotonic()
    with pytest.raises(EngineError) as raised:
        await used(engine)
    await engine.aclose()
    assert time.monotonic() - before < 15.0
    return raised.value


async def test_a_proxy_that_wants_a_login_is_told_of_by_each_kind_of_client(named: Any) -> None:
    with http_proxy({}, login=LOGIN) as proxy:
        named(proxy.place, "https_proxy")
        errors = [
            await failure(chat_model.create({"base_url": f"https://{HOST}/v1", "model": "m"})),
            await failure(realtime.create({"url": f"wss://{HOST}/v1/realtime"})),
        ]

    asks = f"The proxy http://{proxy.place} asks for a login: https_proxy=http://name:password@host:port."
    assert [(error.code, asks in error.message) for error in errors] == [("proxy_login", True)] * 2


@pytest.mark.parametrize("kind", PROXIES)
async def test_a_proxy_that_says_nothing_is_named_in_bounded_time(kind: str, named: Any) -> None:
    with PROXIES[kind]({}, fault="silent") as proxy:
        named(f"{kind}://{proxy.place}")
        engines = [
            chat_model.create({"base_url": f"https://{HOST}/v1", "model": "m"}),
            openai_speech.create({"base_url": f"https://{HOST}/v1", "api_key": KEY}),
            realtime.create({"url": f"wss://{HOST}/v1/realtime"}),
        ]
        errors = await asyncio.gather(*map(failure, engines))

    assert [f"The proxy {kind}://{proxy.place} " in error.message for error in errors] == [True] * 3


@pytest.mark.parametrize("scheme", ["http", "ws"])
async def test_a_mistake_in_a_variable_is_told_when_the_engine_is_made(scheme: str, named: Any) -> None:
    named(f"ftp://me:{SECRET}@proxy.example")
    url = f"{scheme}://{HOST}/v1"
    with pytest.raises(EngineUnavailable, match="ALL_PROXY names no kind of proxy") as raised:
        (realtime if scheme == "ws" else chat_model).create(
            {"url" if scheme == "ws" else "base_url": url, "model": "m"}
        )

    assert (raised.value.code, SECRET in "".join(format_exception(raised.value))) == ("invalid_proxy", False)


async def test_another_language_model_stands_in_for_one_behind_a_broken_proxy(named: Any) -> None:
    async with chat_server(saying(delta(content="Hi"), delta("stop")), models=without_list()) as server:
        named("http://127.0.0.1:9")
        async with chat_at(f"https://{HOST}/v1") as far, chat_at(server.base_url) as near:
            members = [Member(one, one.info, Bulkhead("chat_model", "openai"), Workers(1)) for one in (far, near)]
            assert await reply(ChatChain(members, 10.0)) == "Hi"


async def test_a_secure_speech_model_is_reached_through_a_proxy_of_its_own_certificate(
    named: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_for(HOST, tmp_path)
    with http_proxy({}, certificate.serving, fault="refuses") as proxy:
        named(f"https://{proxy.place}")
        untrusted = await failure(realtime.create({"url": f"wss://{HOST}/v1/realtime"}))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        trusted = await failure(realtime.create({"url": f"wss://{HOST}/v1/realtime"}))

    assert (untrusted.code, trusted.code) == ("untrusted_certificate", "proxy_refused")


async def test_a_server_behind_the_proxy_that_sends_a_speech_model_elsewhere_is_told_of(named: Any) -> None:
    async def sends_elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: ws://other.example/\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(sends_elsewhere, "127.0.0.1", 0) as server:
        with proxied("http", server.sockets[0].getsockname()[1], named):
            error = await failure(realtime.create({"url": f"ws://{HOST}/v1/realtime"}))

    assert (error.code, "answered 302" in error.message) == ("engine_unavailable", True)


async def test_what_is_forbidden_without_a_word_may_be_the_proxys_doing_and_it_is_named(named: Any) -> None:
    with http_proxy({}, fault="refuses", page=b"", kind="text/plain") as proxy:
        named(proxy.place, "http_proxy")
        error = await failure(openai_speech.create({"base_url": f"http://{HOST}/v1", "api_key": KEY}))

    assert error.message == (
        f"The key was refused by the speech server for this. The proxy http://{proxy.place} is in between."
    )
