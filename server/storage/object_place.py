"""Where objects lie, by the settings: a folder of this machine, or a bucket of an S3 server."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from pipeline.errors import SettingError
from server.settings.keeping import StorageSettings
from server.storage.ids import Now, now_ms
from server.storage.object_errors import described

if TYPE_CHECKING:  # it is there for type checkers only
    from obstore.store import S3Config

DATA = "data (KAIKOU_DATA)"
S3_SETTINGS = "KAIKOU_S3_ENDPOINT, _REGION, _ACCESS_KEY, _SECRET_KEY"
FOLDER = "objects"
"""In the data folder."""

LOCAL_PART_BYTES = 1 << 20
S3_PART_BYTES = 5 << 20
"""The least that S3 takes; with its 10,000 parts an object has at most 50 GB."""

TORN = re.compile(r"#\d+$")
"""How obstore names what is not whole yet; no key of ours has that letter."""
TORN_MS = 24 * 3600 * 1000
"""No upload goes on for that long, in whichever process."""

REQUEST_S = timedelta(seconds=60)
"""For one part, up or down: 5 MiB in a minute are 0.7 Mbit/s."""
RETRY_S = timedelta(seconds=60)
RETRIES = 3


@dataclass(frozen=True)
class Place:
    """An object store. name: what it is called in a sentence; part_bytes: what is sent to it at once."""

    store: ObjectStore
    name: str
    part_bytes: int


def place_of(storage: StorageSettings) -> Place:
    """The place that the settings name, whose folder is made. Raises `SettingError` where there can be none."""
    return _bucket(storage) if storage.objects_url else _folder(storage)


def _folder(storage: StorageSettings) -> Place:
    folder = storage.folder.absolute() / FOLDER
    try:
        storage.folder.mkdir(0o700, parents=True, exist_ok=True)
        folder.mkdir(0o700, exist_ok=True)
    except OSError as error:
        raise SettingError(f"{DATA}: {folder} cannot be made: {error.strerror}.") from None
    # Deletes the folders that a deletion leaves empty, too.
    return Place(LocalStore(folder, automatic_cleanup=True), f"the folder {folder}", LOCAL_PART_BYTES)


def _bucket(storage: StorageSettings) -> Place:
    url = urlsplit(storage.objects_url)
    try:
        store = S3Store(
            url.netloc,
            prefix=url.path.strip("/") or None,
            config=_config(storage),
            client_options={"allow_http": storage.s3_endpoint.startswith("http://"), "timeout": REQUEST_S},
            retry_config={"max_retries": RETRIES, "retry_timeout": RETRY_S},
        )
    except BaseError as error:
        raise SettingError(f"objects_url (KAIKOU_OBJECTS_URL): {described(error)}.") from None
    return Place(store, f"the bucket {storage.objects_url}", S3_PART_BYTES)


def _config(storage: StorageSettings) -> S3Config:
    """Without keys the role of the machine holds, or what the standard variables of the environment say."""
    access, secret = storage.s3_access_key, storage.s3_secret_key
    if (access is None) != (secret is None):
        missing = "s3_access_key (KAIKOU_S3_ACCESS_KEY)" if secret else "s3_secret_key (KAIKOU_S3_SECRET_KEY)"
        raise SettingError(f"The S3 bucket has one of its two keys: {missing} is missing.")
    config: S3Config = {"region": storage.s3_region}
    if storage.s3_endpoint:
        config["aws_endpoint_url_s3"] = storage.s3_endpoint  # outweighs `endpoint`, and that the environment's
    if access and secret:
        config["access_key_id"], config["secret_access_key"] = access.get_secret_value(), secret.get_secret_value()
    return config


def remove_torn(place: Place, now: Now = now_ms) -> None:
    """Delete what uploads left in a folder when their server was killed. In a bucket, a rule of the bucket does that."""
    if not isinstance(place.store, LocalStore) or place.store.prefix is None:
        return
    for path in Path(place.store.prefix).rglob("*#*"):
        with suppress(OSError):  # another server is quicker
            if TORN.search(path.name) and path.stat().st_mtime * 1000 < now() - TORN_MS:
                path.unlink()


async def check_place(place: Place) -> None:
    """Write, read and delete an object. Raises `SettingError`, which names the settings."""
    key = f"check_{token_hex(8)}"
    try:
        await obstore.put_async(place.store, key, b"Kaikou can write here.")
        await obstore.get_range_async(place.store, key, start=0, end=1)
        await obstore.delete_async(place.store, key)
    except (BaseError, OSError) as error:
        settings = (
            DATA if isinstance(place.store, LocalStore) else f"objects_url (KAIKOU_OBJECTS_URL) and {S3_SETTINGS}"
        )
        raise SettingError(f"{settings}: {place.name} cannot be used: {described(error)}.") from None
