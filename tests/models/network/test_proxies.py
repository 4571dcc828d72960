from __future__ import annotations

import pytest

from models.network.proxies import Proxies, Proxy, ProxyMistake, parsed, with_system_settings

HTTP, HTTPS, ALL = "http://plain.proxy:1", "http://secure.proxy:2", "socks5://every.proxy:3"


def way(url: str, **environment: str) -> str:
    """The proxy that leads to `url`; empty without."""
    return str(Proxies.of(environment).proxy_for(url) or "")


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        ("http://a.example/v1", {"HTTP_PROXY": HTTP, "HTTPS_PROXY": HTTPS}, HTTP),
        ("https://a.example/v1", {"HTTP_PROXY": HTTP, "HTTPS_PROXY": HTTPS}, HTTPS),
        ("HTTPS://A.example/v1", {"https_proxy": HTTPS}, HTTPS),
        ("https://a.example/v1", {"HTTP_PROXY": HTTP}, ""),
        ("https://a.example/v1", {"ALL_PROXY": ALL}, ALL),
        ("http://a.example/v1", {"all_proxy": ALL, "HTTP_PROXY": HTTP}, HTTP),
        ("wss://a.example/v1", {"HTTP_PROXY": HTTP, "HTTPS_PROXY": HTTPS}, HTTPS),
        ("ws://a.example/v1", {"HTTP_PROXY": HTTP}, HTTP),
        ("wss://a.example/v1", {"wss_proxy": ALL, "HTTPS_PROXY": HTTPS}, ALL),
        ("wss://a.example/v1", {"ALL_PROXY": ALL}, ALL),
        ("https://a.example/v1", {"https_proxy": HTTPS, "HTTPS_PROXY": HTTP}, HTTPS),
        ("https://a.example/v1", {"https_proxy": "", "HTTPS_PROXY": HTTPS}, HTTPS),
        ("https://a.example/v1", {"https_proxy": " ", "ALL_PROXY": ""}, ""),
        ("https://a.example/v1", {"https_proxy": "none", "ALL_PROXY": "DIRECT", "HTTPS_PROXY": "direct://"}, ""),
        ("https://a.example/v1", {"Https_Proxy": HTTPS}, HTTPS),
        ("https://a.example/v1", {}, ""),
        ("no address", {"ALL_PROXY": ALL}, ""),
    ],
)
def test_a_proxy_is_chosen_by_the_scheme_of_the_address(url: str, environment: dict[str, str], proxy: str) -> None:
    assert way(url, **environment) == proxy


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:11434/v1",
        "http://LocalHost./v1",
        "http://ollama.localhost/v1",
        "http://127.0.0.1:1",
        "http://127.8.9.10:1",
        "http://0.0.0.0:11434",
        "http://[::1]:8000/v1",
        "http://[::ffff:127.0.0.1]:8000/v1",
        "http://box/v1",
        "https://box.corp.example/v1",
        "https://BOX.corp.example./v1",
        "ws://localhost:9/v1/realtime",
        "http://192.168.1.5:11434",
        "http://10.0.0.8",
        "http://100.101.102.103:11434",
        "http://[fd7a::5]:11434",
        "http://host.docker.internal:11434",
        "http://ollama:11434",
    ],
)
def test_nothing_stands_between_us_and_this_machine_or_its_neighbours(url: str) -> None:
    environment = {"http_proxy": HTTP, "HTTPS_PROXY": HTTPS, "ALL_PROXY": ALL}
    proxies = Proxies.of(environment, own_names=frozenset({"box", "box.corp.example"}))

    assert proxies.proxy_for(url) is None


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("api.example.com", "https://api.example.com/v1", True),
        ("example.com", "https://api.example.com/v1", True),
        (".example.com", "https://api.example.com/v1", True),
        (".example.com", "https://example.com/v1", True),
        ("*.example.com", "https://api.example.com/v1", True),
        ("EXAMPLE.Com.", "https://API.example.com./v1", True),
        ("ample.com", "https://example.com/v1", False),
        ("api.example.com", "https://example.com/v1", False),
        ("*", "https://example.com/v1", True),
        ("example.org, *", "https://example.com/v1", True),
        ("example.org,example.com", "https://example.com/v1", True),
        (" example.org , example.com ", "https://example.com/v1", True),
        ("example.org example.com", "https://example.com/v1", True),
        ("example.org;example.com", "https://example.com/v1", True),
        ("'example.org,example.com'\r\n", "https://example.com/v1", True),
        (",,", "https://example.com/v1", False),
        ("example.com:443", "https://example.com/v1", True),
        ("example.com:443", "wss://example.com/v1", True),
        ("example.com:8443", "https://example.com/v1", False),
        (".example.com:8443", "https://api.example.com:8443/v1", True),
        ("*:8443", "https://api.example.com:8443/v1", True),
        ("https://example.com/", "https://example.com/v1", True),
        ("*api*.example.com", "https://my-api-2.example.com/v1", True),
        ("8.8.8.8", "https://8.8.8.8/v1", True),
        ("8.8.8.8:80", "https://8.8.8.8/v1", False),
        ("8.8.8.0/24", "https://8.8.8.8/v1", True),
        ("8.8.8.77/24", "https://8.8.8.8/v1", True),
        ("8.8.9.0/24", "https://8.8.8.8/v1", False),
        ("8.8.0.0/16", "https://dns.example/v1", False),
        ("8.8.", "https://8.8.8.8/v1", True),
        ("8.8.*", "https://8.8.8.8/v1", True),
        ("8.8.0.0/99", "https://8.8.8.8/v1", False),
        ("2606:4700::1", "https://[2606:4700::1]/v1", True),
        ("[2606:4700::1]", "https://[2606:4700::1]/v1", True),
        ("[2606:4700:0::0001]:443", "https://[2606:4700::1]/v1", True),
        ("[2606:4700::1]:80", "https://[2606:4700::1]/v1", False),
        ("2606:4700::/32", "https://[2606:4700::1]/v1", True),
        ("[2606:4700::]/32", "https://[2606:4700::1]/v1", True),
        ("2606:4701::/32", "https://[2606:4700::1]/v1", False),
    ],
)
def test_what_no_proxy_names_is_reached_directly(no_proxy: str, url: str, direct: bool) -> None:
    assert [way(url, ALL_PROXY=ALL, NO_PROXY=no_proxy), way(url, ALL_PROXY=ALL, no_proxy=no_proxy)] == (
        ["", ""] if direct else [ALL, ALL]
    )


