"""Objects in a folder and in an S3 bucket: the same tests for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.settings.keeping import StorageSettings
from server.storage.object_place import place_of
from server.storage.objects import Objects
from tests.s3 import new_bucket, s3_server


@dataclass(frozen=True)
class Kept:
    """Objects, and how many of their uploads were neither ended nor taken back."""

    objects: Objects
    remains: Callable[[], int]


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 server."""
    with s3_server() as address:
        yield address


@pytest.fixture(params=["folder", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """An empty place for objects."""
    if request.param == "s3":
        bucket = new_bucket(request.getfixturevalue("s3"))
        return Kept(Objects(place_of(bucket.settings)), bucket.remains)
    objects = Objects(place_of(StorageSettings(folder=tmp_path)))
    return Kept(objects, lambda: remains_in(tmp_path))


def remains_in(folder: Path) -> int:
    """Files there that are no objects, but parts of some."""
    return sum("#" in path.name for path in folder.rglob("*"))


@pytest.fixture
def objects(kept: Kept) -> Objects:
    """The same where nobody asks for remains."""
    return kept.objects
