"""What is handed to `restore` and is no backup, or no longer one: refused, and nothing has changed."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from server.settings.keeping import StorageSettings
from server.storage.backup.archive import MANIFEST, BackupError
from server.storage.backup.backup import back_up
from server.storage.backup.restore import examine, restore
from server.storage.tables.accounts import people
from tests.server.storage.backup.keeping import Kept, kept_in, no_progress

pytestmark = pytest.mark.asyncio(loop_scope="module")

Members = dict[str, tuple[tarfile.TarInfo, bytes]]
Change = Callable[[Members], None]

PEOPLE = "tables/people/000001.jsonl.gz"
RECORDING = "objects/recordings/conv_1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kept]:
    async with kept_in(StorageSettings(folder=tmp_path_factory.mktemp("data"))) as kept:
        await kept.fill()
        yield kept


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def good(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good backup, of an earlier moment than the one that must not change."""
    file = tmp_path_factory.mktemp("backups") / "good.tar"
    await back_up(kept.database, kept.objects, file, no_progress)
    await kept.change()
    return file


async def assert_refused(kept: Kept, file: Path, says: str) -> None:
    before = await kept.everything()
    with pytest.raises(BackupError, match=says):
        await restore(kept.database, kept.objects, file, examine(file, no_progress), no_progress)
    assert await kept.everything() == before


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def added(name: str, type: bytes = tarfile.REGTYPE, linkname: str = "") -> Change:
    def change(members: Members) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = type, linkname
        members[name] = (info, b"")

    return change


def replaced(name: str, content: bytes, *, and_told: bool = True) -> Change:
    """A member with other content, of which the manifest says what is true."""

    def change(members: Members) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        members[name] = (info, content)
        if and_told:
            told({"members": {name: {"bytes": len(content), "sha256": sha256(content).hexdigest()}}})(members)

    return change


def told(what: dict[str, object]) -> Change:
    """A manifest that says this instead; tables and members are put to those that are there."""

    def change(members: Members) -> None:
        info, content = members[MANIFEST]
        manifest = orjson.loads(content)
        for key, value in what.items():
            manifest[key] = {**manifest[key], **value} if isinstance(value, dict) else value
        content = orjson.dumps(manifest)
        info.size = len(content)
        members[MANIFEST] = (info, content)

    return change


def without(name: str) -> Change:
    return lambda members: members.__delitem__(name)


def zeros(mib: int) -> bytes:
    packing = zlib.compressobj(wbits=31)
    return b"".join(packing.compress(bytes(1 << 20)) for _ in range(mib)) + packing.flush()


def packed(*rows: object) -> bytes:
    return gzip.compress(b"\n".join(map(orjson.dumps, rows)))


