"""The socket that the server listens on, bound before anything slow is done; a wrong address is told in a sentence."""

from __future__ import annotations

import errno
import socket
import sys

from pipeline.errors import SettingError
from server.settings.serving import ServerSettings

BACKLOG = 2_048
"""Connections that may wait to be accepted, those during the last moments of the start among them."""

HOST, PORT = "host (KAIKOU_HOST, --host)", "port (KAIKOU_PORT, --port)"


def listen(server: ServerSettings) -> socket.socket:
    """The listening socket. Raises `SettingError`, which says what to do."""
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:  # a name of no host may not even be one that can be asked for
        raise SettingError(
            f"{HOST}: {server.host!r} is no address, and no name of one ({_why(error)}). Use 127.0.0.1 for this machine "
            "alone, or 0.0.0.0 for others too."
        ) from None
    family, kind, protocol, _name, address = min(found, key=lambda one: one[0] != socket.AF_INET)  # localhost has both
    listener = socket.socket(family, kind, protocol)
    if sys.platform != "win32":  # there it would let two servers have one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingError(_refused(server, error)) from None
    return listener


def host_and_port(host: str, port: int) -> str:
    """Both as in an address: IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _refused(server: ServerSettings, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            other = server.port + 1 if server.port < 65_535 else 7210
            return (
                f"Port {server.port} is taken, perhaps by another Kaikou. "
                f"Choose another: python3 run.py --port {other} (KAIKOU_PORT)"
            )
        case errno.EADDRNOTAVAIL:
            return (
                f"{HOST}: {server.host} is no address of this machine. Use 127.0.0.1 for this machine alone, 0.0.0.0 for "
                "others too (:: with IPv6), or one that `ip address` lists."
            )
        case errno.EACCES | errno.EPERM:
            return (
                f"{PORT}: {server.port} may not be listened on: ports below 1024 belong to the system. Choose another, "
                "such as 7210, and let a proxy listen on this one."
            )
        case errno.EAFNOSUPPORT:
            return (
                f"{HOST}: this machine has no IPv6, so {server.host} cannot be listened on. Use 0.0.0.0 or 127.0.0.1."
            )
        case _:
            return f"Cannot listen on {host_and_port(server.host, server.port)} ({HOST}, {PORT}): {_why(error)}."


def _why(error: OSError | UnicodeError) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
