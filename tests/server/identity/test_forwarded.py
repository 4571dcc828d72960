from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.datastructures import Headers

from server.identity.forwarded import PUBLIC_HOSTS, UNTRUSTED, ForwardedHeaders, TrustedProxies, told_by_proxy
from server.settings import load_settings

LOOPBACK, STRANGER = "127.0.0.1", "203.0.113.9"


async def passed_on(
    headers: dict[str, str],
    peer: str = LOOPBACK,
    path: str = "/",
    kind: str = "http",
    query: str = "",
    **environment: str,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The scope that the application gets, empty if none, and what is sent without it."""
    seen: dict[str, Any] = {}
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    async def send(message: Any) -> None:
        sent.append(message)

    server = load_settings({}, {f"KAIKOU_{name.upper()}": value for name, value in environment.items()}).server
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": kind, "client": (peer, 5), "scheme": "http", "path": path, "headers": raw, "method": "GET"}
    await ForwardedHeaders(app, server)({**scope, "query_string": query.encode()}, None, send)  # type: ignore[arg-type]
    return seen, sent


async def scope_of(headers: dict[str, str], *args: Any, **named: Any) -> dict[str, Any]:
    return (await passed_on(headers, *args, **named))[0]


NGINX = {
    "Host": "127.0.0.1:7210",
    "X-Forwarded-For": "198.51.100.1, 10.0.0.3",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "kaikou.example",
    "X-Forwarded-Port": "8443",
    "X-Forwarded-Prefix": "/kaikou",
}


async def test_what_a_proxy_on_this_machine_says_is_believed() -> None:
    scope = await scope_of(NGINX)

    assert [scope[name] for name in ("client", "scheme", "root_path", "path", PUBLIC_HOSTS)] == [
        ("10.0.0.3", 0),
        "https",
        "/kaikou",
        "/kaikou/",
        ("kaikou.example", "kaikou.example:8443"),
    ]


async def test_what_anybody_else_says_is_not() -> None:
    scope = await scope_of(NGINX, STRANGER)

    assert [scope.get(name) for name in ("client", "scheme", "root_path", "path", PUBLIC_HOSTS, UNTRUSTED)] == [
        (STRANGER, 5),
        "http",
        "",
        "/",
        None,
        STRANGER,
    ]


@pytest.mark.parametrize("peer", ["172.18.0.2", "::ffff:172.18.0.2"])
async def test_proxies_that_the_settings_name_are_believed_and_passed_over_in_the_chain(peer: str) -> None:
    scope = await scope_of(NGINX, peer, trusted_proxies="172.16.0.0/12, 10.0.0.0/8")

    assert scope["client"] == ("198.51.100.1", 0)


async def test_a_star_believes_all() -> None:
    assert (await scope_of(NGINX, STRANGER, trusted_proxies="*"))["client"] == ("198.51.100.1", 0)


@pytest.mark.parametrize(
    ("forwarded", "client", "scheme", "host"),
    [
        ('for=198.51.100.1;proto=https;host="kaikou.example:8443"', "198.51.100.1", "https", "kaikou.example:8443"),
        ('For="[2001:db8::1]:5";Proto=HTTPS;Host=kaikou.example', "2001:db8::1", "https", "kaikou.example"),
        (
            "for=6.6.6.6;host=evil.example, for=198.51.100.1;proto=https;host=kaikou.example, for=127.0.0.1;host=inner",
            "198.51.100.1",
            "https",
            "kaikou.example",
        ),
    ],
)
async def test_the_standard_header_is_read_up_to_what_a_stranger_could_have_written(
    forwarded: str, client: str, scheme: str, host: str
) -> None:
    scope = await scope_of({"Host": "127.0.0.1:7210", "Forwarded": forwarded})

    assert (scope["client"], scope["scheme"], scope[PUBLIC_HOSTS]) == ((client, 0), scheme, (host,))


@pytest.mark.parametrize("forwarded", ["", ";;,,", "for", 'for="', "proto=ftp", '",' * 4000, "\xff=\xff"])
async def test_a_header_that_means_nothing_says_nothing(forwarded: str) -> None:
    scope = await scope_of({"Host": "here", "Forwarded": forwarded})

    assert (scope["scheme"], scope["path"], scope[PUBLIC_HOSTS]) == ("http", "/", ("here",))


async def test_a_websocket_behind_https_is_a_secure_one() -> None:
    assert (await scope_of(NGINX, kind="websocket"))["scheme"] == "wss"


@pytest.mark.parametrize("prefix", ['/a"><script>', "/a b", "/../a", "https://evil.example"])
async def test_a_prefix_that_could_mean_something_in_a_page_is_none(prefix: str) -> None:
    assert (await scope_of({"X-Forwarded-Prefix": prefix}))["root_path"] == ""


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/kaikou/v1/models", "/kaikou/v1/models"),
        ("/v1/models", "/kaikou/v1/models"),
        ("//v1/models", "/kaikou/v1/models"),
        ("/", "/kaikou/"),
        ("/kaikou/", "/kaikou/"),
        ("/kaikous", "/kaikou/kaikous"),
    ],
)
async def test_the_path_of_the_site_may_be_stripped_or_not(asked: str, path: str) -> None:
    scope = await scope_of({}, STRANGER, path=asked, root_path="/kaikou/")

    assert (scope["root_path"], scope["path"]) == ("/kaikou", path)


async def test_a_missing_slash_at_the_end_of_the_sites_path_is_added() -> None:
    seen, sent = await passed_on({}, path="/kaikou", query="a=b", root_path="/kaikou")

    assert (seen, sent[0]["status"], dict(sent[0]["headers"])[b"location"]) == ({}, 308, b"/kaikou/?a=b")


@pytest.mark.parametrize("unit", ["a", 'a="', "a=;", 'for="[::1]",', "for=::1, "])
@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host"])
async def test_a_header_as_long_as_a_server_takes_them_holds_nothing_up(name: str, unit: str) -> None:
    async with asyncio.timeout(5):  # one of these took two minutes
        scope = await scope_of({"Host": "here", name: unit * (60_000 // len(unit))})

    assert scope[PUBLIC_HOSTS] == ("here",)


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For"])
async def test_whoever_sends_more_than_is_read_cannot_hide_where_they_are(name: str) -> None:
    theirs, added = ("6.6.6.6, ", "198.51.100.1") if name != "Forwarded" else ("for=6.6.6.6, ", "for=198.51.100.1")
    headers = {"Forwarded": "for=6.6.6.6", name: theirs * 1000 + added}

    assert (await scope_of(headers))["client"] == ("198.51.100.1", 0)


async def test_lines_of_one_header_are_one_list() -> None:
    lines = [(b"forwarded", b"for=198.51.100.1;host=kaikou.example"), (b"forwarded", b"for=127.0.0.1")]

    told = told_by_proxy(Headers(raw=lines), TrustedProxies(["127.0.0.0/8"]))

    assert (told.client, told.host) == ("198.51.100.1", "kaikou.example")


@pytest.mark.parametrize(
    ("asked", "path"), [("/v1/models/", "/v1/models"), ("/v1/realtime/", "/v1/realtime"), ("//", "/")]
)
async def test_a_slash_at_the_end_changes_nothing(asked: str, path: str) -> None:
    assert (await scope_of({}, path=asked))["path"] == path
