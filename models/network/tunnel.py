"""A connection through an HTTP proxy, asked for with CONNECT (RFC 9110, 9.3.6), for clients that take a connected socket.

`websockets` has one of its own, which leaves a traceback in the log where the proxy hangs up.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket

from models.network import failures
from models.network.proxies import Proxy

LONGEST_HEAD = 65_536
"""Bytes of the proxy's answer."""
STATUS = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)\b")


async def tunnel(proxy: Proxy, host: str, port: int) -> socket.socket:
    """A socket on which the server is spoken to from now on. Raises `ProxyFailed`."""
    try:
        sock = await _dialled(proxy.host.strip("[]"), proxy.port)
    except OSError:
        raise failures.unreachable(proxy) from None
    try:
        status = await _asked(sock, proxy, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except OSError:
        status = 0
    except BaseException:
        sock.close()
        raise
    if 200 <= status < 300:
        return sock
    sock.close()
    raise failures.refused(proxy, host, status) if status else failures.unreadable(proxy)


async def _dialled(host: str, port: int) -> socket.socket:
    """A connected socket, at the first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    failure: OSError = OSError("no address")
    for family, kind, protocol, _name, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


async def _asked(sock: socket.socket, proxy: Proxy, place: str) -> int:
    """The status of the proxy's answer; 0 where that is none."""
    loop = asyncio.get_running_loop()
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.user or proxy.password:
        login = base64.b64encode(f"{proxy.user}:{proxy.password}".encode(errors="surrogateescape")).decode()
        lines.append(f"Proxy-Authorization: Basic {login}")
    await loop.sock_sendall(sock, "\r\n".join([*lines, "", ""]).encode())
    head = b""
    while b"\r\n\r\n" not in head:
        piece = await loop.sock_recv(sock, 4096)
        head += piece
        if not piece or len(head) > LONGEST_HEAD:
            break
    status = STATUS.match(head)
    return int(status[1]) if status and b"\r\n\r\n" in head else 0
