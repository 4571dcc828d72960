"""The page in Chromium and the real server, with a real nginx between them (or Caddy, where it is installed)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.proxies import CADDY, NGINX, OPENSSL, caddy, documented, nginx
from tests.browser.scripted_server import ELSEWHERE
from tests.browser.states import CHROMIUM, TRACE, wait_for
from tests.browser.threads import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(NGINX is None, reason="no nginx on this machine"),
    pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine"),
]

OF_ITS_OWN, STRIPPED, PASSED_ON = documented("nginx")

PASSES_UPGRADE = """
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection upgrade;
"""
TLS = "listen 443 ssl; ssl_certificate x; ssl_certificate_key x;"

ANY_CHARACTERS = 'b64/+=="quoted", two words; ключ 密钥'


def over_tls(directives: str) -> str:
    """A server of nginx's that passes everything on."""
    return f"server {{ {TLS} location / {{ proxy_pass http://127.0.0.1:7210; {directives} }} }}"


@contextmanager
def visit(browser: Browser, locale: str = "en-GB") -> Iterator[tuple[Page, list[str]]]:
    """A page, and the addresses of the sockets that it opens; ends with what went wrong on it."""
    context = browser.new_context(locale=locale, ignore_https_errors=True)
    page = context.new_page()
    page.add_init_script(TRACE)
    problems: list[str] = []
    sockets: list[str] = []

    def opened(socket: WebSocket) -> None:
        sockets.append(socket.url)

    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("websocket", opened)
    yield page, sockets
    context.close()
    assert problems == []


@contextmanager
def visit_through_nginx(
    browser: Browser, folder: Path, server: str, locale: str = "en-GB", **flags: Any
) -> Iterator[tuple[Page, list[str], str]]:
    """As `visit`, with a server of ours behind a `server` of nginx's, and the host to ask it at."""
    with (
        served(**flags) as running,
        nginx(folder, server, running.http) as host,
        visit(browser, locale) as (page, sockets),
    ):
        yield page, sockets, host


def press_talk(page: Page) -> None:
    expect(page.locator("#talk")).to_be_visible()
    page.click("#talk")


def talk(page: Page, address: str) -> None:
    page.goto(address)
    press_talk(page)


def expect_an_answer(page: Page) -> None:
    expect(page.locator("#captions [data-role=character] .said").first).not_to_be_empty()
    page.wait_for_function("() => kaikou.played.rms > 0")


@pytest.mark.parametrize(
    ("server", "path", "flags"),
    [
        (OF_ITS_OWN, "", {}),
        (STRIPPED, "/kaikou/", {}),
        (STRIPPED, "/kaikou", {}),
        (PASSED_ON, "/kaikou/", {"root_path": "/kaikou"}),
        (PASSED_ON, "/kaikou", {"root_path": "kaikou/"}),
    ],
    ids=["own", "stripped", "stripped without a slash", "passed on", "passed on without a slash"],
)
def test_one_talks_through_nginx_as_it_is_documented(
    browser: Browser, tmp_path: Path, server: str, path: str, flags: dict[str, Any]
) -> None:
    with visit_through_nginx(browser, tmp_path, server, **flags) as (page, sockets, host):
        host = host.replace("127.0.0.1", ELSEWHERE)
        talk(page, f"https://{host}{path}")
        expect_an_answer(page)

        assert [address.partition("?")[0] for address in sockets] == [f"wss://{host}{path.rstrip('/')}/v1/realtime"]


@pytest.mark.skipif(CADDY is None, reason="no Caddy on this machine")
@pytest.mark.parametrize(
    ("site", "path"), list(zip(documented("caddy"), ["", "/kaikou"], strict=True)), ids=["own", "at a path"]
)
def test_one_talks_through_caddy_as_it_is_documented(browser: Browser, tmp_path: Path, site: str, path: str) -> None:
    with served() as running, caddy(tmp_path, site, running.http) as host, visit(browser) as (page, _sockets):
        talk(page, f"https://{host.replace('127.0.0.1', ELSEWHERE)}{path}")
        expect_an_answer(page)


