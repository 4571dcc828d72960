from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx2
import pytest

from models.network.failures import ProxyFailed
from models.network.http import BlockingProxyTransport, ProxyTransport
from models.network.proxies import Proxies
from tests.models.network.certificates import Certificate, certificate_for
from tests.models.network.proxy_server import ProxyServer, http_proxy, socks_proxy

HOST = "api.example"
SECRET = "s3cr@t/#1"


@contextmanager
def server(certificate: Certificate | None = None) -> Iterator[int]:
    """A server that answers its path, or sends elsewhere; the port it is at."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            elsewhere = self.path.partition("?to=")[2]
            body = self.path.encode()
            self.send_response(302 if elsewhere else 200)
            if elsewhere:
                self.send_header("location", elsewhere)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        if certificate:
            running.socket = certificate.serving.wrap_socket(running.socket, server_side=True)
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield running.server_address[1]
        running.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for(HOST, tmp_path_factory.mktemp("certificate"))


async def fetched(proxies: Proxies, url: str) -> str:
    """What both kinds of client get; they have to agree."""
    answers = []
    async with httpx2.AsyncClient(transport=ProxyTransport(proxies, passage_s=1.0), follow_redirects=True) as client:
        answers.append(await _said(client.get(url)))
    answers.append(await _said(asyncio.to_thread(_blocking, proxies, url)))
    assert (answers[0], SECRET in answers[0]) == (answers[1], False)
    return answers[0]


def _blocking(proxies: Proxies, url: str) -> httpx2.Response:
    with httpx2.Client(transport=BlockingProxyTransport(proxies), follow_redirects=True, timeout=1.0) as client:
        return client.get(url)


async def _said(answer: Any) -> str:
    try:
        return (await answer).text
    except ProxyFailed as failed:
        return f"{failed.code}: {failed}"


def through(proxy: ProxyServer, scheme: str = "http", login: str = "") -> Proxies:
    return Proxies.of({"ALL_PROXY": f"{scheme}://{login and login + '@'}{proxy.place}"})


async def test_plain_http_goes_through_an_http_proxy() -> None:
    with server() as port, http_proxy({HOST: port}) as proxy:
        assert await fetched(through(proxy), f"http://{HOST}/v1/models?a=1") == "/v1/models?a=1"

    assert proxy.asked == [f"{HOST}:80"] * 2


@pytest.mark.parametrize("scheme", ["socks", "socks5", "socks5h"])
async def test_http_goes_through_a_socks_proxy_that_looks_names_up(scheme: str) -> None:
    with server() as port, socks_proxy({HOST: port}, login=f"me:{SECRET}") as proxy:
        assert await fetched(through(proxy, scheme, f"me:{SECRET}"), f"http://{HOST}:81/a") == "/a"

    assert proxy.asked == [f"{HOST}:81"] * 2


async def test_https_goes_through_each_kind_of_proxy(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    login = f"me:{SECRET}"
    with (
        server(certificate) as port,
        http_proxy({HOST: port}, login=login) as plain,
        http_proxy({HOST: port}, certificate.serving, login=login) as secure,
        socks_proxy({HOST: port}, login=login) as socks,
    ):
        ways = [through(plain, "http", login), through(secure, "https", login), through(socks, "socks5", login)]
        assert [await fetched(way, f"https://{HOST}/a") for way in ways] == ["/a"] * 3

    assert plain.asked == secure.asked == socks.asked == [f"{HOST}:443"] * 2


async def test_each_redirect_goes_by_the_rule_as_well() -> None:
    with server() as port, http_proxy({HOST: port, "other.example": port}) as proxy:
        proxies = Proxies.of({"HTTP_PROXY": proxy.place, "HTTPS_PROXY": "ftp://nowhere"})
        direct = f"http://127.0.0.1:{port}/there"

        assert await fetched(proxies, f"http://{HOST}/here?to={direct}") == "/there"
        assert await fetched(proxies, f"http://127.0.0.1:{port}/?to=http://other.example/b") == "/b"
        assert (await fetched(proxies, f"http://{HOST}/here?to=https://a.example")).startswith("invalid_proxy: HTTPS_P")

    assert proxy.asked == [f"{HOST}:80"] * 2 + ["other.example:80"] * 2 + [f"{HOST}:80"] * 2


async def test_a_proxy_that_wants_a_login_is_told_of_without_ours(certificate: Certificate) -> None:
    told: list[str] = []
    with http_proxy({}, login="me:right") as plain, socks_proxy({}, login="me:right") as socks:
        for proxy, scheme in ((plain, "http"), (socks, "socks5")):
            for login in ("", f"me:{SECRET}"):
                for target in (f"http://{HOST}", f"https://{HOST}"):
                    said = await fetched(through(proxy, scheme, login), target)
                    told.append(said.replace(proxy.place, "P"))

    asks = "proxy_login: The proxy http://P asks for a login: ALL_PROXY=http://name:password@host:port."
    wrong = "proxy_login: The proxy http://P does not accept the login: ALL_PROXY=http://name:password@host:port."
    closed = (
        f"proxy_refused: The proxy socks5://P (ALL_PROXY) does not {{}}, "
        f"does not lead to {HOST}, or is no socks5 proxy."
    )
    assert told == [
        *[asks] * 2,
        *[wrong] * 2,
        *[closed.format("let us in without a login")] * 2,
        *[closed.format("accept the login")] * 2,
    ]


@pytest.mark.parametrize("status", [403, 502, 503, 504, 511])
async def test_a_proxy_that_does_not_lead_there_is_told_of(status: int) -> None:
    with http_proxy({}, fault="refuses", status=status) as proxy:
        said = {await fetched(through(proxy), f"{scheme}://{HOST}/") for scheme in ("http", "https")}

    expected = f"The proxy http://{proxy.place} (ALL_PROXY) does not lead to {HOST} (status {status})."
    assert said == {f"proxy_refused: {expected}"}


async def test_what_a_server_behind_the_proxy_refuses_is_the_servers_own_answer() -> None:
    with http_proxy({}, fault="refuses", status=404) as proxy:
        async with httpx2.AsyncClient(transport=ProxyTransport(through(proxy))) as client:
            assert (await client.get(f"http://{HOST}/")).status_code == 404


@pytest.mark.parametrize("fault", ["closes", "nonsense"])
@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_proxy_that_hangs_up_or_speaks_another_language_is_told_of(fault: str, kind: str) -> None:
    with (http_proxy if kind == "http" else socks_proxy)({}, fault=fault) as proxy:
        said = await fetched(through(proxy, kind), f"https://{HOST}/")

    shown = f"The proxy {kind}://{proxy.place} (ALL_PROXY)"
    assert said == f"proxy_unreachable: {shown} hung up, or is no {kind} proxy."


async def test_an_http_proxy_called_socks_and_the_other_way_round_are_told_of() -> None:
    with http_proxy({}) as plain, socks_proxy({}) as socks:
        said = [await fetched(through(plain, "socks5"), f"https://{HOST}/")]
        said.append(await fetched(through(socks, "http"), f"https://{HOST}/"))

    assert [one.partition(": ")[0] for one in said] == ["proxy_unreachable"] * 2


@pytest.mark.parametrize("kind", ["http", "socks5", "https"])
async def test_a_proxy_that_is_not_there_is_told_of(kind: str) -> None:
    with http_proxy({}) as proxy:
        gone = through(proxy, kind, f"me:{SECRET}")
    said = await fetched(gone, f"https://{HOST}/")

    assert said == f"proxy_unreachable: The proxy {kind}://{proxy.place} (ALL_PROXY) cannot be reached."


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_proxy_that_says_nothing_is_waited_for_in_bounded_time(kind: str) -> None:
    with (http_proxy if kind == "http" else socks_proxy)({}, fault="silent") as proxy:
        before = time.monotonic()
        transport = ProxyTransport(through(proxy, kind), passage_s=0.3)
        async with httpx2.AsyncClient(transport=transport, timeout=60.0) as client:
            with pytest.raises(ProxyFailed, match="did not answer in time") as raised:
                await client.get(f"https://{HOST}/")

    assert (raised.value.code, time.monotonic() - before < 5.0) == ("proxy_unreachable", True)


async def test_a_certificate_that_the_proxy_puts_in_place_of_the_servers_is_told_of(certificate: Certificate) -> None:
    with server(certificate) as port, http_proxy({HOST: port}) as proxy:
        said = await fetched(through(proxy), f"https://{HOST}/")

    assert said == (
        f"untrusted_certificate: What answers for {HOST} through the proxy http://{proxy.place} shows a certificate that "
        "is not trusted. SSL_CERT_FILE=/path/to/certificates.pem names those to trust."
    )


async def test_a_proxy_that_answers_in_the_servers_place_is_told_of() -> None:
    with server() as port, http_proxy({HOST: port}) as proxy:  # a page where encryption should begin
        said = await fetched(through(proxy), f"https://{HOST}/")

    expected = f"The proxy http://{proxy.place} (ALL_PROXY) breaks off the connection to {HOST}."
    assert said == f"proxy_refused: {expected}"


async def test_many_requests_share_the_connections_through_a_proxy() -> None:
    with server() as port, http_proxy({HOST: port}) as proxy:
        async with httpx2.AsyncClient(transport=ProxyTransport(through(proxy))) as client:
            answers = await asyncio.gather(*(client.get(f"http://{HOST}/{number}") for number in range(8)))

    assert [answer.text for answer in answers] == [f"/{number}" for number in range(8)]
