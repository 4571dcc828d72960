"""The folder of weights, and archives taken apart into it."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
from pathlib import Path
from threading import Event, Thread

import pytest

from models.downloads.catalogue import BY_NAME
from models.downloads.store import MANIFEST, Store, WeightsError, sha256, size_of
from models.downloads.unpack import unpack
from pipeline.engines.weights import Weights
from tests.models.hub_server import archive, sha

ENTRY = BY_NAME["zipformer-zh-en"]


class Killed:
    """Ends what is done within it at the call number `at` of a function of Python's, as a killed process ends there."""

    class Kill(BaseException):
        pass

    def __init__(self, module: object, name: str, at: int = 1) -> None:
        self._module, self._name, self._left = module, name, at
        self._real = getattr(module, name)

    def __enter__(self) -> None:
        setattr(self._module, self._name, self._call)

    def _call(self, *told: object, **named: object) -> object:
        self._left -= 1
        if not self._left:
            raise self.Kill
        return self._real(*told, **named)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        setattr(self._module, self._name, self._real)
        return kind is self.Kill


def filled(folder: Path) -> Store:
    """A store with one entry of two files."""
    store = Store(folder / "weights")
    part = store.part(ENTRY.name)
    (part / "data").mkdir(parents=True)
    (part / ".downloads").mkdir()
    (part / ".downloads" / "origin").write_text("where")
    (part / "tokens.txt").write_bytes(b"tokens")
    (part / "data" / "model.onnx").write_bytes(b"weights")
    store.install(ENTRY, ("github:a/b@v1",), ("tokens.txt",))
    return store


def test_installing_leaves_the_files_and_a_manifest_of_them(tmp_path: Path) -> None:
    store = filled(tmp_path)
    folder = store.path(ENTRY.name)

    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "data/model.onnx",
        MANIFEST,
        "tokens.txt",
    ]
    manifest = store.manifest(ENTRY.name)
    assert manifest
    assert {name: (file.size, file.sha256) for name, file in manifest.files.items()} == {
        "data/model.onnx": (7, sha(b"weights")),
        "tokens.txt": (6, sha(b"tokens")),
    }
    assert (manifest.entry, manifest.sources, manifest.unchecked) == (ENTRY.name, ("github:a/b@v1",), ("tokens.txt",))
    assert manifest.date.endswith("+00:00")


