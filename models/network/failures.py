"""What it means that a request did not get through its proxy: a code for programs, and a sentence without passwords."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx2

from models.network.proxies import Proxy, ProxyMistake

UNREACHABLE, LOGIN, REFUSED, CERTIFICATE = "proxy_unreachable", "proxy_login", "proxy_refused", "untrusted_certificate"
TRUST = "SSL_CERT_FILE=/path/to/certificates.pem names those to trust."
LOGIN_ASKED = 407
OF_A_PROXY = frozenset({403, 502, 503, 504, 511})
"""Status codes that a proxy answers with in a server's place, with a web page, which no API says them with."""


class ProxyFailed(httpx2.ProxyError):
    """A proxy that is in the way of a request does not let it through. The text is a sentence that may be shown."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def may_pass(self) -> bool:
        """Whether another try may succeed without anybody's help."""
        return self.code == UNREACHABLE


def mistaken(mistake: ProxyMistake) -> ProxyFailed:
    """For a variable that is found to be wrong only under way, when a server sends us elsewhere."""
    return ProxyFailed(mistake.code, mistake.message)


def unreachable(proxy: Proxy) -> ProxyFailed:
    return ProxyFailed(UNREACHABLE, f"The proxy {proxy} ({proxy.variable}) cannot be reached.")


def silent(proxy: Proxy) -> ProxyFailed:
    return ProxyFailed(UNREACHABLE, f"The proxy {proxy} ({proxy.variable}) did not answer in time.")


def unreadable(proxy: Proxy) -> ProxyFailed:
    """For one that hangs up, or answers in another language than its address says."""
    message = f"The proxy {proxy} ({proxy.variable}) hung up, or is no {proxy.scheme} proxy."
    return ProxyFailed(UNREACHABLE, message)


def refused(proxy: Proxy, host: str, status: int = 0) -> ProxyFailed:
    """status: of an HTTP proxy's answer; SOCKS has none, and does not always tell why."""
    if status == LOGIN_ASKED:
        example = f"{proxy.scheme}://name:password@host:port"
        wants = "does not accept the login" if proxy.user else "asks for a login"
        return ProxyFailed(LOGIN, f"The proxy {proxy} {wants}: {proxy.variable}={example}.")
    if status:
        return ProxyFailed(REFUSED, f"The proxy {proxy} ({proxy.variable}) does not lead to {host} (status {status}).")
    login = "accept the login" if proxy.user else "let us in without a login"
    told = f"does not {login}, does not lead to {host}, or is no {proxy.scheme} proxy"
    return ProxyFailed(REFUSED, f"The proxy {proxy} ({proxy.variable}) {told}.")


def insecure(proxy: Proxy, host: str, error: BaseException) -> ProxyFailed:
    """For a connection through the proxy on which no encryption came about."""
    if is_untrusted(error):
        message = f"What answers for {host} through the proxy {proxy} shows a certificate that is not trusted. {TRUST}"
        return ProxyFailed(CERTIFICATE, message)
    return ProxyFailed(REFUSED, f"The proxy {proxy} ({proxy.variable}) breaks off the connection to {host}.")


def stands_in_for_server(response: httpx2.Response) -> bool:
    """Whether this is the proxy's own answer to what it was to pass on, rather than the server's."""
    kind = response.headers.get("content-type", "")
    return response.status_code == LOGIN_ASKED or (response.status_code in OF_A_PROXY and kind.startswith("text/html"))


def is_untrusted(error: BaseException | None) -> bool:
    """Whether it came from a certificate that is not trusted, such as that of a company which looks into what is sent."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error))


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it came from; each once, for who raises the cause of an error again makes a circle."""
    known = set[int]()
    while error is not None and id(error) not in known:
        known.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