def test_both_spellings_of_no_proxy_count() -> None:
    both = {"ALL_PROXY": ALL, "NO_PROXY": "a.example", "no_proxy": "b.example"}

    assert [way(f"https://{host}.example", **both) for host in "abc"] == ["", "", ALL]


@pytest.mark.parametrize(
    ("value", "url", "shown"),
    [
        ("proxy.example:3128", "http://proxy.example:3128", "http://proxy.example:3128"),
        ("proxy.example", "http://proxy.example:80", "http://proxy.example:80"),
        ("HTTP://Proxy.example:3128/", "http://proxy.example:3128", "http://proxy.example:3128"),
        ("https://proxy.example", "https://proxy.example:443", "https://proxy.example:443"),
        ("socks://127.0.0.1:7891/", "socks5h://127.0.0.1:7891", "socks5://127.0.0.1:7891"),
        ("socks5://127.0.0.1", "socks5h://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("socks5h://[::1]:1080", "socks5h://[::1]:1080", "socks5://[::1]:1080"),
        (' "http://proxy.example:3128"\r\n', "http://proxy.example:3128", "http://proxy.example:3128"),
        ("http://me:s%40crt@p.example:1", "http://me:s%40crt@p.example:1", "http://p.example:1"),
        ("http://me:s@c/r#t?@p.example:1/", "http://me:s%40c%2Fr%23t%3F@p.example:1", "http://p.example:1"),
        ("me:pässwort@p.example:1", "http://me:p%C3%A4sswort@p.example:1", "http://p.example:1"),
        ("http://CORP\\me:pw@p.example:1", "http://CORP%5Cme:pw@p.example:1", "http://p.example:1"),
        ("http://me@p.example:1", "http://me:@p.example:1", "http://p.example:1"),
        ("http://me:s\udcff@p.example:1", "http://me:s%FF@p.example:1", "http://p.example:1"),
        ("http://me:100%@p.example:1", "http://me:100%25@p.example:1", "http://p.example:1"),
    ],
)
def test_an_address_of_a_proxy_is_read_as_people_write_it(value: str, url: str, shown: str) -> None:
    proxy = parsed(value, "HTTPS_PROXY")

    assert (proxy.url_with_login, str(proxy)) == (url, shown)


@pytest.mark.parametrize(
    "value",
    [
        "socks4://proxy.example:1080",
        "socks4a://proxy.example:1080",
        "ftp://proxy.example",
        "pac+https://proxy.example/proxy.pac",
        "http://",
        "http://:3128",
        "http://proxy.example:port",
        "http://proxy.example:99999",
        "http://proxy.example:0",
        "http://proxy example:3128",
        "http://[::1:3128",
        "http:/proxy.example:3128",
        "http://me:s3cret@",
        "ftp://me:s3cret@proxy.example",
        "http://proxy.example/proxy.pac",
        "http://me:s3cret@proxy.example:80/wpad.dat",
        "3128",
        "0",
        "http://me:s3cret@" + "p" * 254,
        "http://me:" + "s3cret" * 1_000 + "@proxy.example",
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable_without_its_value(value: str) -> None:
    environment = {"HTTPS_PROXY": value}
    with pytest.raises(ProxyMistake, match=r"HTTPS_PROXY .*://host:port") as raised:
        Proxies.of(environment).proxy_for("https://a.example")

    assert (raised.value.code, "s3cret" in str(raised.value)) == ("invalid_proxy", False)
    assert list(Proxies.of(environment).mistakes()) == [raised.value.message]


def test_a_mistake_harms_nobody_who_needs_no_proxy() -> None:
    proxies = Proxies.of({"HTTPS_PROXY": "ftp://p", "NO_PROXY": "a.example", "HTTP_PROXY": HTTP})

    assert [str(proxies.proxy_for(url) or "") for url in ("https://a.example", "http://b.example")] == ["", HTTP]


def test_no_password_is_shown_by_what_holds_it() -> None:
    environment = {"HTTPS_PROXY": "http://me:s3cret@p.example:1", "ALL_PROXY": "ftp://me:s3cret@p"}
    proxies = Proxies.of(environment)

    proxy = proxies.proxy_for("https://a.example")
    assert isinstance(proxy, Proxy)
    assert "s3cret" not in f"{proxies!r} {proxy!r} {proxy} {list(proxies.mistakes())}"


def test_another_programs_settings_win_and_no_proxy_holds_for_them_too() -> None:
    proxies = Proxies.of({"HTTPS_PROXY": HTTPS, "NO_PROXY": "a.example"})
    own = proxies.with_own("own.example:3128", "npm's https-proxy", "b.example")

    ways = [str(own.proxy_for(f"https://{host}.example") or "") for host in "abc"]
    assert ways == ["", "", "http://own.example:3128"]
    assert proxies.with_own("", "npm's https-proxy") == proxies


def test_what_macos_and_windows_tell_counts_as_if_it_stood_in_variables() -> None:
    variables = Proxies.of({"NO_PROXY": "a.example"}, frozenset({"box.example"}))
    told = {"http": "http://plain.proxy:1", "socks": "http://every.proxy:3"}
    proxies = with_system_settings(variables, told, lambda host: host == "b.example")

    ways = [proxies.proxy_for(f"{scheme}.example") for scheme in ("http://c", "https://c", "wss://c", "https://a")]
    assert [str(way or "") for way in ways] == [HTTP, ALL, ALL, ""]
    assert [proxies.proxy_for(f"https://{host}.example") for host in ("b", "box")] == [None, None]
    assert {way.variable for way in ways if way} == {"the system's settings"}
