"""Fetches one file over HTTP: goes on where it was broken off, notices when the server cannot, gives up in bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from models.downloads.store import HubError, WeightsError

TRIES = 5
"""Attempts in a row that bring nothing new, after which it is given up."""
TIMEOUT_S = 30.0
"""Seconds without a byte."""
LEAST, PATIENCE_S = 1 << 16, 60.0
"""Bytes that a connection has to bring in so many seconds; one that brings less is dropped and counts as a failure."""
LONGEST_TEXT = 4_000_000
"""Bytes of a list of checksums."""
NOT_YET = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Status codes of a server that may answer better in a moment."""
NOT_FOR_HEAD = frozenset({403, 405, 501})
"""Status codes of mirrors that answer to GET alone."""


def checked_url(url: str) -> str:
    """`url`, if it is https, or http to this machine. Raises `WeightsError`."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and _loopback(parts.hostname or ""):
        return url
    raise WeightsError(f"Weights come over https only, not from {parts.scheme or 'nowhere'}://{parts.hostname or ''}.")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Downloader:
    """An HTTP client for large files; `sleep` waits between attempts, `clock` tells seconds."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    timeout_s: float = TIMEOUT_S

    def _client(self) -> httpx2.Client:
        hooks = {"request": [lambda request: checked_url(str(request.url))]}  # redirects pass here as well
        return httpx2.Client(follow_redirects=True, timeout=self.timeout_s, event_hooks=hooks, max_redirects=8)

    def size(self, url: str) -> int:
        """Bytes of the file; 0 where the server does not tell. Raises `WeightsError` if there is none."""
        with self._client() as client:
            for attempt in range(TRIES):
                try:
                    response = client.head(url)
                    if response.status_code in NOT_FOR_HEAD:
                        return 0
                    if response.status_code not in NOT_YET:
                        return int(_accepted(response, url).headers.get("content-length") or 0)
                except httpx2.TransportError:
                    if attempt == TRIES - 1:
                        raise _unreachable(url) from None
                self.sleep(2.0**attempt)
        raise _unreachable(url)

    def text(self, url: str) -> str:
        """A short text file; empty if there is none."""
        with self._client() as client:
            try:
                with client.stream("GET", url) as response:
                    if response.status_code == httpx2.codes.NOT_FOUND:
                        return ""
                    _accepted(response, url)
                    body = bytearray()
                    for piece in response.iter_bytes():
                        body += piece
                        if len(body) > LONGEST_TEXT:
                            raise WeightsError(f"{url} is longer than a list of checksums can be.")
            except httpx2.TransportError:
                raise _unreachable(url) from None
        return body.decode("utf-8", "replace")

    def fetch(self, url: str, path: Path, size: int = 0) -> None:
        """Make `path` the file at `url`, going on with what `path` holds already. `size`: bytes expected; 0 if unknown.

        Raises `WeightsError` when nothing new came in `TRIES` attempts, or when more came than was expected.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        failures = 0
        with self._client() as client:
            while True:
                before = _length(path)
                if size and before == size:
                    return
                try:
                    if self._go_on(client, url, path, size):
                        return
                except httpx2.TransportError:
                    pass
                failures = 0 if _length(path) - before >= LEAST else failures + 1
                if failures >= TRIES:
                    raise _unreachable(url)
                self.sleep(2.0**failures if failures else 0.2)

    def _go_on(self, client: httpx2.Client, url: str, path: Path, size: int) -> bool:
        """One attempt; whether the file is whole. What the server calls by another tag is another file: begun anew."""
        have, tag = _length(path), path.with_name(path.name + ".etag")
        asked = {"accept-encoding": "identity"}
        if have:
            asked["range"] = f"bytes={have}-"
            if known := tag.read_text("utf-8") if tag.is_file() else "":
                asked["if-range"] = known
        with client.stream("GET", url, headers=asked) as response:
            if response.status_code in NOT_YET:
                return False
            if response.status_code == httpx2.codes.RANGE_NOT_SATISFIABLE:
                path.unlink()  # there is more here than there: not the same file
                return False
            _accepted(response, url)
            resumed = response.status_code == httpx2.codes.PARTIAL_CONTENT
            if resumed and not response.headers.get("content-range", "").startswith(f"bytes {have}-"):
                path.unlink()
                return False
            etag = response.headers.get("etag", "")
            tag.write_text("" if etag.startswith("W/") else etag, "utf-8")
            self._write(response, path, "ab" if resumed else "wb", size)
        tag.unlink()
        return not size or _length(path) == size

    def _write(self, response: httpx2.Response, path: Path, mode: str, size: int) -> None:
        began, got = self.clock(), 0
        with path.open(mode) as file:
            for (
                piece
            ) in response.iter_raw():  # as they come: what is held back to fill a block is lost with the connection
                file.write(piece)
                got += len(piece)
                if got < LEAST * ((self.clock() - began) // PATIENCE_S):
                    raise httpx2.ReadTimeout("too slow", request=response.request)
                if size and file.tell() > size:
                    raise WeightsError(f"{path.name} turned out longer than announced: not taken.")


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _accepted(response: httpx2.Response, url: str) -> httpx2.Response:
    if response.is_success:
        return response
    if response.status_code == httpx2.codes.NOT_FOUND:
        raise WeightsError(f"There is no {url} (any more).")
    raise WeightsError(f"{urlsplit(url).hostname} refuses {url}: status {response.status_code}.")


def _unreachable(url: str) -> HubError:
    return HubError(f"{urlsplit(url).hostname} cannot be reached, or breaks off.")
