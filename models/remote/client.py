"""What all engines that are a network away share: bounds on every wait, one more try, and errors that keep secrets.

A provider's own words never reach a message, since some of them quote the key they were given.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx2

from models.network.failures import CERTIFICATE, TRUST, ProxyFailed, is_untrusted
from models.network.http import ProxyTransport
from models.network.proxies import ProxyMistake
from pipeline.errors import EngineBusy, EngineError, EngineKeyRefused, EngineTimeout, EngineUnavailable

T = TypeVar("T")

PAUSE_S, LONGEST_PAUSE_S = 0.2, 1.0
"""Before the second try; a server that asks for a longer pause is not asked again."""
CONNECTIONS, IDLE_CONNECTIONS = 64, 16
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes; a provider's event with a whole clause in it has about a tenth of that."""
PLAIN_CODE = re.compile(r"[a-z][a-z_]{2,39}")
"""The only words of a provider that are repeated: they cannot be a key, an address or somebody's text."""
USED_UP = frozenset({"insufficient_quota", "insufficient_balance", "credit_balance_exhausted"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a server may take, in seconds: to accept a connection, to its first piece of an answer, from each
    piece to the next, and over the whole answer. Time in which nobody asks for the next piece does not count."""

    connect_s: float = 3.0
    first_s: float = 8.0
    between_s: float = 8.0
    whole_s: float = 120.0


class Refusal(Exception):
    """A server answered that it will not, with an HTTP status and perhaps a code of its own. Never leaves an engine."""

    def __init__(self, status: int, code: str = "", pause_s: float | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.code = code
        self.pause_s = pause_s

    @classmethod
    def of(cls, response: httpx2.Response, code: object = "") -> Refusal:
        """What an answer with an error status says. `code`: the provider's word for it."""
        return cls(response.status_code, str(code or ""), pause_asked(response.headers))

    @property
    def worth_another_try(self) -> bool:
        """Whether it may pass within `LONGEST_PAUSE_S`: the server's own failure, or a short pause that it asks for."""
        if self.status == httpx2.codes.TOO_MANY_REQUESTS:
            return self.pause_s is not None and self.pause_s <= LONGEST_PAUSE_S and self.code not in USED_UP
        return self.status >= 500 and (self.pause_s or 0.0) <= LONGEST_PAUSE_S


@dataclass(frozen=True, slots=True)
class Server:
    """Whose failures are told, and how to speak of it.

    engine: the engine's name. title: in the middle of a sentence, as in "the language model's server" or "MiniMax".
    key: the setting that holds its key, address: that which says where it is; empty where there is none. proxy: what is in
    between, without its login.
    """

    engine: str
    title: str
    key: str = ""
    address: str = ""
    proxy: str = ""

    def behind(self, transport: ProxyTransport, url: str) -> Server:
        """The same server, reached at `url`. Raises `EngineUnavailable` if the proxy that leads there cannot be used."""
        try:
            return replace(self, proxy=str(transport.proxy_for(url) or ""))
        except ProxyMistake as mistake:
            raise self.failure(mistake) from None

    def failure(
        self, error: Exception, *, begun: bool = False, waited_s: float = 0.0, wanted: str = "What we asked for"
    ) -> EngineError:
        """The `EngineError` for what went wrong. Raise it `from None`: the cause may quote a key.

        begun: something of the answer was there already. wanted: what a 404 is about.
        """
        name, title, start = self.engine, self.title, self.beginning
        match error:
            case EngineError():
                return error
            case Refusal():
                return self._refused(error, wanted)
            case ProxyFailed() | ProxyMistake():
                return EngineUnavailable(f"{start} cannot be reached. {error}", engine=name, code=error.code)
            case httpx2.PoolTimeout():
                return EngineBusy(f"All connections to {title} are taken.", engine=name)
            case httpx2.ConnectTimeout():
                return self._unreachable()
            case httpx2.ConnectError() if is_untrusted(error):
                told = f"{start} shows a certificate that is not trusted. {TRUST}"
                return EngineUnavailable(told, engine=name, code=CERTIFICATE)
            case TimeoutError() | httpx2.TimeoutException():
                return EngineTimeout(f"{start} said nothing for {waited_s:g} s.{self.between}", engine=name)
            case httpx2.TransportError() if begun:
                return EngineError(f"The connection to {title} broke.", engine=name)
            case httpx2.TransportError() | httpx2.InvalidURL():
                return self._unreachable()
            case _:
                return EngineError(f"{start} sent something we cannot read.{self.between}", engine=name)

    @property
    def beginning(self) -> str:
        """The title at the beginning of a sentence."""
        return self.title[0].upper() + self.title[1:]

    @property
    def between(self) -> str:
        """Who else may be to blame, as a sentence after another."""
        return f" The proxy {self.proxy} is in between." if self.proxy else ""

    def unreadable(self) -> EngineError:
        """The error for an answer that is not what it should be."""
        return self.failure(ValueError())

    def _unreachable(self) -> EngineUnavailable:
        hint = f" Is {self.address} right?" if self.address else ""
        return EngineUnavailable(f"{self.beginning} cannot be reached.{hint}", engine=self.engine)

    def _refused(self, refusal: Refusal, wanted: str) -> EngineError:
        name, title, code = self.engine, self.title, refusal.code
        if refusal.status == httpx2.codes.UNAUTHORIZED or code == "invalid_api_key":
            hint = f" Put a right one into {self.key} and start again." if self.key else ""
            return EngineKeyRefused(f"The key was refused by {title}.{hint}", engine=name)
        if refusal.status == httpx2.codes.PAYMENT_REQUIRED:
            return EngineUnavailable(f"The account at {title} is used up.", engine=name, code="insufficient_quota")
        if refusal.status == httpx2.codes.FORBIDDEN:
            return EngineUnavailable(f"The key was refused by {title} for this.{self.between}", engine=name)
        if refusal.status == httpx2.codes.NOT_FOUND:
            return EngineUnavailable(f"{wanted} was not found at {title}.", engine=name)
        if refusal.status == httpx2.codes.TOO_MANY_REQUESTS:
            return EngineBusy(f"{self.beginning} asks for a pause, or a quota is used up.", engine=name)
        told = f" ({code})" if PLAIN_CODE.fullmatch(code) else ""
        return EngineError(f"{self.beginning} answered {refusal.status}{told}.", engine=name)


class Remote:
    """One server and the connections to it, shared by all sessions. `aclose` gives them back."""

    def __init__(self, server: Server, base_url: str, bounds: Bounds, headers: Mapping[str, str] | None = None) -> None:
        """Raises `EngineUnavailable` if `base_url` is not an address, or leads through a proxy that cannot be used."""
        self.bounds = bounds
        timeout = httpx2.Timeout(bounds.whole_s, connect=bounds.connect_s, pool=bounds.connect_s)
        limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=IDLE_CONNECTIONS)
        transport = ProxyTransport(limits=limits)
        self.server = server.behind(transport, base_url)
        try:
            self.http = httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=timeout, transport=transport)
        except (httpx2.InvalidURL, ValueError) as error:
            raise server.failure(httpx2.InvalidURL("")) from error
        self._closed = False

    async def stream(
        self, ask: Callable[[], AsyncGenerator[T, None]], *, wanted: str = "What we asked for"
    ) -> AsyncGenerator[T, None]:
        """What `ask()` yields. Where it breaks before its first item, `ask` is called once more.

        Closing this generator closes the other, which hangs up. Raises `EngineUnavailable` for a key, an address or
        a model that is not right, `EngineBusy` when asked for a longer pause, `EngineTimeout`, and `EngineError`.
        """
        if self._closed:
            raise EngineUnavailable("This engine was closed.", engine=self.server.engine)
        patience = _Patience(self.bounds)
        for last in (False, True):
            begun = False
            try:
                async with aclosing(ask()) as items:
                    while (item := await patience.next(items)) is not None:
                        begun = True
                        yield item
                return
            except EngineError:
                raise
            except (TimeoutError, Refusal, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
                failure = self.server.failure(error, begun=begun, waited_s=patience.allowed, wanted=wanted)
                if begun or last or (pause_s := _pause_before_another_try(error)) is None:
                    raise failure from None
            if pause_s >= patience.left_to_first:
                raise failure
            patience.left_to_first -= pause_s
            await asyncio.sleep(pause_s)

    async def call(self, ask: Callable[[], Awaitable[T]], *, wanted: str = "What we asked for") -> T:
        """The result of `ask()`, under the rules of `stream`."""

        async def once() -> AsyncGenerator[T, None]:
            yield await ask()

        async with aclosing(self.stream(once, wanted=wanted)) as results:
            async for result in results:
                return result
        raise AssertionError

    def close(self) -> None:
        """Refuse further work. The connections are given back by `aclose`."""
        self._closed = True

    async def aclose(self) -> None:
        self.close()
        await self.http.aclose()


class _Patience:
    """Counts the time in which we wait for a server, over all tries of one request."""

    def __init__(self, bounds: Bounds) -> None:
        self._left = bounds.whole_s
        self.between_s = bounds.between_s
        self.left_to_first = bounds.first_s
        self.allowed = bounds.first_s
        self._begun = False

    async def next(self, items: AsyncIterator[T]) -> T | None:
        """The next item, None after the last. Raises `TimeoutError`; `allowed` then is how long we waited for it."""
        now = asyncio.get_running_loop().time
        start = now()
        bound = min(self.between_s if self._begun else self.left_to_first, self._left)
        self.allowed = round(bound, 3)
        try:
            async with asyncio.timeout(max(0.0, bound)):
                item = await anext(items, None)
        finally:
            took = now() - start
            self._left -= took
            self.left_to_first -= took
        self._begun = True
        return item


async def lines(response: httpx2.Response) -> AsyncGenerator[str, None]:
    """The lines of a text as they arrive. Raises `ValueError` for one that is too long or no UTF-8."""
    held = bytearray()
    async with aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            held += piece
            if b"\n" in piece:
                *whole, rest = bytes(held).split(b"\n")
                held = bytearray(rest)
                for line in whole:
                    yield line.decode().removesuffix("\r")
            if len(held) > LONGEST_LINE:
                raise ValueError("too long a line")
    if held:
        yield held.decode()


def pause_asked(headers: Mapping[str, str]) -> float | None:
    """The seconds of a `Retry-After` (RFC 9110, 10.2.3); a date counts from the server's own, else from now."""
    value = headers.get("retry-after", "")
    if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value):
        return float(value)
    until, since = _moment(value), _moment(headers.get("date", ""))
    return None if until is None else max(0.0, (until - (since or datetime.now(UTC))).total_seconds())


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _pause_before_another_try(error: Exception) -> float | None:
    """How long to wait before asking again; None if that is no use."""
    match error:
        case Refusal() if error.worth_another_try:
            return max(PAUSE_S, error.pause_s or 0.0)
        case ProxyFailed():
            return PAUSE_S if error.may_pass else None
        case httpx2.TimeoutException():
            return None
        case httpx2.NetworkError() | httpx2.RemoteProtocolError():
            return PAUSE_S
        case _:
            return None


def host_of(url: str) -> str:
    """The host's name in lower case; empty if this is no address."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def without_login(url: str) -> str:
    """An address as it may be shown: some carry a name and a password before the host."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
