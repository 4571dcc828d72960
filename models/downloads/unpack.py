"""Takes a published archive apart without trusting it: plain files below one folder, of a bounded size, nothing else."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from models.downloads.store import THE_DISKS, WeightsError, reserved

LARGEST = 8_000_000_000
"""Bytes that an archive may hold."""
MOST_FILES = 20_000
DESCRIPTIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
LONGEST_DESCRIPTION = 1_000_000
"""Bytes of a member's long name or of its attributes."""
PIECE = 1 << 20


def unpack(
    archive: Path,
    folder: Path,
    *,
    largest: int = LARGEST,
    skip: tuple[str, ...] = (),
    hear: Callable[[int], None] = lambda done: None,
) -> None:
    """Put the files of `archive` (tar, compressed or not) into `folder`, without the one folder they share at the top.

    skip: patterns of paths to leave out. `hear` gets the bytes written, a piece at a time. Raises `WeightsError` for an
    archive that is damaged, holds links, devices or paths that lead elsewhere, or is larger than `largest` bytes once
    unpacked (which its headers are not asked about).
    """
    total = count = 0
    try:
        with tarfile.open(archive, "r|*", tarinfo=_Member) as members:  # one pass, so that nothing is read twice
            for member in members:
                count += 1
                path = _inside(member)
                if count > MOST_FILES:
                    raise WeightsError(f"{archive.name} holds more than {MOST_FILES} files: not unpacked.")
                if path is None or any(path.match(pattern) for pattern in skip):
                    continue
                total += _write(members, member, folder.joinpath(*path.parts), largest - total, hear)
    except (tarfile.TarError, EOFError, OSError, ValueError, RecursionError) as error:
        if isinstance(error, OSError) and error.errno in THE_DISKS:
            raise
        raise WeightsError(f"{archive.name} is damaged: {error}") from error


class _Member(tarfile.TarInfo):
    """A member that is described briefly. tarfile reads a description into memory, however long it says that it is."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        member = super().frombuf(buf, encoding, errors)
        if member.type in DESCRIPTIONS and member.size > LONGEST_DESCRIPTION:
            raise WeightsError("The archive describes a file at too great a length. Not unpacked.")
        return member


def _inside(member: tarfile.TarInfo) -> PurePosixPath | None:
    """Where a member belongs, below its top folder; None for what is not needed. Raises for what must not be in there."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or ":" in member.name or "\0" in member.name:
        raise WeightsError(f"The archive has a path that leads elsewhere: {member.name!r}. Not unpacked.")
    if member.isdir():
        return None
    if not member.isreg():
        raise WeightsError(f"The archive holds something other than plain files: {member.name!r}. Not unpacked.")
    inside = PurePosixPath(*path.parts[1:]) if len(path.parts) > 1 else path
    return inside if inside.parts and not reserved(inside) else None


def _write(
    members: tarfile.TarFile, member: tarfile.TarInfo, target: Path, room: int, hear: Callable[[int], None]
) -> int:
    """Write one member, at most `room` bytes of it; its size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source = members.extractfile(member)
    written = 0
    with target.open("wb") as file:
        while piece := source.read(PIECE) if source else b"":
            written += len(piece)
            if written > room:
                raise WeightsError("The archive holds more than it may once unpacked. Not installed.")
            file.write(piece)
            hear(len(piece))
    return written