def test_a_double_slash_that_a_proxy_makes_does_no_harm(browser: Browser, tmp_path: Path) -> None:
    server = STRIPPED.replace("location /kaikou/ {", "location /kaikou {")
    with visit_through_nginx(browser, tmp_path, server) as (page, _sockets, host):
        talk(page, f"https://{host}/kaikou/")
        expect_an_answer(page)


@pytest.mark.parametrize(("locale", "words"), [("en-GB", "pass WebSockets on"), ("zh-CN", "没有转发 WebSocket")])
def test_a_proxy_that_drops_the_upgrade_is_told_in_words_on_the_page_and_in_the_log(
    browser: Browser, tmp_path: Path, locale: str, words: str
) -> None:
    server = over_tls("proxy_set_header Host $http_host;")
    with (
        structlog.testing.capture_logs() as logs,
        visit_through_nginx(browser, tmp_path, server, locale) as (page, _sockets, host),
    ):
        talk(page, f"https://{host}/")
        wait_for(page, "gone")
        expect(page.locator(".panel[data-problem=no-socket]")).to_contain_text(words)

        told = [entry for entry in logs if entry["event"] == "a proxy passed a WebSocket on as plain HTTP"]
        assert "proxy_set_header Upgrade $http_upgrade;" in told[0]["set"]


@pytest.mark.parametrize(("locale", "words"), [("en-GB", "refuses pages from"), ("zh-CN", "拒绝来自")])
def test_a_proxy_that_hides_the_host_is_told_in_words_on_the_page_and_in_the_log(
    browser: Browser, tmp_path: Path, locale: str, words: str
) -> None:
    with (
        structlog.testing.capture_logs() as logs,
        visit_through_nginx(browser, tmp_path, over_tls(PASSES_UPGRADE), locale) as (page, _sockets, host),
    ):
        origin = f"https://{host.replace('127.0.0.1', ELSEWHERE)}"
        talk(page, origin)
        wait_for(page, "gone")
        panel = page.locator(".panel[data-problem=origin]")
        expect(panel).to_contain_text(words)
        expect(panel).to_contain_text(f"KAIKOU_ALLOWED_ORIGINS={origin}")

        told = {entry["set"] for entry in logs if entry["event"] == "a page of another origin was refused"}
        assert told == {f"KAIKOU_ALLOWED_ORIGINS={origin}"}


@pytest.mark.parametrize(
    "headers",
    [
        "proxy_set_header X-Forwarded-Host $http_host;",
        "proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Forwarded-Port $server_port;",
        'proxy_set_header Forwarded "for=$remote_addr;proto=$scheme;host=\\"$http_host\\"";',
        "proxy_set_header Host $host; proxy_set_header X-Forwarded-Port $server_port;",
    ],
    ids=["host", "host and port", "standard", "port"],
)
def test_a_host_that_is_told_in_another_header_is_understood(browser: Browser, tmp_path: Path, headers: str) -> None:
    with visit_through_nginx(browser, tmp_path, over_tls(PASSES_UPGRADE + headers)) as (page, _sockets, host):
        talk(page, f"https://{host.replace('127.0.0.1', ELSEWHERE)}")
        expect_an_answer(page)


def test_a_key_of_any_characters_opens_the_page_and_the_talk(browser: Browser, tmp_path: Path) -> None:
    keys = ["sk-other", ANY_CHARACTERS]
    with visit_through_nginx(browser, tmp_path, OF_ITS_OWN, api_keys=keys) as (page, _sockets, host):
        page.goto(f"https://{host}/")
        page.fill("#key", "密钥/+=")
        page.press("#key", "Enter")
        expect(page.locator("#key")).to_have_value("")
        page.fill("#key", ANY_CHARACTERS)
        page.press("#key", "Enter")
        press_talk(page)
        expect_an_answer(page)


def test_a_page_of_some_proxys_in_place_of_the_server_is_no_server(browser: Browser, tmp_path: Path) -> None:
    proxy = "proxy_pass http://127.0.0.1:7210;"
    server = f"server {{ {TLS} location / {{ {proxy} }} location /api/ {{ return 200 '<p>Log in first'; }} }}"
    with visit_through_nginx(browser, tmp_path, server) as (page, _sockets, host):
        page.goto(f"https://{host}/")
        expect(page.locator(".no-server")).to_contain_text("does not answer")
