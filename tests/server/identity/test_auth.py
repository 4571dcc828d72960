from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from starlette.requests import HTTPConnection

from pipeline.errors import SettingError
from server.errors import Unauthorized
from server.identity.auth import holder, presented_key
from server.identity.identity import Identity
from server.identity.principal import OWNER
from server.settings import load_settings
from server.settings.serving import ServerSettings


def connection(*headers: tuple[str, str], subprotocols: tuple[str, ...] = ()) -> HTTPConnection:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return HTTPConnection({"type": "websocket", "headers": raw, "subprotocols": list(subprotocols)})


def encoded(key: str) -> str:
    """As the page sends it."""
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


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
        (connection(("X-Kaikou-Key", encoded('a/b+c== ,"密钥'))), 'a/b+c== ,"密钥'),
        (connection(subprotocols=("realtime", f"kaikou-key.{encoded('密钥')}")), "密钥"),
        (connection(("Authorization", "Basic dXNlcjpwYXNz"), ("X-Kaikou-Key", encoded("sk-page"))), "sk-page"),
        (connection(("X-Kaikou-Key", "A")), ""),
        (connection(("X-Kaikou-Key", "_w")), ""),
        (connection(subprotocols=("openai-insecure-api-key.a/b+c==",)), "a/b+c=="),
        (connection(subprotocols=("openai-insecure-api-key.cl\udce9",)), "clé"),
        (connection(("Authorization", "Bearer clé")), "clé"),
        (connection(("Authorization", "Bearer clÃ©")), "clé"),
        (connection(("api-key", 'two words, and "quotes"')), 'two words, and "quotes"'),
        (connection(("Authorization", "Bearer proxys"), ("X-Kaikou-Key", "a2V5")), "key"),
        (connection(("Authorization", "Bearer proxys"), subprotocols=("realtime", "kaikou-key.a2V5")), "key"),
        (connection(), ""),
    ],
)
def test_a_key_comes_as_a_token_a_header_or_a_subprotocol(client: HTTPConnection, key: str) -> None:
    assert presented_key(client) == key


def test_a_plain_request_without_subprotocols_has_no_key() -> None:
    assert presented_key(HTTPConnection({"type": "http", "headers": []})) == ""


def test_a_key_with_a_comma_in_it_is_written_in_a_list_of_json() -> None:
    server = settings(api_keys='["a,b", "c\\"d"]')

    assert None not in [holder(server, key) for key in ("a,b", 'c"d')]


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ("sk-one,sk\ntwo", "key 2 of 2 has a line break or another control character in it"),
        ('["sk-one", "sk\\u0000two"]', "key 2 of 2 has a line break or another control character in it"),
        ('[" sk-one"]', "key 1 of 1 begins or ends with a blank, which headers do not carry"),
        ('[""]', "key 1 of 1 is empty"),
        ("x" * 5000, "key 1 of 1 is 5000 bytes long; at most 4096 fit a request's header"),
        (",", "it names no key; leave it out to ask for none"),
        ("[]", "it names no key; leave it out to ask for none"),
    ],
)
def test_a_key_that_cannot_be_sent_is_named_at_the_start_but_not_shown(keys: str, fault: str) -> None:
    with pytest.raises(SettingError) as refused:
        settings(api_keys=keys)

    assert refused.value.message == f"The setting server.api_keys (KAIKOU_API_KEYS) is not right: {fault}."


@pytest.mark.parametrize("key", ["", "anything"])
async def test_without_keys_in_the_settings_whoever_comes_is_the_owner(key: str) -> None:
    assert await Identity(settings()).identify(connection(("authorization", f"Bearer {key}"))) == OWNER


async def test_where_a_login_is_required_nobody_is_the_owner() -> None:
    with pytest.raises(Unauthorized) as caught:
        await Identity(settings(), login_required=True).identify(connection())

    assert caught.value.code == "login_required"


@pytest.mark.parametrize("key", ["sk-one", "sk-two", "clé"])
def test_any_of_the_keys_is_right(key: str) -> None:
    principal = holder(settings(api_keys="sk-one, sk-two, clé"), key)

    assert principal is not None
    assert principal.kind == "key"


def test_a_key_is_always_the_same_principal_and_another_key_another() -> None:
    ids = [holder(settings(api_keys=keys), keys[:6]) for keys in ("sk-one,sk-two", "sk-one", "sk-two,sk-one")]

    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)


def test_a_principal_does_not_tell_the_key() -> None:
    assert "sk-one" not in repr(holder(settings(api_keys="sk-one"), "sk-one"))


@pytest.mark.parametrize("key", ["", "sk-on", "sk-one ", "sk-onee", "SK-ONE", "sk-one, sk-two", "cle"])
async def test_a_wrong_key_is_refused_without_a_word_about_the_right_ones(key: str) -> None:
    server = settings(api_keys="sk-one,sk-two,clé")
    assert holder(server, key) is None
    with pytest.raises(Unauthorized) as caught:
        await Identity(server).identify(connection())

    assert (caught.value.code, "sk-" in str(caught.value)) == ("invalid_api_key", False)
