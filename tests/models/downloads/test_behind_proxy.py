"""Downloads behind a proxy that the environment, pip or npm names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.downloads.catalogue.entry import Source
from models.downloads.download import Access, Downloader
from models.downloads.hubs import hubs
from models.downloads.registries import npm_registry
from models.downloads.store import HubError, WeightsError
from tests.models.hub_server import HubServer, hub_server
from tests.models.network.certificates import Certificate, certificate_for
from tests.models.network.proxy_server import http_proxy, socks_proxy

HOST = "hub.example"
REPOSITORY = "someone/voice"
CONTENT = b"weights" * 30_000
SECRET = "s3cr@t/1"
PLAIN = Access(frozenset({HOST}))
URL = f"http://{HOST}/{REPOSITORY}/releases/download/v1/voice.tar"


@pytest.fixture
def server() -> Iterator[HubServer]:
    with hub_server() as running:
        running.releases[f"{REPOSITORY}/v1"] = {"voice.tar": CONTENT}
        running.repositories[REPOSITORY] = {"model.onnx": CONTENT}
        yield running


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Names a proxy in the environment, in place of those of whoever runs the tests."""
    for scheme in ("http", "https", "all", "no"):
        for spelled in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            monkeypatch.delenv(spelled, raising=False)
    return lambda value: monkeypatch.setenv("ALL_PROXY", value)


def port_of(server: HubServer) -> int:
    return int(server.address.rpartition(":")[2])


def downloader(waits: list[float] | None = None, access: Access = PLAIN) -> Downloader:
    return Downloader(sleep=(waits if waits is not None else []).append, timeout_s=5.0, access=access)


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_a_file_comes_through_a_proxy(
    kind: str, server: HubServer, named: Callable[[str], None], tmp_path: Path
) -> None:
    with (http_proxy if kind == "http" else socks_proxy)({HOST: port_of(server)}, login=f"me:{SECRET}") as proxy:
        named(f"{kind}://me:{SECRET}@{proxy.place}")
        downloader().fetch(URL, tmp_path / "voice.tar", len(CONTENT))

    assert ((tmp_path / "voice.tar").read_bytes(), proxy.asked) == (CONTENT, [f"{HOST}:80"])


@pytest.mark.parametrize("ask", ["size", "text", "sample", "fetch"])
def test_a_proxy_that_wants_a_login_is_named_at_once(ask: str, named: Callable[[str], None], tmp_path: Path) -> None:
    waits: list[float] = []
    with http_proxy({}, login="me:right") as proxy:
        named(proxy.place)
        with pytest.raises(HubError, match="asks for a login") as raised:
            getattr(downloader(waits), ask)(URL, *([tmp_path / "voice.tar"] if ask == "fetch" else []))

    assert (waits, raised.value.message) == (
        [],
        f"{HOST} cannot be reached. The proxy http://{proxy.place} asks for a login: "
        "ALL_PROXY=http://name:password@host:port.",
    )


def test_a_proxy_that_hangs_up_is_tried_again_and_then_named(named: Callable[[str], None], tmp_path: Path) -> None:
    waits: list[float] = []
    with http_proxy({}, fault="closes") as proxy:
        named(f"me:{SECRET}@{proxy.place}")
        with pytest.raises(HubError, match=rf"{HOST} cannot.*hung up") as raised:
            downloader(waits).fetch(URL, tmp_path / "voice.tar")

    assert (len(waits) > 1, proxy.place in str(raised.value), SECRET in str(raised.value)) == (True, True, False)


