from __future__ import annotations

import pytest

from pipeline.errors import SettingError
from server.settings import load_settings


def refusal(variable: str, value: str) -> str:
    with pytest.raises(SettingError) as refused:
        load_settings({}, {variable: value})
    return refused.value.message


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://app.example.org/", "https://app.example.org"),
        ("HTTPS://App.Example.org:443", "https://app.example.org"),
        ("http://app.example.org:80/", "http://app.example.org"),
        ("https://app.example.org:8443/", "https://app.example.org:8443"),
        ("http://app.example.org:443", "http://app.example.org:443"),
        ("wss://app.example.org", "https://app.example.org"),
        ("http://[::1]:7210", "http://[::1]:7210"),
        ("http://[0:0::1]", "http://[::1]"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ("tauri://localhost", "tauri://localhost"),
        ("null", "null"),
        ("file://", "file://"),
        ("*", "*"),
    ],
)
def test_origins_are_kept_as_browsers_write_them(written: str, origin: str) -> None:
    assert load_settings({}, {"KAIKOU_ALLOWED_ORIGINS": written}).server.allowed_origins == (origin,)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("https://a.example/app", "'https://a.example/app' is more than an origin; write https://a.example"),
        ("https://a.example/?b=c", "'https://a.example/?b=c' is more than an origin; write https://a.example"),
        ("https://me:pw@a.example", "'https://me:pw@a.example' is more than an origin; write https://a.example"),
        ("a.example", "'a.example' is no origin; write it with its scheme, such as https://app.example.org"),
        ("a.example:8443", "'a.example:8443' is no origin; write it with its scheme, such as https://app.example.org"),
        *(
            (wrong, f"{wrong!r} is no origin, such as https://app.example.org or http://10.0.0.2:8080")
            for wrong in ("https://", "https://*.example.org", "http://[", "https://a b", "https://a.example:99999")
        ),
    ],
)
def test_what_is_no_origin_is_a_sentence_at_the_start(written: str, fault: str) -> None:
    told = refusal("KAIKOU_ALLOWED_ORIGINS", f"https://right.example,{written}")

    assert told.startswith("The setting server.allowed_origins")
    assert told.endswith(f"(KAIKOU_ALLOWED_ORIGINS) is not right: {fault}.")


@pytest.mark.parametrize(
    ("written", "path"),
    [("/kaikou", "/kaikou"), ("/kaikou/", "/kaikou"), ("kaikou", "/kaikou"), ("/a/b-c/", "/a/b-c"), ("/", "")],
)
def test_the_path_of_a_site_may_be_written_with_slashes_or_without(written: str, path: str) -> None:
    assert load_settings({}, {"KAIKOU_ROOT_PATH": written}).server.root_path == path


@pytest.mark.parametrize("written", ["https://a.example/kaikou", "/a b", "/a/../b", '/a"><script>', "/a?b"])
def test_what_is_no_path_of_a_site_is_a_sentence_at_the_start(written: str) -> None:
    assert refusal("KAIKOU_ROOT_PATH", written).endswith(f"{written!r} is no path of a site, such as /kaikou.")


def test_proxies_are_addresses_and_networks() -> None:
    written = "10.0.0.7, 172.16.5.5/12, fd00::/8, *"

    assert load_settings({}, {"KAIKOU_TRUSTED_PROXIES": written}).server.trusted_proxies == (
        "10.0.0.7/32",
        "172.16.0.0/12",
        "fd00::/8",
        "*",
    )
    assert refusal("KAIKOU_TRUSTED_PROXIES", "nginx").endswith(
        "'nginx' is no address and no network, such as 172.16.0.0/12."
    )
