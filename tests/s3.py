"""An S3 server on this machine, in a thread of the test: moto, with a bucket for each test."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex

import httpx2
from moto.server import ThreadedMotoServer

from server.settings.keeping import StorageSettings


@dataclass(frozen=True)
class Bucket:
    """A bucket of the server at `endpoint`."""

    endpoint: str
    name: str

    @property
    def settings(self) -> StorageSettings:
        """What an operator sets to use it."""
        return StorageSettings(
            objects_url=f"s3://{self.name}/kept/here",
            s3_endpoint=self.endpoint,
            s3_access_key="the-access-key",
            s3_secret_key="the-secret-key",
        )

    def remains(self) -> int:
        """Uploads that were begun and neither ended nor taken back."""
        return httpx2.get(f"{self.endpoint}/{self.name}?uploads").text.count("<Upload>")

    def delete(self) -> None:
        """Delete the bucket, which is empty."""
        assert httpx2.delete(f"{self.endpoint}/{self.name}").status_code == 204


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(endpoint: str) -> Bucket:
    """A bucket of its own for each test."""
    bucket = Bucket(endpoint, f"test-{token_hex(8)}")
    assert httpx2.put(f"{endpoint}/{bucket.name}").status_code == 200
    return bucket