@pytest.mark.parametrize("hub", ["huggingface", "github"])
def test_no_proxy_comes_between_us_and_a_hub_on_this_machine(
    hub: str, server: HubServer, named: Callable[[str], None]
) -> None:
    if hub == "huggingface":
        pytest.importorskip("huggingface_hub", reason="requirements-models.txt").close_session()
    named("http://127.0.0.1:9")
    source = Source(hub, REPOSITORY, ("voice.tar",) if hub == "github" else ("*",), "v1" if hub == "github" else "main")

    assert hubs([f"{hub}={server.address}"])[hub]().list(source).files


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for(HOST, tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize("kind", ["http", "socks"])
def test_hugging_face_is_reached_through_a_proxy_by_its_own_library(
    kind: str,
    certificate: Certificate,
    named: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = pytest.importorskip("huggingface_hub", reason="requirements-models.txt")
    library.close_session()  # that of the process, which knows the environment as it was
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    with (
        hub_server(certificate.serving) as server,
        (http_proxy if kind == "http" else socks_proxy)({HOST: port_of(server)}) as proxy,
    ):
        server.repositories[REPOSITORY] = {"model.onnx": CONTENT}
        server.address = f"https://{HOST}"
        named(f"{kind}://{proxy.place}/")
        hub = hubs([f"huggingface=https://{HOST}"])["huggingface"]()
        listing = hub.list(Source("huggingface", REPOSITORY, ("*",), "main"))
        hub.fetch(listing, listing.files, tmp_path, lambda: False)

    assert (tmp_path / "model.onnx").read_bytes() == CONTENT
    assert set(proxy.asked) == {f"{HOST}:443"}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (f"socks5://me:{SECRET}@127.0.0.1:9", r"cannot use the SOCKS proxy socks5://127\.0\.0\.1:9 \(ALL_PROXY\)"),
        (f"ftp://me:{SECRET}@127.0.0.1:9", "ALL_PROXY names no kind of proxy"),
    ],
)
def test_what_modelscopes_library_cannot_use_is_told_by_the_proxys_name(
    value: str, told: str, named: Callable[[str], None]
) -> None:
    pytest.importorskip("modelscope_hub", reason="requirements-models.txt")
    named(value)
    with pytest.raises(HubError, match=told) as raised:
        hubs()["modelscope"]().list(Source("modelscope", REPOSITORY, ("*",), "master"))

    assert SECRET not in str(raised.value)


def test_a_certificate_that_is_not_trusted_is_told(certificate: Certificate, named: Callable[[str], None]) -> None:
    with hub_server(certificate.serving) as server, pytest.raises(HubError, match=r"not trusted\. SSL_CERT_FILE=/"):
        Downloader(sleep=[].append).size(f"{server.address}/a")


def test_the_proxy_of_pips_settings_wins_over_the_environments(
    server: HubServer, named: Callable[[str], None], tmp_path: Path
) -> None:
    named("http://127.0.0.1:9")
    with http_proxy({HOST: port_of(server)}) as proxy:
        access = Access(frozenset({HOST}), proxy=proxy.place, no_proxy="direct.example")
        downloader(access=access).fetch(URL, tmp_path / "voice.tar", len(CONTENT))

    assert proxy.asked == [f"{HOST}:80"]


@pytest.mark.parametrize(
    ("npmrc", "environment", "way"),
    [
        ("https-proxy=http://p:1\nnoproxy=a.example\n", {}, ("http://p:1", "a.example")),
        ("proxy=http://p:1\n", {}, ("http://p:1", "")),
        ("proxy=null\nhttps-proxy=false\n", {}, ("", "")),
        ("https-proxy=http://p:1\n", {"npm_config_https_proxy": "http://q:2"}, ("http://q:2", "")),
        ("https-proxy=http://${NAME}:1\n", {"NAME": "p", "NPM_CONFIG_NOPROXY": "b"}, ("http://p:1", "b")),
    ],
)
def test_npms_own_proxy_is_found_in_its_files_and_variables(
    npmrc: str, environment: dict[str, str], way: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".npmrc").write_text(npmrc)
    access = npm_registry(environment, tmp_path, lambda: "https://registry.example").access

    assert (access.proxy, access.no_proxy) == way


def test_a_proxy_of_npms_that_cannot_be_used_is_told_without_its_password(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(f"https-proxy=ftp://me:{SECRET}@p:1\n")
    access = npm_registry({}, tmp_path, lambda: "https://registry.example").access
    with pytest.raises(WeightsError, match="npm's proxy names no kind of proxy") as raised:
        Downloader(access=access).text("https://registry.example/a")

    assert SECRET not in str(raised.value)