HOSTILE: dict[str, tuple[str, Change]] = {
    "a path that leads out": ("objects/../../x", added("objects/../../x")),
    "an absolute path": ("'/etc/x'", added("/etc/x")),
    "a path with a backslash": ("no backup", added("objects/a\\..\\x")),
    "a hidden name": ("no backup", added("objects/.ssh/x")),
    "a symbolic link": ("no backup", added("objects/a/b", tarfile.SYMTYPE, "/etc/passwd")),
    "a hard link": ("no backup", added("objects/a/b", tarfile.LNKTYPE, RECORDING)),
    "a device": ("no backup", added("objects/a/b", tarfile.CHRTYPE)),
    "a pipe": ("no backup", added("objects/a/b", tarfile.FIFOTYPE)),
    "a folder": ("no backup", added("objects/a", tarfile.DIRTYPE)),
    "a file of no kind": ("no backup", added("readme.txt")),
    "another member than those it tells of": ("objects/a/b is not as", added("objects/a/b")),
    "a member less": (f"{RECORDING} is not as", without(RECORDING)),
    "another content": (f"{RECORDING} is not as", replaced(RECORDING, b"x", and_told=False)),
    "no end": ("its end is missing", without(MANIFEST)),
    "an end that is no JSON": ("not known here", replaced(MANIFEST, b"{", and_told=False)),
    "an end of a newer format": ("of a newer Kaikou", told({"format": 2})),
    "a newer schema": ("of a newer Kaikou", told({"revision": "9999"})),
    "a schema that is a command": ("of a newer Kaikou", told({"revision": "head; DROP TABLE people"})),
    "a table that there is not": (
        "a table that there is not",
        told({"tables": {"secrets": {"columns": [], "rows": 0}}}),
    ),
    "a table of SQLite": ("a table that there is not", told({"tables": {"sqlite_master": {"columns": [], "rows": 0}}})),
    "a column that there is not": (
        "a column that people does not have",
        told({"tables": {"people": {"columns": [f"c{n}" for n in range(len(people.columns))], "rows": 2}}}),
    ),
    "rows of a table it does not tell of": ("says nothing", replaced("tables/cats/000001.jsonl.gz", packed([1]))),
    "rows of another length": ("does not fit its table", replaced(PEOPLE, packed([1, 2]))),
    "rows that are no lists": ("does not fit its table", replaced(PEOPLE, packed({"id": "x"}))),
    "rows that are no JSON": ("cannot be read", replaced(PEOPLE, gzip.compress(b"[1,"))),
    "rows that are not packed": ("cannot be read", replaced(PEOPLE, b"[]")),
    "rows that break off": ("not whole", replaced(PEOPLE, packed([1] * len(people.columns))[:-9])),
    "rows that unpack to far too much": ("far too much", replaced(PEOPLE, zeros(300))),
    "fewer rows than it tells of": (
        "and should hold another number",
        told({"tables": {"files": {"columns": ["id"], "rows": 1}}}),
    ),
    "rows whose person is missing": ("do not fit into the database", replaced(PEOPLE, packed())),
    "values of another type": (
        "do not fit into the database",
        replaced(PEOPLE, packed(*([[{"a": 1}] * len(people.columns)] * 2))),
    ),
}


def write_changed(good: Path, path: Path, change: Change) -> None:
    members: Members = {}
    with tarfile.open(good) as archive:
        for member in archive:
            file = archive.extractfile(member)
            members[member.name] = (member, file.read() if file else b"")
    change(members)
    if MANIFEST in members:
        members[MANIFEST] = members.pop(MANIFEST)  # it is the last
    with tarfile.open(path, "w") as archive:
        for info, content in members.values():
            archive.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize("kind", HOSTILE)
async def test_what_is_no_good_backup_is_refused_and_nothing_changes(
    kept: Kept, good: Path, tmp_path: Path, kind: str
) -> None:
    says, change = HOSTILE[kind]
    write_changed(good, tmp_path / "changed.tar", change)
    await assert_refused(kept, tmp_path / "changed.tar", says)


@pytest.mark.parametrize("part", [0, 100, 512, 0.3, 0.7, 0.999])
async def test_a_backup_that_was_cut_off_is_refused(kept: Kept, good: Path, tmp_path: Path, part: float) -> None:
    whole = content_of(good)
    (tmp_path / "cut.tar").write_bytes(whole[: int(part if part > 1 else part * len(whole))])
    await assert_refused(kept, tmp_path / "cut.tar", "no backup|not whole|cut off")


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 10_240, b"PK\3\4" + bytes(600), gzip.compress(bytes(9_999), mtime=0), b"x" * 9_999],
    ids=["nothing", "zeros", "zip", "gzip", "text"],
)
async def test_what_is_no_archive_is_refused(kept: Kept, good: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    await assert_refused(kept, tmp_path / "file", "no backup|its end is missing")


async def test_a_byte_that_changed_is_found_wherever_it_is(kept: Kept, good: Path, tmp_path: Path) -> None:
    whole = bytearray(content_of(good))
    for place in range(300, len(whole) - 2_000, len(whole) // 40):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        (tmp_path / "damaged.tar").write_bytes(damaged)
        try:
            examine(tmp_path / "damaged.tar", no_progress)
        except BackupError:
            continue
        with tarfile.open(good) as archive:  # what fills a member up to a whole block tells nothing
            assert all(not member.offset <= place < member.offset_data + member.size for member in archive)


async def test_a_file_that_is_not_there_and_a_folder_are_told(kept: Kept, good: Path, tmp_path: Path) -> None:
    await assert_refused(kept, tmp_path / "none.tar", "cannot be read: No such file or directory")
    await assert_refused(kept, tmp_path, "cannot be read: Is a directory")
