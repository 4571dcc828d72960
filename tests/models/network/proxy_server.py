"""Proxies for tests, on this machine: HTTP with CONNECT, and SOCKS 5. They know where a test's servers are by their names.

Real sockets in threads of their own, so that blocking clients can use them as well.
"""

from __future__ import annotations

import base64
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

LONGEST_S = 20.0
PAGE = b"<html><body>Sign in to the network</body></html>"


@dataclass
class ProxyServer:
    """Where it is and what it was asked for, as "host:port".

    led: the port on this machine behind each host. login: what it wants, as "name:password". fault: refuses (with `status`,
    and `page` of the media type `kind`), closes, is silent, or talks nonsense.
    """

    led: Mapping[str, int] = field(default_factory=dict)
    login: str = ""
    fault: str = ""
    status: int = 403
    page: bytes = PAGE
    kind: str = "text/html"
    port: int = 0
    asked: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def open_way(self, host: str, port: int) -> socket.socket | None:
        """A connection to the server that is called so; None for one that is not known."""
        self.asked.append(f"{host}:{port}")
        if host not in self.led:
            return None
        return socket.create_connection(("127.0.0.1", self.led[host]), LONGEST_S)


@contextmanager
def http_proxy(led: Mapping[str, int], tls: ssl.SSLContext | None = None, **how: Any) -> Iterator[ProxyServer]:
    """An HTTP proxy; with `tls` one that is spoken to over https."""
    with _running(ProxyServer(led, **how), _serve_http, tls) as proxy:
        yield proxy


@contextmanager
def socks_proxy(led: Mapping[str, int], **how: Any) -> Iterator[ProxyServer]:
    with _running(ProxyServer(led, **how), _serve_socks, None) as proxy:
        yield proxy


@contextmanager
def _running(
    proxy: ProxyServer, serve: Callable[[ProxyServer, Any], None], tls: ssl.SSLContext | None
) -> Iterator[ProxyServer]:
    class Handler(StreamRequestHandler):
        timeout = LONGEST_S

        def handle(self) -> None:
            with suppress(OSError):
                serve(proxy, self)

    class Server(ThreadingTCPServer):
        daemon_threads = True

        def get_request(self) -> tuple[Any, Any]:
            client, address = super().get_request()
            return tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False) if tls else client, address

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes away is what some tests want."""

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.over.set()
            server.shutdown()
            thread.join()


def _serve_http(proxy: ProxyServer, client: Any) -> None:
    request = client.rfile.readline()
    head = b""
    while (line := client.rfile.readline()) not in (b"\r\n", b""):
        head += line
    if not request:
        return
    method, target, _ = request.decode().split()
    if _goes_wrong(proxy, client):
        return
    wanted = f"Basic {base64.b64encode(proxy.login.encode()).decode()}"
    if proxy.login and f"proxy-authorization: {wanted}".lower().encode() not in head.lower():
        _answer(client, 407, PAGE)
        return
    place = urlsplit(f"//{target}" if method == "CONNECT" else target)
    if proxy.fault == "refuses":
        proxy.asked.append(f"{place.hostname}:{place.port or 80}")
        _answer(client, proxy.status, proxy.page, proxy.kind)
        return
    server = proxy.open_way(place.hostname or "", place.port or 80)
    if server is None:
        _answer(client, 502, PAGE)
        return
    if method == "CONNECT":
        client.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        path = place.path + (f"?{place.query}" if place.query else "")
        lines = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"proxy-")]
        lines = [line for line in lines if not line.lower().startswith(b"connection:")]
        server.sendall(b"\r\n".join([f"{method} {path} HTTP/1.1".encode(), *lines, b"connection: close", b"", b""]))
    _relay(client, server)


def _goes_wrong(proxy: ProxyServer, client: Any) -> bool:
    match proxy.fault:
        case "silent":
            proxy.over.wait(LONGEST_S)
        case "nonsense":
            client.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        case "closes":
            pass
        case _:
            return False
    return True


def _answer(client: Any, status: int, body: bytes, kind: str = "text/html") -> None:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    client.wfile.write(head.encode() + body)


def _serve_socks(proxy: ProxyServer, client: Any) -> None:
    version, methods = client.rfile.read(2)
    offered = client.rfile.read(methods)
    if version != 5 or _goes_wrong(proxy, client):
        return
    method = 2 if proxy.login else 0
    if method not in offered:
        client.wfile.write(b"\x05\xff")
        return
    client.wfile.write(bytes((5, method)))
    if proxy.login:
        name = client.rfile.read(client.rfile.read(2)[1])
        password = client.rfile.read(client.rfile.read(1)[0])
        accepted = f"{name.decode()}:{password.decode()}" == proxy.login
        client.wfile.write(bytes((1, not accepted)))
        if not accepted:
            return
    _version, _connect, _, kind = client.rfile.read(4)
    length = {1: 4, 4: 16}.get(kind) or client.rfile.read(1)[0]
    raw = client.rfile.read(length)
    host = raw.decode() if kind == 3 else socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6, raw)
    (port,) = struct.unpack(">H", client.rfile.read(2))
    server = None if proxy.fault == "refuses" else proxy.open_way(host, port)
    client.wfile.write(b"\x05" + bytes((0 if server else 2,)) + b"\x00\x01\x00\x00\x00\x00\x00\x00")
    if server:
        _relay(client, server)


def _relay(client: Any, server: socket.socket) -> None:
    def back() -> None:
        with suppress(OSError):
            while piece := server.recv(65_536):
                client.wfile.write(piece)
        with suppress(OSError):
            client.connection.shutdown(socket.SHUT_WR)

    with server:
        thread = Thread(target=back, daemon=True)
        thread.start()
        with suppress(OSError):
            while piece := client.rfile.read1(65_536):
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)
        thread.join(LONGEST_S)
