"""HTTP through whatever proxy there is: what our clients of httpx are given in place of its own transport.

Each request goes by the rule of `proxies`, also where a redirect leads. httpcore tells how far a request got, by its
trace; what goes wrong before it is through is the proxy's failure, and named so.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx2
import socksio

from models.network import failures
from models.network.proxies import Proxies, Proxy, ProxyMistake, from_environment

PASSAGE_S = 6.0
"""How long a proxy may take until a request is through: it has to connect to the server meanwhile."""
FAULTS = (httpx2.TransportError, socksio.SOCKSError, AssertionError)
"""What httpx raises, and the SOCKS of httpcore, which lets an assertion out where an answer is of another kind."""


class _Passage:
    """How far one request got on its way through a proxy.

    A connection that is there already is not told of: such a request is through from the beginning.
    """

    def __init__(self, proxy: Proxy, request: httpx2.Request) -> None:
        self.proxy, self.host = proxy, request.url.host
        self._tunnel = request.url.scheme == "https" or proxy.scheme == "socks5"
        self._secure = request.url.scheme == "https"
        self.connected = self.through = True
        self.stream: Any = None
        self._status = 0

    def note(self, event: str, info: dict[str, Any]) -> None:
        """Take what httpcore tells, such as `proxy.start_tls.started`."""
        layer, _, step = event.partition(".")
        match step:
            case "connect_tcp.started":
                self.connected = self.through = False
            case "connect_tcp.complete":
                self.stream = info["return_value"]
            case "receive_response_headers.complete" if not self.connected:
                self._status = info["return_value"][1]  # to CONNECT
            case "start_tls.started" if layer != "connection":  # that of the proxy itself is told of as a connection's
                self.connected = True
            case "start_tls.complete" if layer != "connection":
                self.through = True
            case "setup_socks5_connection.complete" if not self._secure:
                self.connected = self.through = True
            case "send_request_headers.started" if not self._tunnel:
                self.connected = self.through = True

    def failure(self, error: BaseException) -> BaseException:
        """What to raise in place of `error`."""
        if self.through:
            ours = not self._tunnel and isinstance(error, httpx2.RemoteProtocolError | httpx2.NetworkError)
            return failures.unreadable(self.proxy) if ours else error
        if self.connected:
            return failures.insecure(self.proxy, self.host, error)
        match error:
            case httpx2.ProxyError():
                return failures.refused(self.proxy, self.host, self._status)
            case httpx2.TimeoutException() | TimeoutError():
                return failures.silent(self.proxy)
            case httpx2.ConnectError():
                return failures.unreachable(self.proxy)
            case _:
                return failures.unreadable(self.proxy)

    def checked(self, response: httpx2.Response) -> httpx2.Response:
        """Raises `ProxyFailed` for an answer that is the proxy's own."""
        if not self._tunnel and failures.stands_in_for_server(response):
            raise failures.refused(self.proxy, self.host, response.status_code)
        return response


class _Ways:
    """One transport for each proxy, and one without, made when first needed."""

    def __init__(
        self, proxies: Proxies | None, make: Callable[..., Any], trusted: ssl.SSLContext | None = None
    ) -> None:
        self.proxies = from_environment() if proxies is None else proxies
        # Certificates of the system, or of SSL_CERT_FILE: reading them takes up to 0.1 s, which no request shall wait for.
        self._make, self._trusted = make, trusted or httpx2.create_ssl_context()
        self.made: dict[Proxy | None, Any] = {}

    def way(self, request: httpx2.Request) -> tuple[Proxy | None, Any]:
        """The proxy and the transport of one request. Raises `ProxyFailed` for a proxy that cannot be used."""
        try:
            proxy = self.proxies.proxy_for(str(request.url))
        except ProxyMistake as mistake:
            raise failures.mistaken(mistake) from None
        if proxy not in self.made:
            by = httpx2.Proxy(proxy.url_with_login) if proxy else None
            self.made[proxy] = self._make(verify=self._trusted, proxy=by)
        return proxy, self.made[proxy]


class ProxyTransport(httpx2.AsyncBaseTransport):
    """For `httpx2.AsyncClient(transport=…)`. proxies: what the environment says, if not given."""

    def __init__(
        self,
        proxies: Proxies | None = None,
        limits: httpx2.Limits | None = None,
        passage_s: float = PASSAGE_S,
    ) -> None:
        self._passage_s = passage_s
        bounded: dict[str, Any] = {"limits": limits} if limits else {}
        self._ways = _Ways(proxies, partial(httpx2.AsyncHTTPTransport, **bounded))

    def proxy_for(self, url: str) -> Proxy | None:
        """The proxy that leads to an address, if one does. Raises `ProxyMistake`."""
        return self._ways.proxies.proxy_for(url)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer. Raises `ProxyFailed` where a proxy does not let the request through, else what httpx raises."""
        proxy, transport = self._ways.way(request)
        if proxy is None:
            return await transport.handle_async_request(request)
        passage, clock = _Passage(proxy, request), asyncio.get_running_loop().time
        told = request.extensions
        try:
            async with asyncio.timeout(None) as limit:

                async def trace(event: str, info: dict[str, Any]) -> None:
                    passage.note(event, info)
                    if passage.through == (limit.when() is not None):
                        limit.reschedule(None if passage.through else clock() + self._passage_s)

                request.extensions = {**told, "trace": trace}
                return passage.checked(await transport.handle_async_request(request))
        except (*FAULTS, TimeoutError) as error:
            raise passage.failure(error) from None
        finally:
            request.extensions = told  # a redirect takes them along
            if passage.stream and not passage.through:  # httpcore leaves it open where SOCKS fails
                await passage.stream.aclose()

    async def aclose(self) -> None:
        for transport in self._ways.made.values():
            await transport.aclose()


class BlockingProxyTransport(httpx2.BaseTransport):
    """For `httpx2.Client(transport=…)`. A proxy that says nothing is waited for as long as a server is."""

    def __init__(self, proxies: Proxies | None = None, verify: ssl.SSLContext | None = None) -> None:
        self._ways = _Ways(proxies, httpx2.HTTPTransport, verify)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """As `ProxyTransport.handle_async_request`."""
        proxy, transport = self._ways.way(request)
        if proxy is None:
            return transport.handle_request(request)
        passage, told = _Passage(proxy, request), request.extensions
        request.extensions = {**told, "trace": passage.note}
        try:
            return passage.checked(transport.handle_request(request))
        except FAULTS as error:
            raise passage.failure(error) from None
        finally:
            request.extensions = told
            if passage.stream and not passage.through:
                passage.stream.close()

    def close(self) -> None:
        for transport in self._ways.made.values():
            transport.close()
