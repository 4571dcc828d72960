from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from server.errors import Unauthorized
from server.identity.auth import identify, origin_allowed, presented_key
from server.identity.principal import OWNER
from server.settings import load_settings
from server.settings.serving import ServerSettings


def connection(*headers: tuple[str, str], subprotocols: tuple[str, ...] = ()) -> HTTPConnection:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return HTTPConnection({"type": "websocket", "headers": raw, "subprotocols": list(subprotocols)})


def settings(**environment: str) -> ServerSettings:
    return load_settings({}, {f"KAIKOU_{name.upper()}": value for name, value in environment.items()}).server


BEARER = ("Authorization", "Bearer sk-bearer")
API_KEY = ("api-key", "sk-header")
OFFERED = ("realtime", "openai-insecure-api-key.sk-offered", "openai-agents-sdk.1")


@pytest.mark.parametrize(
    ("client", "key"),
    [
        (connection(BEARER), "sk-bearer"),
        (connection(("authorization", "bearer  sk-bearer ")), "sk-bearer"),
        (connection(API_KEY), "sk-header"),
        (connection(subprotocols=OFFERED), "sk-offered"),
        (connection(BEARER, API_KEY, subprotocols=OFFERED), "sk-bearer"),
        (connection(API_KEY, subprotocols=OFFERED), "sk-header"),
        (connection(("Authorization", "Basic dXNlcjpwYXNz"), API_KEY), "sk-header"),
        (connection(("Authorization", "Bearer "), API_KEY), "sk-header"),
        (connection(("Authorization", "sk-bearer")), ""),
        (connection(subprotocols=("realtime",)), ""),
        (connection(), ""),
    ],
)
def test_a_key_comes_as_a_token_a_header_or_a_subprotocol(client: HTTPConnection, key: str) -> None:
    assert presented_key(client) == key


def test_a_plain_request_without_subprotocols_has_no_key() -> None:
    assert presented_key(HTTPConnection({"type": "http", "headers": []})) == ""


@pytest.mark.parametrize("key", ["", "anything"])
def test_without_keys_in_the_settings_whoever_comes_is_the_owner(key: str) -> None:
    assert identify(settings(), key) == OWNER


@pytest.mark.parametrize("key", ["sk-one", "sk-two", "clé"])
def test_any_of_the_keys_is_right(key: str) -> None:
    assert identify(settings(api_keys="sk-one, sk-two, clé"), key).kind == "key"


def test_a_key_is_always_the_same_principal_and_another_key_another() -> None:
    ids = [identify(settings(api_keys=keys), keys[:6]).id for keys in ("sk-one,sk-two", "sk-one", "sk-two,sk-one")]

    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)


def test_a_principal_does_not_tell_the_key() -> None:
    assert "sk-one" not in repr(identify(settings(api_keys="sk-one"), "sk-one"))


@pytest.mark.parametrize("key", ["", "sk-on", "sk-one ", "sk-onee", "SK-ONE", "sk-one, sk-two", "cle"])
def test_a_wrong_key_is_refused_without_a_word_about_the_right_ones(key: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        identify(settings(api_keys="sk-one,sk-two,clé"), key)

    assert (caught.value.code, "sk-" in str(caught.value)) == ("invalid_api_key", False)


HERE = ("Host", "localhost:7210")


@pytest.mark.parametrize(
    ("client", "allowed"),
    [
        (connection(HERE), True),
        (connection(HERE, ("Origin", "http://localhost:7210")), True),
        (connection(HERE, ("Origin", "https://localhost:7210")), True),
        (connection(HERE, ("Origin", "https://app.example.org")), True),
        (connection(HERE, ("Origin", "http://localhost:8000")), False),
        (connection(HERE, ("Origin", "http://localhost")), False),
        (connection(HERE, ("Origin", "https://evil.example")), False),
        (connection(HERE, ("Origin", "https://app.example.org.evil.example")), False),
        (connection(HERE, ("Origin", "http://app.example.org")), False),
        (connection(HERE, ("Origin", "null")), False),
        (connection(HERE, ("Origin", "")), False),
        (connection(HERE, ("Origin", "http://[")), False),
        (connection(("Origin", "null")), False),
    ],
)
def test_pages_may_connect_that_are_ours_or_named_in_the_settings(client: HTTPConnection, allowed: bool) -> None:
    assert origin_allowed(settings(allowed_origins="https://app.example.org"), client) == allowed


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_star_lets_every_page_in(origin: str) -> None:
    assert origin_allowed(settings(allowed_origins="*"), connection(HERE, ("Origin", origin)))
