"""Whole pulls of the catalogue's entries, from a server on this machine that has tiny files under their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Thread

import pytest

from models.downloads.catalogue import BY_NAME
from models.downloads.catalogue.entries import SHERPA
from models.downloads.download import Downloader
from models.downloads.files import Hub, Listing, RemoteFile
from models.downloads.hubs import GitHub, hubs
from models.downloads.parts import DOWNLOADS
from models.downloads.pull import DiskFull, Puller, puller
from models.downloads.store import MANIFEST, Stopped, Store, WeightsError
from tests.models.hub_server import HubServer, archive, hub_server, sha

VOICE = {
    "matcha-icefall-en_US-ljspeech/model-steps-3.onnx": b"acoustic" * 20_000,
    "matcha-icefall-en_US-ljspeech/tokens.txt": b"a b",
    "matcha-icefall-en_US-ljspeech/espeak-ng-data/en_dict": b"hello",
    "matcha-icefall-en_US-ljspeech/README.md": b"about",
}
ARCHIVE, VOCODER = "matcha-icefall-en_US-ljspeech.tar.bz2", "vocos-22khz-univ.onnx"
PACKED = archive(VOICE, "w")
"""Not compressed, so that it is large enough to be broken off."""


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.last: tuple[str, int, int] = ("", 0, 0)

    def says(self, line: str) -> None:
        self.lines.append(line)

    def progress(self, doing: str, done: int, total: int) -> None:
        self.last = (doing, done, total)


@pytest.fixture
def server() -> Iterator[HubServer]:
    with hub_server() as running:
        running.releases[f"{SHERPA}/tts-models"] = {
            ARCHIVE: PACKED,
            "checksum.txt": f"{sha(PACKED)} {ARCHIVE}".encode(),
        }
        running.releases[f"{SHERPA}/vocoder-models"] = {VOCODER: b"vocoder" * 9}
        yield running


def reach(server: HubServer) -> Mapping[str, Callable[[], Hub]]:
    """All hubs, at that server, without waits between attempts."""
    mirrors = [f"{name}={server.address}" for name in ("huggingface", "modelscope", "github")]
    downloader = Downloader(sleep=lambda seconds: None)
    return {**hubs(mirrors), "github": lambda: GitHub(server.address, downloader)}


def make(server: HubServer, folder: Path, listener: Listener | None = None, **rest: object) -> Puller:
    return Puller(Store(folder), reach(server), listener or Listener(), **rest)  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


INSTALLED = {
    "model-steps-3.onnx": b"acoustic" * 20_000,
    "tokens.txt": b"a b",
    "espeak-ng-data/en_dict": b"hello",
    VOCODER: b"vocoder" * 9,
}


def test_a_voice_is_fetched_unpacked_checked_and_installed(server: HubServer, tmp_path: Path) -> None:
    listener = Listener()

    assert make(server, tmp_path, listener).pull("matcha-en") is True

    store = Store(tmp_path)
    assert contents(store.path("matcha-en")) == INSTALLED
    assert store.verify("matcha-en") == []
    manifest = store.manifest("matcha-en")
    assert manifest
    assert manifest.sources == (f"github:{SHERPA}@tts-models", f"github:{SHERPA}@vocoder-models")
    assert manifest.unchecked == (VOCODER,), "that release tells no checksums"
    assert not store.part("matcha-en").exists()
    assert listener.last == ("matcha-en", len(PACKED) + 63, len(PACKED) + 63)


def test_what_is_installed_is_not_fetched_again(server: HubServer, tmp_path: Path) -> None:
    make(server, tmp_path).pull("matcha-en")
    asked = len(server.asked)
    listener = Listener()

    assert make(server, tmp_path, listener).pull("matcha-en") is False
    assert (len(server.asked), listener.lines) == (asked, ["matcha-en is installed already."])


def test_a_pull_that_broke_off_is_gone_on_with_by_the_next(server: HubServer, tmp_path: Path) -> None:
    server.faults.cuts[ARCHIVE] = [70_000, *[0] * 5]
    with pytest.raises(WeightsError, match="cannot be reached, or breaks off"):
        make(server, tmp_path).pull("matcha-en")
    assert not Store(tmp_path).has("matcha-en")

    make(server, tmp_path).pull("matcha-en")

    assert contents(Store(tmp_path).path("matcha-en")) == INSTALLED
    assert set(server.fetched(ARCHIVE)) == {0, 70_000}


def test_an_archive_with_a_wrong_checksum_is_fetched_once_more(server: HubServer, tmp_path: Path) -> None:
    server.faults.wrong[ARCHIVE] = [b"\0" * len(PACKED)]
    listener = Listener()

    make(server, tmp_path, listener).pull("matcha-en")

    assert f"matcha-en: {ARCHIVE} arrived damaged; fetching again" in listener.lines
    assert contents(Store(tmp_path).path("matcha-en")) == INSTALLED


def test_a_checksum_that_stays_wrong_installs_nothing(server: HubServer, tmp_path: Path) -> None:
    server.faults.wrong[ARCHIVE] = [b"\0" * len(PACKED)] * 2

    with pytest.raises(
        WeightsError, match=rf"{ARCHIVE} from github:.+ does not match its checksum\. It was not installed"
    ):
        make(server, tmp_path).pull("matcha-en")

    assert not Store(tmp_path).has("matcha-en")
    assert not (Store(tmp_path).part("matcha-en") / DOWNLOADS / ARCHIVE).exists()


def test_a_repository_that_no_longer_has_the_files_installs_nothing(server: HubServer, tmp_path: Path) -> None:
    changed = archive({"x/other.txt": b"1"})
    server.releases[f"{SHERPA}/tts-models"] = {ARCHIVE: changed}

    with pytest.raises(WeightsError, match=r"has no model-steps-\*\.onnx, tokens\.txt, espeak-ng-data/\* \(any more\)"):
        make(server, tmp_path).pull("matcha-en")

    assert Store(tmp_path).names() == []


def test_without_room_nothing_is_fetched(server: HubServer, tmp_path: Path) -> None:
    with pytest.raises(
        DiskFull, match=r"matcha-en needs 250 MB and the disk has 249 MB free\. Make room, or let KAIKOU_W"
    ):
        make(server, tmp_path, free=lambda folder: 249_999_999).pull("matcha-en")

    assert server.fetched(ARCHIVE) == []


def test_two_pulls_at_once_fetch_once(server: HubServer, tmp_path: Path) -> None:
    server.faults.slow_s[ARCHIVE] = 0.001
    listeners = [Listener(), Listener()]
    threads = [Thread(target=make(server, tmp_path, listener).pull, args=("matcha-en",)) for listener in listeners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert server.fetched(ARCHIVE) == [0]
    assert contents(Store(tmp_path).path("matcha-en")) == INSTALLED
    said = sorted(line for listener in listeners for line in listener.lines if "pull" in line or "meanwhile" in line)
    assert said in ([], ["Another pull of matcha-en is under way ...", "matcha-en was installed meanwhile."])


def test_half_of_one_revision_is_not_mixed_with_another(server: HubServer, tmp_path: Path) -> None:
    part = Store(tmp_path).part("matcha-en")
    (part / DOWNLOADS).mkdir(parents=True)
    (part / DOWNLOADS / "origin").write_text("huggingface:elsewhere@old")
    (part / DOWNLOADS / ARCHIVE).write_bytes(b"old")
    (part / "stale.onnx").write_bytes(b"old")

    make(server, tmp_path).pull("matcha-en")

    assert contents(Store(tmp_path).path("matcha-en")) == INSTALLED
    assert server.fetched(ARCHIVE) == [0]


def test_a_file_of_the_right_size_that_nothing_vouches_for_is_fetched_anew(server: HubServer, tmp_path: Path) -> None:
    part = Store(tmp_path).part("matcha-en")
    part.mkdir()
    (part / VOCODER).write_bytes(b"x" * len(INSTALLED[VOCODER]))

    make(server, tmp_path).pull("matcha-en")

    assert contents(Store(tmp_path).path("matcha-en")) == INSTALLED


@pytest.mark.parametrize("line", ["matcha-en: unpacking", "matcha-en: writing down"])
def test_a_stop_is_heeded_while_an_archive_is_unpacked_and_while_files_are_hashed(
    line: str, server: HubServer, tmp_path: Path
) -> None:
    listener = Listener()

    def stopped() -> bool:
        return any(said.startswith(line) for said in listener.lines)

    with pytest.raises(Stopped):
        make(server, tmp_path, listener, stopped=stopped).pull("matcha-en")
    make(server, tmp_path).pull("matcha-en")

    assert contents(Store(tmp_path).path("matcha-en")) == INSTALLED
    assert server.fetched(ARCHIVE) == [0]


def test_an_unknown_name_tells_the_known_ones(server: HubServer, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"There are no weights called 'koko'; known: whisper-base, "):
        make(server, tmp_path).pull("koko")


# --- Several hubs -------------------------------------------------------------------------------------------------------


class Shelves:
    """A hub that has files at hand, or is out of reach."""

    def __init__(self, files: Mapping[str, bytes] | None) -> None:
        self._files = files
        self.asked = 0

    def list(self, source: object) -> Listing:
        self.asked += 1
        if self._files is None:
            raise WeightsError("out of reach.")
        found = tuple(RemoteFile(path, len(content), sha(content)) for path, content in self._files.items())
        return Listing(source, "1", found)  # type: ignore[arg-type]

    def sample(self, file: RemoteFile) -> None:
        pass

    def fetch(self, listing: object, files: object, folder: Path, stopped: object) -> None:
        for path, content in (self._files or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)


PARAFORMER = {"model.pt": b"1", "config.yaml": b"2", "am.mvn": b"3", "tokens.json": b"4"}


def from_shelves(folder: Path, prefer: str = "", **shelves: Shelves) -> Puller:
    return Puller(Store(folder), {name: lambda hub=hub: hub for name, hub in shelves.items()}, Listener(), prefer)


def test_where_the_first_hub_is_out_of_reach_the_next_one_is_asked(tmp_path: Path) -> None:
    away, near = Shelves(None), Shelves(PARAFORMER)

    from_shelves(tmp_path, modelscope=away, huggingface=near).pull("funasr-paraformer")

    assert contents(Store(tmp_path).path("funasr-paraformer")) == PARAFORMER
    manifest = Store(tmp_path).manifest("funasr-paraformer")
    assert manifest
    assert manifest.sources == ("huggingface:funasr/paraformer-zh-streaming@1",)


def test_a_hub_that_has_lost_the_files_is_passed_over(tmp_path: Path) -> None:
    from_shelves(tmp_path, modelscope=Shelves({}), huggingface=Shelves(PARAFORMER)).pull("funasr-paraformer")

    assert Store(tmp_path).has("funasr-paraformer")


def test_a_preferred_hub_is_the_only_one_asked(tmp_path: Path) -> None:
    first, preferred = Shelves(PARAFORMER), Shelves(None)

    with pytest.raises(WeightsError, match="out of reach"):
        from_shelves(tmp_path, "huggingface", modelscope=first, huggingface=preferred).pull("funasr-paraformer")
    assert (first.asked, preferred.asked) == (0, 1)


def test_a_hub_that_has_not_got_it_names_those_that_have(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="smart-turn is not at modelscope, but at huggingface"):
        from_shelves(tmp_path, "modelscope", modelscope=Shelves({})).pull("smart-turn")


def test_a_hub_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="There is no hub 'gitlab', only huggingface, modelscope, github, pypi, npm"):
        puller(tmp_path, (), "gitlab", Listener())


def test_a_file_that_is_not_the_one_that_was_hashed_is_refused_whatever_the_hub_says(tmp_path: Path) -> None:
    [name] = BY_NAME["smart-turn"].needs

    with pytest.raises(WeightsError, match="does not match its checksum"):
        from_shelves(tmp_path, huggingface=Shelves({name: b"other"})).pull("smart-turn")
    assert Store(tmp_path).names() == []
