from __future__ import annotations

import httpx2
import pytest
import structlog
from starlette.requests import HTTPConnection

from server.errors import OriginDenied
from server.identity.forwarded import PUBLIC_HOSTS, UNTRUSTED
from server.identity.origins import check_not_rebound, check_origin
from server.settings import load_settings
from server.settings.serving import ServerSettings
from server.settings.values.origins import web_origin
from tests.serving import serving

HERE = "localhost:7210"
APP = "https://app.example.org"


def settings(**environment: str) -> ServerSettings:
    return load_settings({}, {f"KAIKOU_{name.upper()}": value for name, value in environment.items()}).server


def page(origin: str | None, host: str | None = HERE, **scope: object) -> HTTPConnection:
    headers = [(b"origin", origin.encode())] if origin is not None else []
    headers += [(b"host", host.encode())] if host is not None else []
    return HTTPConnection({"type": "websocket", "headers": headers, **scope})


def allowed(server: ServerSettings, connection: HTTPConnection) -> bool:
    try:
        check_origin(server, connection)
    except OriginDenied:
        return False
    return True


@pytest.mark.parametrize(
    ("client", "answer"),
    [
        (page(None), True),
        (page("http://localhost:7210"), True),
        (page("https://localhost:7210"), True),
        (page("http://127.0.0.1:7210", "127.0.0.1:7210"), True),
        (page("http://[::1]:7210", "[::1]:7210"), True),
        (page("http://kaikou.localhost", "kaikou.localhost:80"), True),
        (page(APP), True),
        (page("http://localhost:8000"), False),
        (page("http://localhost"), False),
        (page("https://evil.example"), False),
        (page("https://app.example.org.evil.example"), False),
        (page("http://app.example.org"), False),
        (page("https://app.example.org:8443"), False),
        (page("null"), False),
        (page(""), False),
        (page("*"), False),
        (page("http://["), False),
        (page("chrome-extension://localhost", "localhost"), False),
        (page("null", None), False),
        (page("http://localhost:7210", ""), False),
    ],
)
def test_pages_may_connect_that_are_ours_or_named_in_the_settings(client: HTTPConnection, answer: bool) -> None:
    assert allowed(settings(allowed_origins=f"{APP}/"), client) == answer


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_star_lets_every_page_in(origin: str) -> None:
    assert allowed(settings(allowed_origins="*"), page(origin))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://kaikou.example", "kaikou.example"),
        ("https://kaikou.example", "kaikou.example:443"),
        ("https://kaikou.example:8443", "kaikou.example:8443"),
        ("https://kaikou.example", "Kaikou.Example"),
    ],
)
def test_a_proxy_with_a_certificate_on_this_machine_may_pass_its_name_on(origin: str, host: str) -> None:
    assert allowed(settings(), page(origin, host))


def test_a_name_that_was_made_to_point_at_this_machine_is_refused() -> None:
    assert not allowed(settings(), page("http://evil.example:7210", "evil.example:7210"))


@pytest.mark.parametrize(
    "host", ["192.168.1.5:7210", "[fd00::5]:7210", "0.0.0.0:7210", "localhost.:7210", "LOCALHOST:7210"]
)
def test_nobody_can_make_an_address_point_elsewhere(host: str) -> None:
    assert allowed(settings(), page(f"http://{host.lower()}", host))


@pytest.mark.parametrize(
    "host", ["evil.example.", "EVIL.example", "127.0.0.1.evil.example", "2130706433", "localhost.evil.example"]
)
def test_a_name_that_looks_like_this_machine_is_a_name(host: str) -> None:
    assert not allowed(settings(), page(f"http://{host.lower()}:7210", f"{host}:7210"))


def test_an_origin_longer_than_a_name_is_none() -> None:
    with pytest.raises(ValueError, match="no origin"):
        web_origin("http://" + "é" * 254)  # 60 KB of them held the server up for a second


def test_a_server_that_others_reach_is_known_by_any_name() -> None:
    assert allowed(settings(host="0.0.0.0"), page("http://nas.local:7210", "nas.local:7210"))


def test_the_host_that_a_known_proxy_tells_is_ours() -> None:
    told = {PUBLIC_HOSTS: ("kaikou.example", "kaikou.example:8443")}

    assert [
        allowed(settings(), page(origin, "127.0.0.1:7210", **told))
        for origin in ("https://kaikou.example", "https://kaikou.example:8443", "https://kaikou.example:9")
    ] == [True, True, False]


def test_the_log_says_which_origin_was_refused_and_what_to_set() -> None:
    with structlog.testing.capture_logs() as logs:
        allowed(settings(), page("https://kaikou.example", "kaikou:7210", **{UNTRUSTED: "172.18.0.2"}))

    assert logs == [
        {
            "event": "a page of another origin was refused",
            "log_level": "warning",
            "origin": "https://kaikou.example",
            "host": "kaikou:7210",
            "set": "KAIKOU_ALLOWED_ORIGINS=https://kaikou.example",
            "or_set": "KAIKOU_TRUSTED_PROXIES=172.18.0.2",
        }
    ]


def reads(host: str, **headers: str) -> HTTPConnection:
    sent = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return HTTPConnection({"type": "http", "headers": [(name.encode(), text.encode()) for name, text in sent.items()]})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_forwarded_proto": "https"},
        {"x_forwarded_host": "localhost:7210"},
        {"origin": "http://evil.example:7210"},
    ],
)
def test_a_name_that_was_made_to_point_at_this_machine_reads_nothing(headers: dict[str, str]) -> None:
    with pytest.raises(OriginDenied, match="does not go by the name evil"):
        check_not_rebound(settings(), reads("evil.example:7210", **headers))


@pytest.mark.parametrize(
    ("server", "connection"),
    [
        (settings(), reads("localhost:7210")),
        (settings(), reads("127.0.0.1:7210")),
        (settings(), reads("")),  # HTTP/1.0, which no browser speaks
        (
            settings(),
            reads("kaikou.example.org", sec_fetch_site="same-origin"),
        ),  # over https, by a proxy on this machine
        (settings(), reads("kaikou.example.org", origin="https://kaikou.example.org")),
        (settings(allowed_origins="https://kaikou.example.org"), reads("kaikou.example.org")),
        (settings(allowed_origins="http://kaikou.lan:80"), reads("kaikou.lan")),
        (settings(ssl_certfile="own.pem", ssl_keyfile="own.key"), reads("kaikou.example.org")),
        (settings(host="0.0.0.0"), reads("kaikou.example.org")),
    ],
)
def test_a_name_that_a_browser_vouches_for_or_the_settings_know_reads(
    server: ServerSettings, connection: HTTPConnection
) -> None:
    check_not_rebound(server, connection)


async def test_a_page_with_a_rebound_name_gets_nothing_of_a_personal_machine() -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        addresses = ["/api/conversations", "/api/files", "/api/account", "/v1/models", "/metrics"]
        statuses = [(await client.get(at, headers={"Host": "evil.example:7210"})).status_code for at in addresses]

    assert statuses == [403] * len(addresses)
