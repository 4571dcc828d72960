from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.downloads.download import LEAST, TRIES, Access, Downloader, checked_url
from models.downloads.store import HubError, WeightsError
from tests.models.hub_server import HubServer, hub_server

CONTENT = bytes(range(256)) * 1200
"""307 kB, so that halves of it are more than the least that counts as progress."""
NAME = "voice.bin"


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as running:
        running.repositories["a/b"] = {NAME: CONTENT}
        yield running


class Waits(list[float]):
    """Takes note of how long was to be waited, and does not."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def url(hub: HubServer, name: str = NAME) -> str:
    return f"{hub.address}/a/b/resolve/main/{name}"


def fetch(hub: HubServer, path: Path, size: int = len(CONTENT)) -> bytes:
    Downloader(sleep=Waits()).fetch(url(hub), path, size)
    return path.read_bytes()


def test_a_file_arrives_whole_and_nothing_else_is_left(hub: HubServer, tmp_path: Path) -> None:
    assert fetch(hub, tmp_path / "in" / "voice") == CONTENT
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["voice"]


def test_a_broken_connection_is_taken_up_where_it_broke(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.cuts[NAME] = [100_000, 100_000]

    assert fetch(hub, tmp_path / "voice") == CONTENT
    assert hub.fetched(NAME) == [0, 100_000, 200_000]


def test_what_an_earlier_run_left_is_gone_on_with(hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "voice").write_bytes(CONTENT[:5000])

    assert fetch(hub, tmp_path / "voice") == CONTENT
    assert hub.fetched(NAME) == [5000]


def test_what_is_there_already_is_not_asked_for(hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "voice").write_bytes(CONTENT)

    assert fetch(hub, tmp_path / "voice") == CONTENT
    assert hub.asked == []


def test_a_server_without_ranges_sends_all_again_and_it_is_not_appended(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.plain = {NAME}
    hub.faults.cuts[NAME] = [100_000]

    assert fetch(hub, tmp_path / "voice") == CONTENT


def test_a_file_that_changed_at_the_server_is_begun_anew(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.cuts[NAME] = [100_000]
    hub.faults.etags[NAME] = '"old"'

    def changes(seconds: float) -> None:
        hub.faults.etags[NAME] = '"new"'

    Downloader(sleep=changes).fetch(url(hub), tmp_path / "voice", len(CONTENT))

    assert (tmp_path / "voice").read_bytes() == CONTENT
    assert hub.fetched(NAME) == [0, 0]


def test_more_here_than_there_is_thrown_away(hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "voice").write_bytes(b"x" * 400_000)

    assert fetch(hub, tmp_path / "voice", size=0) == CONTENT


def test_an_overloaded_server_is_asked_again_later(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.statuses[NAME] = [503, 429, 502]
    waits = Waits()

    Downloader(sleep=waits).fetch(url(hub), tmp_path / "voice", len(CONTENT))

    assert (tmp_path / "voice").read_bytes() == CONTENT
    assert waits == [2.0, 4.0, 8.0]


def test_a_server_that_keeps_breaking_off_is_given_up_and_what_came_is_kept(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.cuts[NAME] = [10] * 20

    with pytest.raises(HubError, match=r"^127\.0\.0\.1 cannot be reached, or breaks off\.$"):
        fetch(hub, tmp_path / "voice")

    assert (tmp_path / "voice").read_bytes() == CONTENT[: 10 * TRIES]
    assert len(hub.asked) == TRIES


def test_a_server_that_sends_the_same_again_and_again_is_given_up(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.plain.add(NAME)
    hub.faults.cuts[NAME] = [100_000, 10] * 20

    with pytest.raises(HubError, match="cannot be reached, or breaks off"):
        fetch(hub, tmp_path / "voice")

    assert len(hub.asked) == 1 + TRIES


@pytest.mark.parametrize("noted", [b"\xff\xfe", b"\0\0\n"])
def test_a_damaged_note_of_an_earlier_run_does_not_matter(noted: bytes, hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "voice").write_bytes(CONTENT[:5000])
    (tmp_path / "voice.etag").write_bytes(noted)

    assert fetch(hub, tmp_path / "voice") == CONTENT


def test_a_tag_that_cannot_be_sent_back_is_left_out(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.etags[NAME] = '"é"'
    hub.faults.cuts[NAME] = [100_000]

    assert fetch(hub, tmp_path / "voice") == CONTENT


def test_a_trickle_is_as_good_as_nothing(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.slow_s[NAME] = 0.02  # pieces that come together would be large
    clock = iter(range(0, 10**9, 50))  # every piece takes 50 s

    with pytest.raises(WeightsError, match="cannot be reached, or breaks off"):
        Downloader(sleep=Waits(), clock=lambda: float(next(clock))).fetch(url(hub), tmp_path / "voice", len(CONTENT))

    assert len(hub.asked) == TRIES
    assert (tmp_path / "voice").stat().st_size < TRIES * LEAST


def test_a_server_that_falls_silent_is_left_after_the_timeout(tmp_path: Path) -> None:
    waits = Waits()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        downloader = Downloader(sleep=waits, timeout_s=0.05)
        with pytest.raises(WeightsError, match="cannot be reached"):
            downloader.fetch(f"http://127.0.0.1:{deaf.getsockname()[1]}/x", tmp_path / "x")

    assert len(waits) == TRIES - 1


def test_a_longer_file_than_announced_is_not_taken(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="turned out longer than announced"):
        fetch(hub, tmp_path / "voice", size=1000)


def test_a_missing_file_is_told_at_once(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"There is no http://127\.0\.0\.1:\d+/a/b/resolve/main/gone \(any more\)"):
        Downloader(sleep=Waits()).fetch(url(hub, "gone"), tmp_path / "gone", 1)

    assert len(hub.asked) == 1


def test_size_and_text_are_asked_for_with_redirects(hub: HubServer) -> None:
    hub.releases["k/s/v1"] = {"checksum.txt": b"abc  one\n"}
    address = f"{hub.address}/k/s/releases/download/v1"
    downloader = Downloader(sleep=Waits())

    assert downloader.size(f"{address}/checksum.txt") == 9
    assert downloader.text(f"{address}/checksum.txt") == "abc  one\n"
    assert downloader.text(f"{address}/none.txt") == ""


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_server_that_answers_to_get_alone_tells_the_size_all_the_same(status: int, hub: HubServer) -> None:
    hub.faults.no_head[NAME] = status

    assert Downloader(sleep=Waits()).size(url(hub)) == len(CONTENT)


def test_a_server_that_refuses_get_too_is_told(hub: HubServer) -> None:
    hub.faults.no_head[NAME], hub.faults.statuses[NAME] = 403, [403]

    with pytest.raises(WeightsError, match="status 403"):
        Downloader(sleep=Waits()).size(url(hub))


def test_logins_and_proxies_are_not_shown_by_what_holds_them() -> None:
    access = Access(logins={"a.example": "Basic s3cret"}, proxy="http://me:s3cret@p")

    assert "s3cret" not in repr(Downloader(access=access))


def test_a_redirect_away_from_https_is_not_followed(hub: HubServer, tmp_path: Path) -> None:
    hub.releases["k/s/v1"] = {NAME: CONTENT}
    hub.elsewhere = "http://weights.example"

    with pytest.raises(WeightsError, match=r"over https only, not from http://weights\.example"):
        Downloader(sleep=Waits()).fetch(f"{hub.address}/k/s/releases/download/v1/{NAME}", tmp_path / "voice")


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("https://hub.example/a", True),
        ("http://127.0.0.1:80/a", True),
        ("http://localhost/a", True),
        ("http://[::1]:8080/", True),
        ("http://hub.example/a", False),
        ("http://127.0.0.1.example/a", False),
        ("ftp://hub.example/a", False),
        ("file:///etc/passwd", False),
        ("https:///a", False),
        ("", False),
    ],
)
def test_only_https_and_this_machine_are_asked(address: str, fine: bool) -> None:
    if fine:
        assert checked_url(address) == address
    else:
        with pytest.raises(WeightsError, match="over https only"):
            checked_url(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://h\0st/",
        "https://h/\1",
        f"https://{'a' * 70}.example/",
        "https://.../",
        "https://h/\ud800",
        "https://h/" + "a" * 70_000,
    ],
)
def test_what_no_server_can_be_asked_by_is_no_address(address: str) -> None:
    with pytest.raises(WeightsError, match="is no address"):
        checked_url(address)


def test_a_redirect_to_what_is_no_address_is_an_error_of_the_source(hub: HubServer) -> None:
    hub.releases["a/b/v1"], hub.elsewhere = {NAME: CONTENT}, f"https://{'a' * 70}.example"

    with pytest.raises(WeightsError, match="is no address"):
        Downloader(sleep=Waits()).size(f"{hub.address}/a/b/releases/download/v1/{NAME}")


@pytest.mark.parametrize("host", ["host:bad", "[bad", "host:99999"])
@pytest.mark.parametrize("login", ["me:s3cret", "me:s3cret/x", "me:#s3cret", ":s3cret"])
def test_an_address_that_is_none_is_told_without_its_password(login: str, host: str) -> None:
    with pytest.raises(WeightsError) as refused:
        checked_url(f"ftp://{login}@{host}/simple?key=s3cret")

    assert "s3cret" not in refused.value.message
