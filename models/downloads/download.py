"""Fetches one file over HTTP: goes on where it was broken off, notices when the server cannot, gives up in bounded time."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from models.downloads.store import HubError, Stopped, WeightsError
from models.network.failures import TRUST, ProxyFailed, is_untrusted
from models.network.http import BlockingProxyTransport
from models.network.proxies import ProxyMistake, from_environment, parsed

TRIES = 5
"""Attempts in a row that bring nothing new, after which it is given up."""
TEXT_TRIES = 2
"""The same for a short text, which a source is only asked for to learn what it has."""
TIMEOUT_S = 30.0
"""Seconds without a byte."""
LEAST, PATIENCE_S = 1 << 16, 60.0
"""Bytes that a connection has to bring in so many seconds; one that brings less is dropped and counts as a failure."""
LARGEST = 8_000_000_000
"""Bytes of a file whose length nobody tells."""
LONGEST_TEXT = 4_000_000
"""Bytes of a list of checksums, or of a package's files."""
SAMPLE, SAMPLE_TIMEOUT_S = 1 << 18, 10.0
"""Bytes that tell how fast a source is, and the seconds without a byte after which it is not waited for."""
NOT_YET = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Status codes of a server that may answer better in a moment."""
NOT_FOR_HEAD = frozenset({403, 405, 501})
"""Status codes of mirrors that answer to GET alone."""


def checked_url(url: str, plain: Collection[str] = ()) -> str:
    """`url`, if it is https, or http to this machine or to one of the hosts `plain`. Raises `WeightsError`."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        httpx2.URL(url)
        (parts.hostname or "").encode("idna")
    except (ValueError, httpx2.InvalidURL):  # what they say can hold a password, and so can all before the last @
        said = url.rpartition("@")[2].partition("?")[0][:100]
        raise WeightsError(f"Weights do not come from {said!r}, which is no address.") from None
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname and (parts.hostname in plain or _loopback(parts.hostname)):
        return url
    raise WeightsError(f"Weights come over https only, not from {parts.scheme or 'nowhere'}://{parts.hostname or ''}.")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Host and port of a checked address as all write them: in small letters, without the port that goes unsaid."""
    return httpx2.URL(url).netloc.decode()


def shown(url: str) -> str:
    """`url` for people: without a name, a password or what a server signed."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Access:
    """How a person's own settings say that hosts are reached.

    plain: hosts that may be asked over http, because these settings name them so; what they send is checked all the same.
    logins: "Authorization" by `host_of` addresses. proxy: the address of one that leads to all hosts but those of
    `no_proxy`, in place of the environment's; told_by: what names it. certificates: a file of authorities.
    """

    plain: frozenset[str] = frozenset()
    logins: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    no_proxy: str = ""
    told_by: str = "your settings"
    certificates: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A text at `url`, which is where redirects led to. kind: its media type."""

    text: str
    url: str
    kind: str


@dataclass(frozen=True)
class Downloader:
    """An HTTP client for large files; `sleep` waits between attempts, `clock` tells seconds."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    timeout_s: float = TIMEOUT_S
    access: Access = field(default_factory=Access)

    def _client(self, timeout_s: float = 0.0) -> httpx2.Client:
        return httpx2.Client(
            follow_redirects=True,
            timeout=timeout_s or self.timeout_s,
            event_hooks={"request": [self._admit]},  # redirects pass there as well
            max_redirects=8,
            transport=self._transport(),
        )

    def _transport(self) -> BlockingProxyTransport:
        access = self.access
        beginning = "Your settings of the package registry cannot be followed:"
        try:
            if access.proxy:
                parsed(access.proxy, access.told_by)
            trusted = ssl.create_default_context(cafile=access.certificates) if access.certificates else None
        except ProxyMistake as mistake:
            raise WeightsError(f"{beginning} {mistake}") from None
        except (OSError, ValueError) as error:
            raise WeightsError(f"{beginning} certificates in {access.certificates}.") from error
        proxies = from_environment().with_own(access.proxy, access.told_by, access.no_proxy)
        return BlockingProxyTransport(proxies, trusted)

    def _admit(self, request: httpx2.Request) -> None:
        """Let only safe addresses through, and show a login to the host that it is for."""
        checked_url(str(request.url), self.access.plain)
        if login := self.access.logins.get(host_of(str(request.url))):
            request.headers["authorization"] = login

    def size(self, url: str) -> int:
        """Bytes of the file; 0 where the server does not tell. Raises `WeightsError` if there is none."""
        with self._client() as client:
            for attempt in range(TRIES):
                try:
                    response = client.head(url)
                    if response.status_code in NOT_FOR_HEAD:
                        with client.stream("GET", url, headers={"accept-encoding": "identity"}) as response:
                            pass  # the head of the answer tells, and the body is not read
                    if response.status_code not in NOT_YET:
                        return int(_accepted(response, url).headers.get("content-length") or 0)
                except httpx2.RequestError as error:
                    if attempt == TRIES - 1 or _is_final(error):
                        raise _unreachable(url, error) from None
                self.sleep(2.0**attempt)
        raise _unreachable(url)

    def text(self, url: str) -> str:
        """A short text file; empty if there is none."""
        page = self.page(url)
        return page.text if page else ""

    def page(self, url: str, accept: str = "*/*") -> Page | None:
        """A short text and what it is; None if there is none."""
        failure: httpx2.RequestError | None = None
        with self._client() as client:
            for attempt in range(TEXT_TRIES):
                if attempt:
                    self.sleep(2.0**attempt)
                try:
                    with client.stream("GET", url, headers={"accept": accept}) as response:
                        if response.status_code in NOT_YET and attempt < TEXT_TRIES - 1:
                            continue
                        return _read(response, url)
                except httpx2.RequestError as error:
                    failure = error
                    if _is_final(error):
                        break
        raise _unreachable(url, failure)

    def sample(self, url: str) -> None:
        """Fetch the beginning of the file at `url` and forget it, so that this can be timed. Raises `WeightsError`."""
        asked = {"accept-encoding": "identity", "range": f"bytes=0-{SAMPLE - 1}"}
        got = 0
        try:
            with self._client(SAMPLE_TIMEOUT_S) as client, client.stream("GET", url, headers=asked) as response:
                for piece in _accepted(response, url).iter_raw():
                    got += len(piece)
                    if got >= SAMPLE:  # a server without ranges sends all of it
                        break
        except httpx2.RequestError as error:
            raise _unreachable(url, error) from None

    def fetch(self, url: str, path: Path, size: int = 0, stopped: Callable[[], bool] = never) -> None:
        """Make `path` the file at `url`, going on with what `path` holds already. `size`: bytes expected; 0 if unknown.

        Raises `WeightsError` when nothing new came in `TRIES` attempts, or when more came than was expected; `Stopped`
        at the next piece once `stopped` says so.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        failures, most = 0, _length(path)
        failure: httpx2.RequestError | None = None
        with self._client() as client:
            while True:
                before = _length(path)
                if size and before == size:
                    return
                try:
                    if self._go_on(client, url, path, size, stopped):
                        return
                except httpx2.RequestError as error:
                    failure = error
                # What a server sends again from the beginning, time after time, is no progress.
                failures = 0 if _length(path) - most >= LEAST else failures + 1
                most = max(most, _length(path))
                if failures >= TRIES or _is_final(failure):
                    raise _unreachable(url, failure)
                self.sleep(2.0**failures if failures else 0.2)

    def _go_on(self, client: httpx2.Client, url: str, path: Path, size: int, stopped: Callable[[], bool]) -> bool:
        """One attempt; whether the file is whole. What the server calls by another tag is another file: begun anew."""
        if stopped():
            raise Stopped
        have, tag = _length(path), path.with_name(path.name + ".etag")
        asked = {"accept-encoding": "identity"}
        if have:
            asked["range"] = f"bytes={have}-"
            if known := _sendable(tag.read_text("utf-8", "replace") if tag.is_file() else ""):
                asked["if-range"] = known
        with client.stream("GET", url, headers=asked) as response:
            if stopped():  # somebody else may be at this file by now
                raise Stopped
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
            tag.write_text("" if etag.startswith("W/") else _sendable(etag), "utf-8")
            self._write(response, path, "ab" if resumed else "wb", size, stopped)
        tag.unlink()
        return not size or _length(path) == size

    def _write(self, response: httpx2.Response, path: Path, mode: str, size: int, stopped: Callable[[], bool]) -> None:
        began, got = self.clock(), 0
        with path.open(mode) as file:
            # As the pieces come: what is held back to fill a block is lost with the connection.
            for piece in response.iter_raw():
                if stopped():
                    raise Stopped
                file.write(piece)
                got += len(piece)
                if got < LEAST * ((self.clock() - began) // PATIENCE_S):
                    raise httpx2.ReadTimeout("too slow", request=response.request)
                if file.tell() > (size or LARGEST):
                    raise WeightsError(f"{path.name} turned out longer than announced: not taken.")


def _read(response: httpx2.Response, url: str) -> Page | None:
    """A short answer; None where there is none."""
    if response.status_code == httpx2.codes.NOT_FOUND:
        return None
    _accepted(response, url)
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LONGEST_TEXT:
            raise WeightsError(f"{shown(url)} is longer than such a list can be.")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Page(body.decode("utf-8", "replace"), str(response.url), kind)


def _sendable(etag: str) -> str:
    """`etag`, if it can be sent back in a header; empty else. What was noted may have been damaged since."""
    return etag if etag.isascii() and etag.isprintable() else ""


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _accepted(response: httpx2.Response, url: str) -> httpx2.Response:
    if response.is_success:
        return response
    if response.status_code == httpx2.codes.NOT_FOUND:
        raise WeightsError(f"There is no {shown(url)} (any more).")
    raise WeightsError(f"{urlsplit(url).hostname} refuses {shown(url)}: status {response.status_code}.")


def _is_final(error: httpx2.RequestError | None) -> bool:
    """Whether it takes a person to make it right: another attempt is of no use."""
    return is_untrusted(error) or (isinstance(error, ProxyFailed) and not error.may_pass)


def _unreachable(url: str, error: httpx2.RequestError | None = None) -> HubError:
    host = urlsplit(url).hostname
    if isinstance(error, ProxyFailed):
        return HubError(f"{host} cannot be reached. {error}")
    if is_untrusted(error):
        return HubError(f"{host} shows a certificate that is not trusted. {TRUST}")
    return HubError(f"{host} cannot be reached, or breaks off.")