def test_only_whole_entries_count_as_installed(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.part("kokoro").mkdir()
    (store.folder / ".gone-matcha-en").mkdir()
    (store.folder / "my-own").mkdir()

    assert store.names() == ["my-own", ENTRY.name]
    assert store.weights() == [
        Weights(ENTRY.name, "sherpa", "recognizer", store.path(ENTRY.name), ("zh", "en"), ("sherpa_onnx",), rank=20)
    ]


def test_an_empty_store_has_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    store = Store(tmp_path / "weights")

    assert (store.names(), store.weights(), store.has("kokoro")) == ([], [], False)
    assert not store.folder.exists()


def test_verifying_tells_each_file_that_is_not_as_it_was(tmp_path: Path) -> None:
    store = filled(tmp_path)
    assert store.verify(ENTRY.name) == []

    model, tokens = store.path(ENTRY.name) / "data" / "model.onnx", store.path(ENTRY.name) / "tokens.txt"
    model.write_bytes(b"weightz")
    tokens.unlink()
    assert store.verify(ENTRY.name) == ["data/model.onnx has other content", "tokens.txt is missing"]

    model.write_bytes(b"weight")
    tokens.write_bytes(b"tokens")
    assert store.verify(ENTRY.name) == ["data/model.onnx has 6 bytes instead of 7"]


def test_what_was_put_there_by_hand_cannot_be_verified_but_used(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.path("kokoro").mkdir()

    with pytest.raises(WeightsError, match="put there by hand"):
        store.verify("kokoro")
    assert [weights.name for weights in store.weights()] == ["kokoro"]


@pytest.mark.parametrize("text", ["{", "[]", '{"entry": "x"}', '{"files": 3}', '{"files": {"a": 1}}'])
def test_a_damaged_manifest_names_the_way_out(tmp_path: Path, text: str) -> None:
    store = filled(tmp_path)
    (store.path(ENTRY.name) / MANIFEST).write_text(text)

    with pytest.raises(WeightsError, match=f"is damaged: python3 run.py models remove {ENTRY.name}, then"):
        store.verify(ENTRY.name)


def test_removing_frees_what_is_installed_and_what_was_begun(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.part(ENTRY.name).mkdir()
    (store.part(ENTRY.name) / "half").write_bytes(b"12345")
    size = size_of(store.path(ENTRY.name))

    assert store.remove(ENTRY.name) == size + 5
    assert [path.name for path in store.folder.iterdir()] == [f".{ENTRY.name}.lock"]
    with pytest.raises(WeightsError, match="is not installed"):
        store.remove(ENTRY.name)


def test_what_a_killed_removal_left_keeps_no_later_one_from_removing(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with Killed(shutil, "rmtree"):
        store.remove(ENTRY.name)
    filled(tmp_path)
    store.remove(ENTRY.name)

    assert [path.name for path in store.folder.iterdir()] == [f".{ENTRY.name}.lock"]


def test_what_was_installed_while_the_removal_waited_is_removed(tmp_path: Path) -> None:
    store, part = Store(tmp_path / "weights"), Store(tmp_path / "weights").part(ENTRY.name)
    part.mkdir(parents=True)
    removal = Thread(target=store.remove, args=[ENTRY.name])
    with store.locked(ENTRY.name):
        removal.start()
        removal.join(0.3)  # it waits for the lock
        filled(tmp_path)
    removal.join(30)

    assert [path.name for path in store.folder.iterdir()] == [f".{ENTRY.name}.lock"]


@pytest.mark.parametrize("kill", ["replace", "rename"])
def test_an_installation_that_is_killed_is_whole_or_has_lost_nothing(kill: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "weights")
    with Killed(os, "replace", 2 if kill == "replace" else 3):
        filled(tmp_path)

    left = store.part(ENTRY.name) if kill == "replace" else store.path(ENTRY.name)
    assert (left / ".downloads" / "origin").read_text() == "where"
    assert (left / "tokens.txt").is_file()


@pytest.mark.parametrize("name", ["", "..", "a/b", "../x", "A", ".hidden", "-x", "x" * 65, "x\n"])
def test_a_name_that_is_no_name_reaches_no_path(tmp_path: Path, name: str) -> None:
    for use in (Store(tmp_path).has, Store(tmp_path).verify, Store(tmp_path).remove, Store(tmp_path).part):
        with pytest.raises(WeightsError, match="cannot be the name of weights"):
            use(name)


def test_whoever_comes_second_waits_for_the_lock_and_hears_so(tmp_path: Path) -> None:
    store, waits, order = Store(tmp_path), Event(), []

    def second() -> None:
        with store.locked("kokoro", waiting=waits.set):
            order.append("second")

    with store.locked("kokoro"):
        thread = Thread(target=second)
        thread.start()
        assert waits.wait(10)
        order.append("first")
    thread.join(10)

    assert order == ["first", "second"]


def test_a_lock_that_is_never_let_go_is_given_up(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with (
        store.locked("kokoro"),
        pytest.raises(WeightsError, match="Another pull of kokoro is still under way"),
        store.locked("kokoro", wait_s=0.0),
    ):
        pass


def test_a_hash_is_told_a_megabyte_at_a_time(tmp_path: Path) -> None:
    content = b"x" * ((1 << 20) + 7)
    (tmp_path / "file").write_bytes(content)
    heard: list[int] = []

    assert sha256(tmp_path / "file", heard.append) == sha(content)
    assert heard == [1 << 20, 7]


# --- Archives -----------------------------------------------------------------------------------------------------------


def packed(tmp_path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w:bz2") -> Path:
    """An archive of members as they are given, however wrong."""
    path = tmp_path / "archive.tar.bz2"
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def special(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_is_unpacked_without_its_top_folder(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "voice.tar"
    path.write_bytes(
        archive({"voice/model.onnx": b"1", "./voice/data/en": b"2", "voice/README.md": b"3", "top": b"4"}, mode)
    )

    unpack(path, tmp_path / "out", skip=("README*",))

    found = {
        file.relative_to(tmp_path / "out").as_posix(): file.read_bytes() for file in (tmp_path / "out").rglob("*.*")
    }
    assert found == {"model.onnx": b"1"}
    assert (tmp_path / "out" / "data" / "en").read_bytes() == b"2"
    assert (tmp_path / "out" / "top").read_bytes() == b"4"


@pytest.mark.parametrize("name", ["../evil", "voice/../../evil", "/etc/evil", "voice/..\\evil", "c:/evil"])
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path, (tarfile.TarInfo(name), b"evil"))

    with pytest.raises(WeightsError, match="a path that leads elsewhere"):
        unpack(path, tmp_path / "in" / "out")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = packed(
        tmp_path, (special("voice/link", kind, "../../../etc/passwd"), b""), (tarfile.TarInfo("voice/link/x"), b"1")
    )

    with pytest.raises(WeightsError, match="something other than plain files"):
        unpack(path, tmp_path / "out")


def test_an_archive_that_swells_is_stopped_at_the_bound(tmp_path: Path) -> None:
    path = packed(tmp_path, (tarfile.TarInfo("voice/bomb"), b"\0" * 5_000_000))
    assert path.stat().st_size < 5_000

    with pytest.raises(WeightsError, match="holds more than it may"):
        unpack(path, tmp_path / "out", largest=2_000_000)
    assert size_of(tmp_path / "out") <= 2_000_000


def test_a_damaged_archive_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "voice.tar.bz2"
    whole = archive({"voice/model.onnx": bytes(range(256)) * 4_000})
    for content in (whole[: len(whole) // 2], b"no archive at all", b""):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=r"voice\.tar\.bz2 is damaged"):
            unpack(path, tmp_path / "out")


@pytest.mark.parametrize(
    "names",
    [("v/a", "v/a/b"), ("v/a/b", "v/a"), ("v/" + "a" * 300,), ("v/" + "a/" * 2500 + "b",)],
    ids=["below", "above", "long", "deep"],
)
def test_an_archive_of_paths_that_no_disk_can_hold_is_damaged(names: tuple[str, ...], tmp_path: Path) -> None:
    path = packed(tmp_path, *((tarfile.TarInfo(name), b"1") for name in names))

    with pytest.raises(WeightsError, match="is damaged"):
        unpack(path, tmp_path / "out")


def test_what_would_lie_on_the_stores_own_files_is_not_unpacked(tmp_path: Path) -> None:
    names = (
        ".",
        "v/.downloads/parts.json",
        "v/manifest.json",
        "v/manifest.json/x",
        "v/data/manifest.json",
        "v/model",
    )
    path = packed(tmp_path, *((tarfile.TarInfo(name), b"1") for name in names))

    unpack(path, tmp_path / "out")

    found = (file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*") if file.is_file())
    assert sorted(found) == ["data/manifest.json", "model"]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_an_archive_of_nothing_but_descriptions_is_refused(kind: bytes, tmp_path: Path) -> None:
    described, endless = special("v", kind), special("v", kind)
    described.size, endless.size = 6, 600_000_000
    one = described.tobuf(tarfile.GNU_FORMAT) + b"6 a=b\n".ljust(512, b"\0")
    for content in (one * 5_000, endless.tobuf(tarfile.GNU_FORMAT) + bytes(100_000)):
        path = tmp_path / "voice.tar.gz"
        path.write_bytes(gzip.compress(content))
        with pytest.raises(WeightsError, match=r"is damaged|too great a length"):
            unpack(path, tmp_path / "out")


def test_a_disk_that_takes_no_file_so_large_is_not_the_archives_fault(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of files are Unix's")
    path, limits = (
        packed(tmp_path, (tarfile.TarInfo("v/a"), bytes(3_000_000))),
        resource.getrlimit(resource.RLIMIT_FSIZE),
    )
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            unpack(path, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
